"""A corrected identity that comes to nothing: the case stands again."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.case_board import case_of
from jinbao.platform.projections.runner import read_log
from jinbao.platform.whole_case import whole_case
from jinbao.schemas.messages import ContinuationRefused

TOTAL = 3_309_425


@pytest.fixture
def before(transfer_of):
    """The transfer under the wrong number."""
    return transfer_of(person=1)


@pytest.fixture
def after(transfer_of, before):
    """The same transfer under the right one."""
    return transfer_of(person=2, said=1_000, application=before.application, began_as=1)


@pytest.fixture
def taken(transfer_of):
    """A transfer from the same origin, live under the right number."""
    return transfer_of(person=2, application="HA-TAKEN", said=2_000)


def row_of(platform, transfer):
    sql = (
        "SELECT state, waiting_for, due, letter_version, sheet_version, awaiting FROM case_board b JOIN streams s "
        "ON s.stream = b.case_id >> 12 WHERE b.transfer_id = ? AND s.key = ?"
    )
    return platform.rows(sql, transfer.transfer_id, transfer.relationship_id)


def accounts(platform):
    sql = (
        "SELECT account, province, SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_entries "
        "GROUP BY case_id, account, province, reference, line HAVING SUM(personal) OR SUM(pooling) OR SUM(unallocated)"
    )
    return sorted(platform.rows(sql))


def running(platform):
    return sorted(platform.rows("SELECT clock, run, due FROM clocks WHERE ended_at IS NULL"))


@pytest.mark.parametrize("destination", ["41", "50"])
def test_where_it_cannot_be_taken_the_case_stands_again_as_it_was(platform, before, after, taken, destination):
    other = type(taken)(person=2, destination=destination, application="HA-TAKEN", said=2_000)
    code = "LIVE_TRANSFER_EXISTS" if destination == "41" else "LIVE_TRANSFER_ELSEWHERE"
    platform.take(other.apply())
    platform.take(*before.until_transfer(), before.sheet(), before.remit(), before.receive())
    stood = row_of(platform, before), accounts(platform), running(platform)
    platform.take(before.correct_identity(after.relationship_id))
    assert (row_of(platform, before), accounts(platform), running(platform)) == stood
    assert ("REJECTED", code) in platform.outcomes()
    for province in ("41", "44"):
        told = [m for m in platform.inbox(province) if m.NAME == "ContinuationRefused"]
        assert [(m.code, m.new_relationship_id) for m in told] == [(code, after.relationship_id)]
    platform.take(before.sheet_received(), before.complete())
    assert row_of(platform, before)[0][0] == "completed"


def test_what_comes_in_between_waits_and_is_heard_wherever_the_case_goes_on(platform, before, after, taken):
    platform.take(taken.apply())
    platform.take(*before.until_transfer())
    platform.send(before.correct_identity(after.relationship_id), before.sheet(), before.remit())
    platform.run()
    assert ("PARKED", "PREDECESSOR_MISSING") in platform.outcomes()
    assert platform.rows("SELECT COUNT(*) FROM parked") == [(0,)]
    assert row_of(platform, before)[0][:2] == ("transfer", "41"), "sheet and money were heard when it stood again"


def test_a_fact_that_could_be_taken_back_still_can_when_the_case_stands_again(platform, before, after, taken):
    sheet = before.sheet()
    platform.take(taken.apply())
    platform.take(*before.until_transfer(), sheet, before.correct_identity(after.relationship_id))
    platform.take(before.annul(sheet))
    assert platform.outcomes()[-1] == ("ACCEPTED", None)


def test_a_correction_that_came_to_nothing_may_be_tried_again(platform, before, after, taken):
    platform.take(taken.apply())
    platform.take(before.apply(), before.letter(), before.correct_identity(after.relationship_id))
    platform.take(taken.withdraw())
    platform.take(before.correct_identity(after.relationship_id))
    assert [row[0] for row in row_of(platform, after)] == ["letter_issued"]
    assert [row[0] for row in row_of(platform, before)] == ["moved"]


def test_nobody_begins_another_transfer_while_a_case_is_between_two_relationships(relationship, before, transfer_of):
    """Wherever it goes on, one transfer of that origin is live: in the old relationship it still counts."""
    again = transfer_of(person=1, application="HA-AGAIN", said=3_000)
    relationship.hear_all([*before.until_transfer(), before.correct_identity(b"n" * 16)])
    assert relationship.of(before).state is State.MOVING
    assert relationship.hear(again.apply()) == Rejection("LIVE_TRANSFER_EXISTS", "origin")
    back = before._say(
        ContinuationRefused, "00", {"new_relationship_id": b"n" * 16, "code": "LIVE_TRANSFER_EXISTS"}, {}
    )
    stray = msgspec.structs.replace(back, new_relationship_id=b"x" * 16)
    assert relationship.hear(stray) == Rejection("STATE_CONFLICT", "new_relationship_id")
    relationship.hear_all([back])
    assert relationship.of(before).state is State.TRANSFER


def test_at_every_position_the_money_is_in_exactly_one_place(platform, before, after, taken):
    """Paid out once, and held once: in transit, in suspense, in a fund, or waiting to be taken."""
    platform.take(*before.until_transfer(), before.sheet(), before.remit(), before.receive())
    platform.take(taken.apply())
    platform.take(before.correct_identity(after.relationship_id))
    platform.take(taken.withdraw())
    platform.take(before.correct_identity(after.relationship_id))
    platform.take(after.sheet_received(), after.complete())
    entries = platform.rows(
        "SELECT entry >> 8, account, province, personal + pooling + unallocated FROM ledger_entries ORDER BY entry"
    )
    held, seen_moving = {}, 0
    for position in sorted({entry[0] for entry in entries}):
        for _, account, province, amount in (e for e in entries if e[0] == position):
            held[account, province] = held.get((account, province), 0) + amount
        assert sum(held.values()) == 0
        assert sum(amount for amount in held.values() if amount > 0) == TOTAL, held
        seen_moving += bool(held.get(("moving", "41")))
    assert seen_moving == 2
    assert {key: amount for key, amount in held.items() if amount} == {
        ("origin_fund", "44"): -TOTAL,
        ("destination_fund", "41"): TOTAL,
    }


def test_a_case_that_came_back_is_read_whole_once(platform, before, after, at):
    platform.take(*before.until_transfer(), before.sheet(), before.remit(), now=at("2025-03-03"))
    platform.take(before.correct_identity(after.relationship_id), now=at("2025-03-05"))
    platform.take(after.correct_identity(before.relationship_id), now=at("2025-03-06"))
    with platform.store.read() as work:
        row = case_of(work, UUID(bytes=before.transfer_id))
        whole = whole_case(work, row)
        positions = [entry.position for entry in read_log(work, 0, 100).of(RELATIONSHIPS) if entry.fact.transfer]
    wrong, right = UUID(bytes=before.relationship_id), UUID(bytes=after.relationship_id)
    assert whole.relationships == [wrong, right, wrong]
    assert [step.position for step in whole.steps] == positions
    assert row.state == "transfer"
    assert [(clock.clock, clock.outcome) for clock in whole.clocks] == [
        ("application_review", "met"),
        ("origin_transfer", "met"),
    ]
    assert (
        sum(p.personal_fen + p.pooling_fen + p.unallocated_fen for s in whole.steps for p in s.fact.then.postings) == 0
    )
    on_the_way = [p for s in whole.steps for p in s.fact.then.postings if p.account == "in_transit"]
    assert sum(p.personal_fen + p.pooling_fen + p.unallocated_fen for p in on_the_way) == TOTAL
    assert whole.first_missing is None
