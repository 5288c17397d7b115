"""Rules in force: changed or back-dated they change no stored clock, and that they were changed is in the log."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from support.platform_under_test import Platform
from support.told_transfer import DAY_US, Transfer

from jinbao.platform.audit.history.replay import replay
from jinbao.platform.audit.statements.rules import RulesInForce, note_rules, rules_changed
from jinbao.platform.audit.what_if.clocks import OtherLimits
from jinbao.platform.audit.what_if.what_if import OtherRules, as_json, what_if
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.rules.data_digests import DATA, data_digests
from jinbao.rules.procedures import read_procedure
from tests.platform.audit.conftest import Recorded

NATIONAL = "procedures/national-2009.v1.toml"


@pytest.fixture
def back_dated(tmp_path: Path) -> Path:
    """The rules' data in which somebody has shortened a limit, as if it had always been so."""
    folder = Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("*.py*")))
    text = (folder / NATIONAL).read_text("utf-8")
    assert "limit_working_days = 15" in text
    (folder / NATIONAL).write_text(text.replace("limit_working_days = 15", "limit_working_days = 1"), "utf-8")
    return folder


def test_a_procedure_that_is_back_dated_changes_no_stored_clock_and_shows(tmp_path: Path, back_dated: Path) -> None:
    log_key = open_log_key(tmp_path)
    with closing(Platform(tmp_path, log_key=log_key)) as platform:
        store, transfer = platform.store, Transfer(1)
        note_rules(store, RulesInForce("national-2009", data_digests()), platform.now)
        platform.take(transfer.apply())
        platform.take(transfer.letter(), now=platform.now + 5 * DAY_US)
        for _ in range(2):
            note_rules(store, RulesInForce("national-2009", data_digests(back_dated)), platform.now)
        platform.run()
        with store.read() as work:
            clocks = work.bulk.execute("SELECT clock, limit_working_days, outcome FROM clocks").fetchall()
            assert ("application_review", 15, "met") in [tuple(row) for row in clocks]
            assert all(one.equal is not False for one in replay(store, None))
            first, second = rules_changed(work.bulk)
            other = OtherRules(OtherLimits(procedure=read_procedure(back_dated / NATIONAL)))
            anew = as_json(what_if(work.bulk, other, date(2026, 1, 15)))["clocks"]
        assert (first.names, second.names) == ((), (NATIONAL,))
        assert anew["newly_late"], "what it would have meant is told apart"
    recorded = Recorded(tmp_path)
    found = recorded.verified()
    assert (found.bad, [one.names for one in found.rules]) == ([], [(), (NATIONAL,)])
    ((number,),) = recorded.rows("SELECT MAX(number) FROM tree_statements WHERE kind = 'rules_in_force'")
    recorded.attack(f"UPDATE tree_statements SET body = replace(body, '{NATIONAL}', 'x') WHERE number = {number}")
    assert recorded.code() == "ENTRY_CHANGED"
    recorded.attack(f"DELETE FROM tree_statements WHERE number = {number}")
    assert recorded.code() == "ENTRY_MISSING"


def test_the_same_rules_are_noted_once(tmp_path: Path) -> None:
    with closing(Platform(tmp_path, log_key=open_log_key(tmp_path))) as platform:
        for procedure in ("national-2009", "national-2009", "provincial-8-7", "national-2009"):
            note_rules(platform.store, RulesInForce(procedure, {"a": "1"}), platform.now)
        with platform.store.read() as work:
            names = [one.names for one in rules_changed(work.bulk)]
    assert names == [(), ("procedure",), ("procedure",)]
