"""Daily closes: each working day says once what its events made of the read models; changed code departs from it."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta

import pytest

from jinbao.platform.audit.history.closes import close_day, close_ended_day, closes, departures
from jinbao.platform.audit.history.replay import as_json, replay
from jinbao.platform.projections import fund_ledger
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.projection import Part, Projection
from jinbao.rules.working_days import day_of, end_of_day, load_working_days


@pytest.fixture
def store(copied):
    with closing(copied.store()) as found:
        yield found


@pytest.fixture
def three_days(copied):
    """The same log, as if it had been recorded on three days."""
    for position in (30, 60):
        copied.attack(f"UPDATE events SET recorded_at = recorded_at + 86400000000 WHERE position > {position}")
    with closing(copied.store()) as found:
        yield found


def days_of(store):
    with store.read() as work:
        return sorted({day_of(at) for (at,) in work.bulk.execute("SELECT DISTINCT recorded_at FROM events")})


def logged(store):
    with store.read() as work:
        return list(closes(work.bulk))


def with_other_fold(number, fold):
    """The catalogue, in which the first part of the ledger is folded otherwise."""
    parts = (Part(fund_ledger.ledger_entries, fold), *fund_ledger.PROJECTION.parts[1:])
    other = Projection("fund_ledger", number, parts)
    return tuple(other if one.name == "fund_ledger" else one for one in PROJECTIONS)


def one_fen_more(log):
    for row in fund_ledger.fold_entries(log):
        yield (*row[:-1], row[-1] + 1)


def test_a_day_is_closed_once_with_all_that_was_recorded_by_its_end(three_days):
    store, days = three_days, days_of(three_days)
    assert len(days) == 3
    for day in days:
        assert close_day(store, day, 0) is not None
        assert close_day(store, day, 0) is None
    assert close_day(store, days[0], 0) is None
    found = logged(store)
    assert [one.day for one in found] == days
    with store.read() as work:
        for one in found:
            sql = "SELECT MAX(position) FROM events WHERE recorded_at < ?"
            assert one.position == work.bulk.execute(sql, end_of_day(one.day)).scalar_one()
        assert found[-1].position == work.events.max_notification_id()
    assert [one.since for one in found] == [0, *(one.position for one in found[:-1])]
    assert [model.name for model in found[0].projections] == [one.name for one in PROJECTIONS]


def test_a_working_day_is_closed_once_it_has_ended_and_a_weekend_with_the_next(store):
    calendar, friday = load_working_days(), date(2027, 3, 5)
    assert close_ended_day(store, end_of_day(friday), calendar).day == friday - timedelta(days=1)
    late = end_of_day(friday) + 3_600_000_000
    assert close_ended_day(store, late, calendar).day == friday
    assert close_ended_day(store, late + 2 * 86_400_000_000, calendar) is None
    assert close_ended_day(store, late + 3 * 86_400_000_000, calendar).day == date(2027, 3, 8)


def test_a_close_is_an_entry_of_the_log(copied, store):
    close_day(store, days_of(store)[-1], 0)
    assert copied.code() is None
    copied.attack("UPDATE tree_statements SET body = replace(body, ': 0', ': 1') WHERE kind = 'day_closed'")
    assert copied.code() == "ENTRY_CHANGED"


def test_changed_code_shows_by_the_first_close_that_it_departs_from(three_days):
    store, days = three_days, days_of(three_days)
    for day in days:
        close_day(store, day, 0)
    found = {one.name: one for one in replay(store)}
    assert all(one.equal and one.closes == len(days) for one in found.values())
    with store.read() as work:
        end = work.events.max_notification_id()
        assert departures(work, end, with_other_fold(4, fund_ledger.fold_entries))[1] == {}
        _, departed = departures(work, end, with_other_fold(5, one_fen_more))
    assert list(departed) == ["fund_ledger"]
    with_money = next(
        one.day for one in logged(store) if next(m.rows for m in one.projections if m.name == "fund_ledger")
    )
    assert departed["fund_ledger"].day == with_money.isoformat()
    assert departed["fund_ledger"].version == 4


def test_replay_compares_with_closes_at_a_past_position_too(three_days):
    store = three_days
    close_day(store, days_of(store)[1], 0)
    (close,) = logged(store)
    assert {one.equal for one in replay(store, close.position - 1)} == {None}
    told = as_json(replay(store, close.position, with_other_fold(4, one_fen_more)))
    assert told["equal"] is False
    (wrong,) = [one for one in told["projections"] if one["equal"] is False]
    assert (wrong["name"], wrong["first_difference"]["position"]) == ("fund_ledger", close.position)
    assert wrong["first_difference"]["logged"] != wrong["first_difference"]["rebuilt"]
