"""`jinbao audit as-of`: a simulated nation, a province and a case as they stood."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest

from jinbao.platform.audit.history import snapshots
from jinbao.platform.store import beside
from jinbao.platform.store.store import Store
from jinbao.simulator.nation import Nation


@pytest.fixture(scope="module")
def simulated(nation_folder, tmp_path_factory):
    """What the nation came to, as `simulate --json` prints it."""
    copy = tmp_path_factory.mktemp("simulated") / "nation"
    shutil.copytree(nation_folder, copy)
    with Nation.resume(copy) as nation:
        return nation.summary()


def without_speed(figures):
    return {name: value for name, value in figures.items() if name != "events_per_second"}


def test_at_the_end_the_overview_is_what_simulate_prints(answer, nation_folder, simulated):
    found = answer("audit", "as-of", "2099-01-01T12:00", "--data", nation_folder)
    assert list(found) == ["position", "root", "overview", "clocks", "ledger"]
    assert without_speed(found["overview"]) == without_speed(simulated)
    assert found["position"] == simulated["events"]
    assert found["ledger"]["money_fen"]["sum"] == 0


@pytest.mark.slow
def test_a_long_log_is_counted_beside_and_folded_on_from_a_snapshot_to_the_same(
    answer, nation_folder, simulated, monkeypatch, tmp_path
):
    shutil.copytree(nation_folder, tmp_path / "nation")
    with closing(Store(f"sqlite:///{tmp_path / 'nation' / 'platform.sqlite'}")) as store:
        monkeypatch.setattr(snapshots, "EVERY", 200)
        taken = snapshots.take_snapshots(store, snapshots.kept_in(tmp_path / "nation"), 0)
    assert len(taken) > 1
    monkeypatch.setattr(beside, "LONG_LOG_EVENTS", 0)
    found = answer("audit", "as-of", "2099-01-01T12:00", "--data", tmp_path / "nation")
    assert without_speed(found["overview"]) == without_speed(simulated)
    middle = ("audit", "as-of", "2099-01-01T12:00", "--position", taken[0].position + 50)
    then, whole = (answer(*middle, "--data", folder) for folder in (tmp_path / "nation", nation_folder))
    assert without_speed(then.pop("overview")) == without_speed(whole.pop("overview"))
    assert (then["clocks"], then["ledger"]) == (whole["clocks"], whole["ledger"])


def test_an_earlier_instant_holds_less_and_still_sums_to_zero(answer, nation_folder, simulated):
    [case, *_] = answer("case", "list", "--limit", 1, "--data", nation_folder)["cases"]
    opened = case["opened_at"]
    then = answer("audit", "as-of", opened, "--data", nation_folder)
    assert 0 < then["position"] < simulated["events"]
    assert then["overview"]["money_fen"]["sum"] == 0
    one = answer("audit", "as-of", opened, "--case", case["transfer"], "--data", nation_folder)
    assert list(one) == ["position", "root", "case", "clocks", "ledger"]
    assert (one["root"], one["case"]["opened_at"]) == (then["root"], opened)
    assert len(one["case"]["timeline"]) >= 1


def test_a_province_has_its_work_list_of_then(answer, nation_folder):
    now = answer("case", "list", "--province", "44", "--waiting", "--limit", 10_000, "--data", nation_folder)["cases"]
    then = answer("audit", "as-of", "2099-01-01", "--province", "44", "--data", nation_folder)
    assert list(then) == ["position", "root", "work_list", "clocks", "ledger"]
    assert [row["transfer"] for row in then["work_list"]] == [row["transfer"] for row in now]
    assert {row["province"] for row in then["clocks"]} == {"44"}


def test_what_cannot_be_asked_is_told(jinbao, nation_folder, answer):
    [case, *_] = answer("case", "list", "--limit", 1, "--data", nation_folder)["cases"]
    before = jinbao("--lang", "en", "audit", "as-of", "2001-01-01", "--case", case["transfer"], "--data", nation_folder)
    assert (before.exit_code, "no such transfer then" in before.stderr) == (1, True)
    early = jinbao("audit", "as-of", "1901-01-01", "--data", nation_folder)
    assert (early.exit_code, "1901-01-01" in early.stderr) == (2, True)
    assert jinbao("audit", "as-of", "yesterday", "--data", nation_folder).exit_code == 2
    both = ("--case", case["transfer"], "--province", "41")
    assert jinbao("audit", "as-of", "2025-01-01", *both, "--data", nation_folder).exit_code == 2
