"""Deadlines whose due day a new calendar moves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.deadlines import sweep as deadlines
from jinbao.platform.projections.runner import Runner
from jinbao.rules import working_days

DUE = "2025-03-24"
"""Fifteen working days after Monday 3 March 2025; two more in the amended calendar."""


@pytest.fixture
def amended(law, tmp_path):
    """The calendar with two more days off in March 2025, announced under way as in 2019 and 2020."""
    shipped = Path(working_days.__file__).parent / "data" / "working_days.csv"
    table = shipped.read_text("utf-8").replace("# version: ", "# version: amended-", 1)
    file = tmp_path / "amended.csv"
    file.write_text(table + "2025-03-13,2025-03-14,holiday,example,invented for this test\n", "utf-8")
    return Law(law.procedures, working_days.load_working_days(file))


@pytest.fixture
def published(law, tmp_path):
    """The calendar with one more year published, in which the first working days are as they were reckoned."""
    shipped = Path(working_days.__file__).parent / "data" / "working_days.csv"
    year = law.working_days.last_year + 1
    table = shipped.read_text("utf-8").replace("# version: ", "# version: next-", 1)
    table = table.replace(f"-{year - 1}\n", f"-{year}\n", 1)
    file = tmp_path / "published.csv"
    file.write_text(f"{table}{year}-01-01,{year}-01-01,holiday,New Year,invented for this test\n", "utf-8")
    return Law(law.procedures, working_days.load_working_days(file))


def test_a_calendar_amended_in_mid_year_redates_open_clocks_by_an_event(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=law)
    before.take(*transfer.until_origin_review(), now=at("2025-03-10"))
    before.close()
    after = new_platform("one", law=amended)
    assert after.sweep(at("2025-03-11")) == 1
    assert after.rows("SELECT calendar, due FROM clocks WHERE ended_at IS NULL") == [
        (amended.working_days.version, "2025-04-02")
    ]
    assert after.rows("SELECT due FROM case_board") == [("2025-04-02",)]
    [told] = [m for m in after.inbox("41") if m.NAME == "ClockRedated"]
    assert (told.old_due, told.new_due) == (date(2025, 3, 31), date(2025, 4, 2))
    assert after.inbox("44")[-1].NAME == "ClockRedated", "both sides see it"
    assert after.sweep(at("2025-03-11", 20)) == 0, "once"
    after.sweep(at("2025-04-02"))
    assert "DeadlineMissed" not in [m.NAME for m in after.inbox("44")]
    after.sweep(at("2025-04-03"))
    assert after.inbox("44")[-1].NAME == "DeadlineMissed"


def test_clocks_that_the_read_models_do_not_hold_yet_are_redated_later(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=law, follows=False)
    before.take(*transfer.until_origin_review(), now=at("2025-03-03"))
    before.close()
    after = new_platform("one", law=amended, follows=False)
    assert after.sweep(at("2025-03-11")) == 0
    after.national.projections.catch_up()
    assert after.sweep(at("2025-03-11", 20)) == 1
    after.run()
    assert "ClockRedated" in [m.NAME for m in after.inbox("41")]


@pytest.mark.parametrize(
    "mark",
    ["{ahead} {version}", "{ahead} 1 {version}", "{before} 1000000 {version}", "{before} {version}", "{version}", ""],
    ids=["no position", "ahead of the time", "ahead of the log", "of the program before", "no time", "empty"],
)
def test_a_mark_that_cannot_be_right_holds_back_no_redating(new_platform, law, amended, transfer, at, mark):
    """The mark of a program that swept before its read models had followed: it had seen none of these clocks."""
    before = new_platform("one", law=law)
    before.take(*transfer.until_origin_review(), now=at("2025-03-03"))
    before.close()
    after = new_platform("one", law=amended)
    version = amended.working_days.version
    with after.store.write() as work:
        work.set_mark("calendar", mark.format(ahead=at("2030-01-01"), before=at("2025-03-10"), version=version))
    assert after.sweep(at("2025-03-11")) == 1
    assert "ClockRedated" in [m.NAME for m in after.inbox("41")]
    [(mended,)] = after.rows("SELECT value FROM marks WHERE name = 'calendar'")
    assert mended.split(" ")[1] == "3", "where the log ended when it began"


def test_a_clock_that_ended_is_not_redated(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=law)
    before.take(*transfer.whole(), now=at("2025-03-10"))
    before.close()
    assert new_platform("one", law=amended).sweep(at("2025-03-11")) == 0


def test_a_redating_names_the_day_that_the_clock_had(relationship, transfer, at):
    relationship.hear_all([transfer.apply()], at("2025-03-03"))
    wrong = transfer.redate("application_review", "2025-03-25", "2025-03-27")
    assert relationship.hear(wrong) == Rejection("CLOCK_NOT_RUNNING")
    assert relationship.hear(transfer.redate("application_review", "2025-03-24", "2025-03-26", sender="41")) == (
        Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    )
    relationship.hear_all([transfer.redate("application_review", "2025-03-24", "2025-03-26")])
    again = transfer.redate("application_review", "2025-03-24", "2025-03-26")
    assert relationship.hear(again) == Rejection("ALREADY_RECORDED")
    fact = relationship.hear(transfer.letter(), at("2025-03-26", 20))
    assert [e.outcome for e in fact.then.ended] == ["met"]


def test_a_miss_of_a_day_that_no_longer_counts_is_no_miss(relationship, transfer, at):
    relationship.hear_all([transfer.apply()], at("2025-03-03"))
    relationship.hear_all([transfer.miss("application_review", "2025-03-24")], at("2025-03-25"))
    relationship.hear_all([transfer.redate("application_review", "2025-03-24", "2025-03-26")], at("2025-03-25"))
    fact = relationship.hear(transfer.letter(), at("2025-03-26"))
    assert [e.outcome for e in fact.then.ended] == ["met"]


def test_a_clock_missed_and_then_redated_is_warned_of_and_missed_again(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=law)
    before.take(transfer.apply(), now=at("2025-03-03"))
    before.sweep(at("2025-03-19"))
    before.sweep(at("2025-03-25", 1))
    assert before.rows("SELECT missed_at IS NULL, warned_at IS NULL FROM clocks") == [(False, False)]
    before.close()
    after = new_platform("one", law=amended)
    after.sweep(at("2025-03-25", 2))
    assert after.rows("SELECT due, warned_at, missed_at FROM clocks") == [("2025-03-26", None, None)]
    after.sweep(at("2025-03-25", 3))
    after.sweep(at("2025-03-27", 1))
    said = [(m.NAME, m.due.isoformat()) for m in after.inbox("41") if m.NAME.startswith("Deadline")]
    assert said == [
        ("DeadlineApproaching", DUE),
        ("DeadlineMissed", DUE),
        ("DeadlineApproaching", "2025-03-26"),
        ("DeadlineMissed", "2025-03-26"),
    ]
    live = after.table("clocks")
    Runner(after.store).rebuild()
    assert after.table("clocks") == live


def test_a_clock_redated_to_an_earlier_day_keeps_what_was_said(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=amended)
    before.take(transfer.apply(), now=at("2025-03-03"))
    before.sweep(at("2025-03-27", 1))
    before.close()
    after = new_platform("one", law=law)
    after.sweep(at("2025-03-27", 2))
    assert after.rows("SELECT due, missed_at FROM clocks") == [(DUE, at("2025-03-27", 1))]
    assert after.sweep(at("2025-03-28")) == 0


def test_start_miss_and_redating_in_one_batch_come_to_the_same(new_platform, law, transfer, at):
    platform = new_platform("one", law=law)
    platform.now = at("2025-03-03")
    platform.send(transfer.apply())
    platform.now = at("2025-03-20")
    platform.send(transfer.warn("application_review", DUE), transfer.redate("application_review", DUE, "2025-03-26"))
    platform.run()
    assert platform.rows("SELECT due, warned_at FROM clocks") == [("2025-03-26", None)]


def test_clocks_that_a_new_calendar_does_not_move_are_looked_at_once_a_day(
    new_platform, law, amended, transfer_of, at, monkeypatch
):
    before = new_platform("one", law=law)
    before.take(*[transfer_of(n).apply() for n in range(1, 8)], now=at("2025-04-07"))
    before.close()
    monkeypatch.setattr(deadlines, "ROWS_A_PAGE", 3)
    looked_at = []
    due = working_days.WorkingDays.due
    monkeypatch.setattr(
        working_days.WorkingDays, "due", lambda days, *limit: looked_at.append(limit) or due(days, *limit)
    )
    after = new_platform("one", law=amended)
    for hour in (10, 11, 12):
        assert after.sweep(at("2025-04-08", hour)) == 0
    assert looked_at.count((date(2025, 4, 7), 15)) == 7
    after.sweep(at("2025-04-09"))
    assert looked_at.count((date(2025, 4, 7), 15)) == 14


def test_a_due_day_is_certain_once_its_year_is_published(new_platform, law, published, transfer, at):
    before = new_platform("one", law=law)
    day = f"{law.working_days.last_year}-12-25"
    before.take(transfer.apply(), now=at(day))
    [(due, provisional)] = before.rows("SELECT due, provisional FROM clocks")
    assert provisional == 1
    before.close()
    after = new_platform("one", law=published)
    assert after.sweep(at(day, 20)) == 1
    assert after.rows("SELECT calendar, due, provisional FROM clocks") == [(published.working_days.version, due, 0)]
    assert after.rows("SELECT due, provisional FROM case_board") == [(due, 0)]
    assert after.sweep(at(day, 21)) == 0


def test_a_clock_that_a_new_calendar_does_not_move_is_visited_once(
    new_platform, law, amended, transfer_of, at, monkeypatch
):
    monkeypatch.setattr(deadlines, "ROWS_A_PAGE", 1)
    before = new_platform("one", law=law)
    for number in range(1, 4):
        before.take(transfer_of(number).apply(), now=at("2025-03-17"))
    before.close()
    visits = []
    for day in ("2025-03-19", "2025-03-20"):  # two processes, one after the other
        after = new_platform("one", law=amended)
        steps = 1
        after.national.sweep.step(at(day))
        while not after.national.sweep.at_end:
            after.national.sweep.step(at(day))
            steps += 1
        visits.append(steps)
        after.close()
    assert visits == [4, 1], "three clocks, a page each, and then none"
    late = new_platform("one", law=law)
    late.take(transfer_of(9).until_origin_review()[0], now=at("2025-03-20"))
    late.close()
    again = new_platform("one", law=amended)
    again.national.sweep.step(at("2025-03-21"))
    assert not again.national.sweep.at_end, "one that a process with the old calendar started meanwhile is visited"
