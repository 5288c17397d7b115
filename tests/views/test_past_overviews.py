"""A past day's overview is, figure by figure, the one that was shown at the end of that day."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from jinbao.platform.projections.scratch import remove_abandoned
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import end_of_day
from jinbao.service.alerts.watch import AlertWatch
from jinbao.service.settings import load_settings
from jinbao.simulator.nation import Nation
from jinbao.storage.sqlite_file import UseLock
from jinbao.views.nation_overview import Overview, nation_overview
from jinbao.views.past_overviews import PastOverviews

WHOLE_LOG_S = 60.0


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[date, Overview]]:
    """A nation, and its overview as it was at the end of each of its days."""
    folder = tmp_path_factory.mktemp("past") / "nation"
    seen: dict[date, Overview] = {}
    with Nation.begin(folder, seed=11, transfers=25, days=18) as nation:
        while nation.run.day < 18:
            day = nation.run_day().day
            with nation.store.read() as work:
                seen[day] = nation_overview(work, end_of_day(day) - 1)
    return folder, seen


@pytest.fixture
def past(shown: tuple[Path, dict[date, Overview]]) -> Iterator[PastOverviews]:
    folder, _ = shown
    with closing(Store(f"sqlite:///{folder / 'platform.sqlite'}")) as store:
        watch = AlertWatch(load_settings(folder), store, dict, lambda now_us: {})
        with closing(watch), closing(PastOverviews(store, watch)) as found:
            yield found


def test_each_past_day_is_as_it_was_shown(past, shown):
    _, seen = shown
    assert len(seen) > 10
    for day, overview in seen.items():
        assert past.on(day, within_s=WHOLE_LOG_S) == overview, day


def test_any_instant_is_the_log_up_to_there_forward_and_back(past, shown):
    _, seen = shown
    day = sorted(seen)[5]
    end = end_of_day(day) - 1
    assert past.at(end, within_s=WHOLE_LOG_S) == seen[day]
    with closing(Store(f"sqlite:///{shown[0] / 'platform.sqlite'}")) as store, store.read() as work:
        log = work.bulk.execute("SELECT received_at, MAX(position) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    for received_at, position in (log[len(log) // 2], log[len(log) // 4], log[-1]):
        assert past.at(received_at, within_s=WHOLE_LOG_S).position == position
        assert past.at(received_at - 1, within_s=WHOLE_LOG_S).position < position


def test_days_are_looked_at_in_any_order(past, shown):
    _, seen = shown
    days = sorted(seen)
    for day in (days[-1], days[3], days[7], days[0]):
        assert past.on(day, within_s=WHOLE_LOG_S) == seen[day]
    before = past.on(days[0] - timedelta(days=30), within_s=WHOLE_LOG_S)
    assert before is not None
    assert (before.position, before.stages, before.money_fen["out"]) == (0, {}, 0)


def test_what_takes_longer_goes_on_when_it_is_asked_for_again(past, shown):
    _, seen = shown
    last, asked = max(seen), 1
    while (found := past.on(last, within_s=0.01)) is None:
        asked += 1
        assert asked < 10_000
    assert asked > 1
    assert msgspec.json.encode(found) == msgspec.json.encode(seen[last])


def test_what_a_killed_server_has_left_is_removed_and_nothing_else(past, shown, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, alive, other, older = (tmp_path / f"jinbao-{name}" for name in ("past-a", "past-b", "demo", "past-older"))
    for folder in (killed, alive, other, older):
        folder.mkdir()
    (killed / "past.lock").touch()
    (killed / "past.sqlite").write_bytes(b"rows")
    (tmp_path / "jinbao-past-link").symlink_to(other)
    (other / "past.lock").touch()
    with closing(UseLock(alive / "past", alone=True)):
        remove_abandoned()
        assert {path.name for path in tmp_path.iterdir()} == {
            "jinbao-past-b",
            "jinbao-demo",
            "jinbao-past-older",
            "jinbao-past-link",
        }
        _, seen = shown
        past.on(min(seen), within_s=WHOLE_LOG_S)
        remove_abandoned()
        assert len(list(tmp_path.glob("jinbao-past-*"))) == 4, "its own is in use"
