"""The volume of a day is what the log says, and a usual day is the median of eight like ones."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from statistics import median

import pytest

from jinbao.platform.aggregates.subjects.application import ApplicationAccepted
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.projections.daily_volume import volume_of
from jinbao.platform.projections.fund_ledger import in_transit_since_before, money
from jinbao.platform.projections.runner import read_log
from jinbao.rules.working_days import day_of, load_working_days


def test_the_volumes_of_a_nation_are_those_of_its_log(platform, every_path):
    platform.take(*every_path())
    days = load_working_days()
    with platform.store.read() as work:
        log = read_log(work, 0, 1_000_000).entries
        undone = {entry.fact.undone for entry in log if hasattr(entry.fact, "undone")}
        assert undone & {ApplicationAccepted.TOPIC, TransferCompleted.TOPIC} == set(), "counted back below otherwise"
        applied = Counter(day_of(e.received_at) for e in log if isinstance(e.fact, ApplicationAccepted))
        completed = Counter(day_of(e.received_at) for e in log if isinstance(e.fact, TransferCompleted))
        assert applied
        for day in {*applied, *completed}:
            found = volume_of(work, day, days)
            assert (found.received, found.completed) == (applied[day], completed[day])


@pytest.mark.parametrize("weeks", [1, 7, 8, 12])
def test_a_usual_day_is_the_median_of_the_last_eight_like_days(platform, weeks):
    monday = date(2025, 9, 22)
    days = load_working_days()
    counts = {monday - timedelta(weeks=n): n * n % 7 for n in range(1, weeks + 1)}
    with platform.store.write_models() as work:
        for day, number in counts.items():
            work.bulk.execute("INSERT INTO daily_volume VALUES (?, ?, 0)", day.isoformat(), number)
        work.bulk.execute("INSERT INTO daily_volume VALUES ('2025-09-21', 99, 0)")  # a Sunday is not like it
    like = [number for day, number in counts.items() if days.is_working_day(day)][:8]
    with platform.store.read() as work:
        assert volume_of(work, monday, days).usual == median(like)
        assert volume_of(work, min(counts), days).usual is None, "nothing lies before the first day"


def test_money_in_transit_by_payment_is_what_the_ledger_has_in_transit(platform, every_path):
    platform.take(*every_path())
    with platform.store.read() as work:
        assert in_transit_since_before(work, 9 * 10**15) == money(work).in_transit
        assert in_transit_since_before(work, 0) == 0


def test_money_that_arrived_before_its_notice_is_late_nowhere(platform, transfer):
    early = [*transfer.until_transfer(), transfer.sheet(), transfer.sheet_received(), transfer.receive(1, 262_985)]
    platform.take(*early)
    with platform.store.read() as work:
        assert money(work).in_transit == -262_985
        assert in_transit_since_before(work, 9 * 10**15) == 0
