"""`jinbao audit replay` on a nation: every working day was closed, and is folded to what was logged."""

from __future__ import annotations

from contextlib import closing

from jinbao.platform.audit.history.closes import closes
from jinbao.platform.store.store import Store


def test_a_nations_days_are_closed_and_replayed_at_a_close(answer, jinbao, nation_folder):
    with closing(Store(f"sqlite:///{nation_folder / 'platform.sqlite'}")) as store, store.read() as work:
        closed = list(closes(work.bulk))
        assert closed[-1].position == work.events.max_notification_id()
    middle = closed[len(closed) // 2]
    then = answer("audit", "replay", "--position", middle.position, "--data", nation_folder)
    assert {one["equal"] for one in then["projections"]} == {True}
    assert f"event {closed[-1].position:,}" in jinbao("--lang", "en", "audit", "verify", "--data", nation_folder).stdout


def test_a_position_beyond_the_end_is_refused_and_the_end_named(jinbao, nation_folder):
    found = jinbao("--lang", "en", "audit", "replay", "--position", 10_000_000, "--data", nation_folder)
    assert (found.exit_code, "there is no 10000000" in found.stderr) == (2, True)
