"""The index and the forecast: counted as an independent reading of the log counts, silence not rewarded."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from jinbao.platform.projections.forecast import Chances, forecast
from jinbao.platform.projections.handling_index import FEWEST_CASES, handling_index, index_of, nearest_rank
from jinbao.platform.projections.handling_times import Handled, Running, ended, running
from jinbao.platform.projections.runner import Runner, read_log
from jinbao.rules.working_days import day_of, load_working_days

DAYS = load_working_days()
ON = ("2025-03-03", "2025-03-12", "2025-03-25", "2025-04-03", "2025-05-06")
TODAY = date(2025, 5, 20)


def live_a_while(platform, messages, at):
    """Every case goes on through five days, weeks apart, with a sweep after each."""
    of_case = {}
    for message in messages:
        of_case.setdefault(message.envelope.relationship_id, []).append(message)
    for n, day in enumerate(ON):
        platform.take(
            *(m for said in of_case.values() for m in said[n * len(said) // 5 : (n + 1) * len(said) // 5]), now=at(day)
        )
        platform.sweep(at(day, 20))


def worked(after, until):
    """Working days after the one day up to and including the other, counted one by one."""
    if until < after:
        return -worked(until, after)
    return sum(DAYS.is_working_day(after + timedelta(days=n + 1)) for n in range((until - after).days))


def read_independently(platform):
    """From the facts alone: (clock, province) → times of what ended, and the days from which open clocks count."""
    begun, times = {}, {}
    with platform.store.read() as work:
        for entry in read_log(work, 0, 1_000_000).entries:
            day = day_of(entry.received_at)
            for end in entry.fact.then.ended:
                of_clock, counted = begun.pop((entry.case_id, end.number))
                if end.outcome != "cancelled":
                    times.setdefault(of_clock, Counter())[worked(counted, day)] += 1
            for start in entry.fact.then.started:
                begun[entry.case_id, start.number] = (start.clock, start.responsible), start.counted_from or day
    still = {}
    for of_clock, counted in begun.values():
        still.setdefault(of_clock, Counter())[worked(counted, TODAY)] += 1
    return times, still


def test_times_are_those_that_the_facts_tell_and_a_rebuild_gives_the_same(platform, every_path, at):
    live_a_while(platform, every_path(), at)
    times, still = {}, {}
    with platform.store.read() as work:
        for taken in ended(work):
            times.setdefault(taken[:2], Counter())[taken.working_days] += taken.number
        for run in running(work, TODAY, DAYS):
            still.setdefault(run[:2], Counter())[run.age_working_days] += run.number
        rows = handling_index(work, TODAY, DAYS)
    assert (times, still) == read_independently(platform)
    assert len(times) > 3, "clocks of several kinds and provinces ended"
    assert still, "some still run"
    assert sum(row.cases for row in rows) == sum(c.total() for c in (*times.values(), *still.values()))
    live = platform.table("handling_times")
    Runner(platform.store).rebuild()
    assert platform.table("handling_times") == live


def test_who_answers_nothing_does_not_lead():
    prompt = [Handled("confirmation", "41", 5, 30)]
    silent = [Handled("confirmation", "44", 1, 12)]
    under_way = [Running("confirmation", "44", 40, -25, date(2025, 4, 1), 18)]
    henan, guangdong = index_of([*prompt, *silent], under_way)
    assert (henan.median_working_days, henan.p90_working_days, henan.open_p95_working_days) == (5, 5, None)
    assert (guangdong.median_working_days, guangdong.p90_working_days, guangdong.open_p95_working_days) == (40, 40, 40)
    assert (guangdong.cases, guangdong.open) == (30, 18)


def test_who_leaves_only_the_overdue_alone_is_seen_by_his_open_cases():
    row = index_of([Handled("confirmation", "44", 2, 95)], [Running("confirmation", "44", 60, -45, ON[0], 5)])[0]
    assert (row.p90_working_days, row.open_p95_working_days) == (2, 60)


def test_of_too_few_clocks_nothing_is_said():
    short, enough = (index_of([Handled("confirmation", "44", 2, n)], [])[0] for n in (FEWEST_CASES - 1, FEWEST_CASES))
    assert (short.too_few, short.median_working_days, short.p90_working_days) == (True, None, None)
    assert (enough.too_few, enough.median_working_days, enough.p90_working_days) == (False, 2, 2)


@pytest.mark.parametrize(
    ("percent", "time"), [(1, 3), (25, 3), (26, 5), (50, 5), (51, 8), (90, 13), (95, 13), (100, 13)]
)
def test_a_percentile_is_the_nearest_rank_a_time_that_occurred(percent, time):
    assert nearest_rank({13: 1, 3: 1, 8: 1, 5: 1}, percent) == time


def test_a_clock_whose_like_have_all_ended_by_its_age_is_expected_to_be_missed():
    chances = Chances([Handled("confirmation", "41", 5, 96), Handled("confirmation", "41", 18, 4)], [], [])
    young = Running("confirmation", "41", 1, 14, date(2025, 4, 1), 1)
    old = Running("confirmation", "41", 12, 3, date(2025, 4, 1), 1)
    assert chances.missed(young) == pytest.approx(0.04)
    assert chances.missed(old) == 1.0


def test_a_province_with_few_clocks_borrows_from_the_nation():
    nation = [Handled("confirmation", "41", 5, 500), Handled("confirmation", "41", 18, 500)]
    own = [Handled("confirmation", "54", 18, 2)]
    run = Running("confirmation", "54", 1, 14, date(2025, 4, 1), 1)
    assert 0.5 < Chances([*nation, *own], [], []).missed(run) < 0.6


def test_a_day_that_has_passed_is_forecast_from_what_had_been_received_by_then(new_platform, every_path, at):
    whole, cut = new_platform("whole"), new_platform("cut")
    messages = every_path()
    live_a_while(whole, messages, at)
    of_case = {}
    for message in messages:
        of_case.setdefault(message.envelope.relationship_id, []).append(message)
    for n, day in enumerate(ON[:2]):
        today = (m for said in of_case.values() for m in said[n * len(said) // 5 : (n + 1) * len(said) // 5])
        cut.take(*today, now=at(day))
        cut.sweep(at(day, 20))
    as_of = date(2025, 3, 13)
    with whole.store.read() as later, cut.store.read() as then:
        assert forecast(later, as_of, DAYS) == forecast(then, as_of, DAYS)
        rows = forecast(then, as_of, DAYS)
    assert len(rows) == 32 * 10
    assert sum(row.clocks for row in rows) > 0
    assert all(0 <= row.expected_missed <= row.clocks for row in rows)
    assert [row.due for row in rows[:10]] == [DAYS.due(as_of, n).date for n in range(1, 11)]
