"""What if: the rules in force change nothing, others give what a slow replay of the facts gives."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import integers

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.audit.what_if.clocks import OtherLimits
from jinbao.platform.audit.what_if.what_if import OtherRules, as_json, what_if
from jinbao.platform.projections.runner import read_log
from jinbao.rules.procedures import read_procedure
from jinbao.rules.working_days import day_of, load_working_days

TODAY = date(2026, 1, 15)
DATA = Path(__file__).parents[4] / "rules" / "data"


@pytest.fixture(scope="module")
def store(recorded):
    with closing(recorded.store()) as found:
        yield found


def derived(store, **other):
    with store.read() as work:
        return as_json(what_if(work.bulk, OtherRules(**other), TODAY))


def slowly(store, limit_of):
    """(Late clocks that ended, running ones past their due day) by the facts of each case, one after the other."""
    running, late = {}, 0
    with store.read() as work:
        log = read_log(work, 0, 100_000).of(RELATIONSHIPS)
    for entry in log:
        case = entry.case_id
        for end in entry.fact.then.ended:
            start = running.pop((case, end.number))
            late += end.outcome != "cancelled" and day_of(entry.received_at) > due(start, limit_of)
        for start in entry.fact.then.started:
            running[case, start.number] = start
        if isinstance(entry.fact, ClockRedated):
            running[case, entry.fact.restarted.number] = entry.fact.restarted
    return late, sum(due(start, limit_of) < TODAY for start in running.values())


def due(start, limit_of):
    limit = limit_of(start)
    if limit == start.limit_working_days:
        return start.due
    return load_working_days().due(start.counted_from, limit).date


def test_the_rules_in_force_change_nothing(store):
    found = derived(store)
    assert found["clocks"]["late_before"] == found["clocks"]["late_after"]
    assert (found["clocks"]["newly_late"], found["amounts"]["changed"], found["cases"]) == (0, 0, [])
    calendar = derived(store, limits=OtherLimits(calendar=load_working_days(DATA / "working_days.csv")))
    assert calendar["clocks"] == found["clocks"]


def test_what_is_late_before_is_what_is_counted_as_missed(store):
    with store.read() as work:
        sql = "SELECT COALESCE(SUM(number), 0) FROM clock_counts WHERE outcome = 'missed'"
        missed = int(work.bulk.execute(sql).scalar_one())
    assert derived(store)["clocks"]["late_before"] == missed


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=integers(1, 60))
def test_another_limit_gives_what_a_slow_replay_gives(store, limit):
    found = derived(store, limits=OtherLimits(limit=limit))
    late, overdue = slowly(store, lambda start: limit)
    assert (found["clocks"]["late_after"], found["clocks"]["overdue_after"]) == (late, overdue)
    moved = found["clocks"]["newly_late"] - found["clocks"]["no_longer_late"]
    assert found["clocks"]["late_before"] + moved == late
    assert sum(row["late_after"] for row in found["by_province"]) == late


def test_a_procedure_gives_its_clocks_their_limits(store):
    [national] = DATA.glob("procedures/national-2009*.toml")
    procedure = read_procedure(national)
    halved = tuple(replace(clock, limit_working_days=1) for clock in procedure.clocks[:1])
    found = derived(store, limits=OtherLimits(procedure=replace(procedure, clocks=halved)))
    name = halved[0].name
    late, overdue = slowly(store, lambda start: 1 if start.clock == name else start.limit_working_days)
    assert (found["clocks"]["late_after"], found["clocks"]["overdue_after"]) == (late, overdue)
    changed = {clock["clock"] for case in found["cases"] for clock in case["clocks"]}
    assert changed <= {name}
