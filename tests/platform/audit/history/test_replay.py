"""Read models folded anew and compared: what was changed in one is named, table and row."""

from __future__ import annotations

from contextlib import closing

import pytest

from jinbao.platform.audit.history.replay import BeyondTheEnd, as_json, replay

MODELS = "platform-projections.db"


def replayed(copied, position=None):
    with closing(copied.store()) as store:
        return {one.name: one for one in replay(store, position)}


def test_what_is_read_is_what_the_log_folds_to(copied):
    found = replayed(copied)
    assert all(one.equal for one in found.values())
    assert found["case_board"].rows > 10
    assert as_json(list(found.values()))["equal"] is True


def test_a_row_that_was_changed_is_shown_beside_the_right_one(copied):
    copied.attack("UPDATE case_board SET sheet_total = sheet_total + 1 WHERE sheet_total > 0", file=MODELS)
    found = replayed(copied)
    wrong = found["case_board"]
    assert [one.name for one in found.values() if not one.equal] == ["case_board"]
    table, live, rebuilt = wrong.first_difference
    assert (table, live["case_id"]) == ("case_board", rebuilt["case_id"])
    assert live["sheet_total"] == rebuilt["sheet_total"] + 1


def test_a_row_that_is_gone_stands_alone(copied):
    copied.attack("DELETE FROM clocks WHERE clock_id = (SELECT MIN(clock_id) FROM clocks)", file=MODELS)
    difference = replayed(copied)["clocks"].first_difference
    assert difference.live is None
    assert difference.rebuilt["clock_id"] > 0


def test_at_an_earlier_position_the_digests_are_told_alone(copied):
    now, then = replayed(copied), replayed(copied, 10)
    assert {one.equal for one in then.values()} == {None}
    assert then["case_board"].digest != now["case_board"].digest
    assert 0 < then["case_board"].rows < now["case_board"].rows


def test_there_is_no_position_beyond_the_logs_end(copied):
    with closing(copied.store()) as store, store.read() as work:
        end = work.events.max_notification_id()
    with pytest.raises(BeyondTheEnd, match=f"ends at event {end}: there is no {end + 1}"):
        replayed(copied, end + 1)
