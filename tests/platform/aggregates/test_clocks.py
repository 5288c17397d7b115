"""Clocks: started, stopped and cancelled by facts, each under the procedure of the agency responsible for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.national_platform import law_in_force
from jinbao.rules.procedures import Assignment, Procedures
from jinbao.rules.working_days import load_working_days

APPLICATION, ORIGIN, CONFIRMATION = "application_review", "origin_transfer", "confirmation"


def clocks_of_a_normal_transfer(relationship, transfer, at):
    """(clock, responsible, limit, started on, due, ended on, outcome) of every clock, one message each Monday."""
    mondays = [(date(2025, 3, 3) + timedelta(weeks=n)).isoformat() for n in range(9)]
    started, result = {}, []
    for day, message in zip(mondays, transfer.whole(), strict=True):
        fact = relationship.hear_all([message], at(day))
        for end in fact.then.ended:
            start, since = started[end.number]
            result.append(
                (start.clock, start.responsible, start.limit_working_days, since, f"{start.due}", day, end.outcome)
            )
        for start in fact.then.started:
            started[start.number] = (start, day)
    assert len(started) == len(result), "every clock ended"
    return result


def test_the_national_procedure_gives_fifteen_working_days_to_each_stage(relationship, transfer, at):
    assert clocks_of_a_normal_transfer(relationship, transfer, at) == [
        (APPLICATION, "41", 15, "2025-03-03", "2025-03-24", "2025-03-10", "met"),
        (ORIGIN, "44", 15, "2025-03-17", "2025-04-08", "2025-04-07", "met"),
        (CONFIRMATION, "41", 15, "2025-04-21", "2025-05-14", "2025-04-28", "met"),
    ]


def test_the_ministrys_platform_counts_origin_review_transfer_and_confirmation(new_relationship, transfer, at):
    relationship = new_relationship(law_in_force("ministry-platform-2013"))
    assert clocks_of_a_normal_transfer(relationship, transfer, at) == [
        ("origin_review", "44", 15, "2025-03-17", "2025-04-08", "2025-03-24", "met"),
        ("transfer", "44", 15, "2025-03-24", "2025-04-15", "2025-04-07", "met"),
        (CONFIRMATION, "41", 15, "2025-04-21", "2025-05-14", "2025-04-28", "met"),
    ]


def test_a_stricter_promise_binds_the_agency_that_gave_it_and_only_its_own_clocks(
    law, new_relationship, transfer_of, at
):
    """An invented promise of province 64: none is shipped for a real one."""
    promise = Assignment("64", "provincial-8-7", date(2022, 7, 1), None)
    relationship = new_relationship(Law(law.procedures.with_assignment(promise), law.working_days))
    out_of_it, into_it = transfer_of(origin="64"), transfer_of(destination="64", application="NX-1")
    clocks = clocks_of_a_normal_transfer(relationship, out_of_it, at)
    assert [(clock, limit) for clock, _, limit, *_ in clocks] == [(APPLICATION, 15), (ORIGIN, 7), (CONFIRMATION, 15)]
    assert clocks[1][-1] == "missed", "seven working days after 17 March is 26 March"
    clocks = clocks_of_a_normal_transfer(relationship, into_it, at)
    assert [(clock, limit) for clock, _, limit, *_ in clocks] == [(APPLICATION, 8), (ORIGIN, 15), (CONFIRMATION, 8)]


def test_a_clock_that_an_older_release_started_under_a_withdrawn_promise_still_ends(
    law, new_relationship, transfer_of, at
):
    """The first release gave province 64 limits of 8 and 7 days; what they started runs on and ends by them."""
    promise = Assignment("64", "provincial-8-7", date(2022, 7, 1), None)
    before = new_relationship(Law(law.procedures.with_assignment(promise), law.working_days))
    transfer = transfer_of(destination="64", application="NX-1")
    before.hear_all([transfer.apply()], at("2025-03-03"))
    before.law = law
    fact = before.hear(transfer.letter(), at("2025-03-14"))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [(APPLICATION, "missed")]
    [started] = before.hear(transfer.letter_received(), at("2025-03-17")).then.started
    assert (started.procedure, started.limit_working_days) == ("national-2009", 15)


def test_a_clock_keeps_the_procedure_it_started_with(law, new_relationship, transfer, at):
    """Henan promises 8 working days from 10 March on: the clock of 3 March keeps its 15, the later one has 8."""
    promise = Assignment("41", "provincial-8-7", date(2025, 3, 10), None)
    tightened = Law(Procedures(list(law.procedures), [promise], "national-2009"), law.working_days)
    relationship = new_relationship(tightened)
    clocks = clocks_of_a_normal_transfer(relationship, transfer, at)
    assert [(clock, limit) for clock, _, limit, *_ in clocks] == [(APPLICATION, 15), (ORIGIN, 15), (CONFIRMATION, 8)]


def test_a_clock_is_missed_after_its_due_day_and_not_on_it(new_relationship, transfer_of, at):
    for day, outcome in (("2025-03-24", "met"), ("2025-03-25", "missed")):
        relationship, transfer = new_relationship(), transfer_of()
        relationship.hear(transfer.apply(), at("2025-03-03"))
        fact = relationship.hear(transfer.letter(), at(day, 23))
        assert [(e.clock, e.outcome) for e in fact.then.ended] == [(APPLICATION, outcome)]


def test_clocks_count_from_the_bus_and_never_from_the_senders_claim(relationship, transfer, at):
    fact = relationship.hear(transfer.apply(occurred_at=at("2025-01-06")), at("2025-03-03"))
    assert fact.then.started[0].due == date(2025, 3, 24)


def test_a_due_day_in_an_unpublished_year_is_provisional(relationship, transfer, at):
    day = f"{load_working_days().last_year}-12-25"
    [clock] = relationship.hear(transfer.apply(), at(day)).then.started
    assert clock.provisional
    assert clock.calendar == load_working_days().version


def test_a_warning_and_a_miss_are_each_noted_once(relationship, transfer, at):
    relationship.hear(transfer.apply(), at("2025-03-03"))
    due = "2025-03-24"
    relationship.hear_all([transfer.warn(APPLICATION, due)], at("2025-03-19"))
    assert relationship.hear(transfer.warn(APPLICATION, due), at("2025-03-20")) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.miss(APPLICATION, due)], at("2025-03-25", 0))
    assert relationship.hear(transfer.warn(APPLICATION, due), at("2025-03-25")) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.miss(APPLICATION, due), at("2025-03-26")) == Rejection("ALREADY_RECORDED")
    fact = relationship.hear_all([transfer.letter()], at("2025-03-26"))
    assert [e.outcome for e in fact.then.ended] == ["missed"]


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_nothing_is_missed_before_the_due_day_has_ended(relationship, transfer, at, hour):
    relationship.hear(transfer.apply(), at("2025-03-03"))
    too_early = relationship.hear(transfer.miss(APPLICATION, "2025-03-24"), at("2025-03-24", hour))
    assert too_early == Rejection("CLOCK_NOT_RUNNING")


def test_deadlines_of_clocks_that_do_not_run_are_refused(relationship, transfer, at):
    warn, miss = transfer.warn, transfer.miss
    nothing = Rejection("CLOCK_NOT_RUNNING")
    assert relationship.hear(warn(APPLICATION, "2025-03-24")) == nothing, "no such transfer"
    relationship.hear(transfer.apply(), at("2025-03-03"))
    late = at("2025-06-03")
    assert relationship.hear(miss(ORIGIN, "2025-03-24"), late) == nothing
    assert relationship.hear(miss(APPLICATION, "2025-03-24", run=2), late) == nothing
    assert relationship.hear(miss(APPLICATION, "2025-03-21"), late) == nothing, "another due day than the clock's"
    assert relationship.hear(warn(APPLICATION, "2025-03-21"), at("2025-03-19")) == nothing
    relationship.hear_all([transfer.letter()], at("2025-03-10"))
    assert relationship.hear(miss(APPLICATION, "2025-03-24"), late) == nothing, "it was met before the sweep spoke"
    relationship.hear_all([transfer.letter_received(), transfer.return_letter(), transfer.close()])
    assert relationship.hear(miss(ORIGIN, "2025-03-24"), late) == Rejection("CASE_CLOSED")


def test_a_procedures_new_version_leaves_running_clocks_alone(law, new_relationship, transfer, at):
    """A new version that lengthens the limit from 2025-03-10 on; the running clock still ends under version 1."""
    old = law.procedures.by_id("national-2009", 1)
    longer = tuple(replace(clock, limit_working_days=20) for clock in old.clocks)
    new = replace(old, version=2, valid_from=date(2025, 3, 10), clocks=longer)
    relationship = new_relationship(Law(Procedures([old, new], [], old.id), law.working_days))
    relationship.hear(transfer.apply(), at("2025-03-03"))
    fact = relationship.hear_all([transfer.letter()], at("2025-03-25"))
    assert [(e.clock, e.outcome) for e in fact.then.ended] == [(APPLICATION, "missed")]
    [clock] = relationship.hear_all([transfer.letter_received()], at("2025-03-25")).then.started
    assert (clock.limit_working_days, clock.procedure_version) == (20, 2)


def test_a_miss_is_true_only_when_its_day_is_over_and_a_warning_or_miss_is_said_once(relationship, transfer, at):
    relationship.hear(transfer.apply(), at("2025-03-03"))
    clock = ("application_review", "2025-03-24")
    assert relationship.hear(transfer.miss(*clock), at("2025-03-24", 23)) == Rejection("CLOCK_NOT_RUNNING")
    relationship.hear_all([transfer.warn(*clock)], at("2025-03-19"))
    assert relationship.hear(transfer.warn(*clock), at("2025-03-20")) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([transfer.miss(*clock)], at("2025-03-25"))
    assert relationship.hear(transfer.miss(*clock), at("2025-03-26")) == Rejection("ALREADY_RECORDED")


def test_a_clock_keeps_its_procedure_and_the_next_one_takes_the_new(law, new_relationship, transfer, at):
    promise = Assignment("44", "provincial-8-7", date(2025, 3, 10), None)
    changed = Law(Procedures(list(law.procedures), [promise], "national-2009"), law.working_days)
    relationship = new_relationship(changed)
    relationship.hear_all(transfer.until_origin_review(), at("2025-03-07"))
    relationship.hear_all([transfer.return_letter(), transfer.letter(2)], at("2025-03-11"))
    relationship.hear_all([transfer.letter_received(2)], at("2025-03-12"))
    started = [(c.clock, c.run, c.procedure, c.limit_working_days) for f in relationship.facts for c in f.then.started]
    assert started[1:] == [
        ("origin_transfer", 1, "national-2009", 15),
        ("origin_transfer", 2, "provincial-8-7", 7),
    ]
