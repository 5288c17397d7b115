"""A corrected identity: the case goes on under the right number."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from jinbao.platform.aggregates.continuation import as_it_stands
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.runner import read_log
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.messages import CaseContinued

TOTAL = 3_309_425


@pytest.fixture
def before(transfer_of):
    """The transfer under the wrong number."""
    return transfer_of(person=1)


@pytest.fixture
def after(transfer_of, before):
    """The same transfer under the right one."""
    return transfer_of(person=2, said=1_000, application=before.application, began_as=1)


def board(platform):
    return platform.rows("SELECT state, waiting_for, due, sheet_total FROM case_board ORDER BY case_id")


def continued(relationship, transfer, **over):
    """The platform's message with the case as it stands in the relationship that it leaves."""
    case = as_it_stands(relationship.of(transfer), transfer.relationship_id)
    values = {"old_relationship_id": transfer.relationship_id, "state": b"", "case": case}
    return transfer._say(CaseContinued, "00", values, over)


def histories_of_every_state(t):
    short = t.until_mismatch(TOTAL - 500, "top_up")
    lumps = [*t.until_origin_review(), t.lump_sum()]
    frozen = [*t.until_confirmation(), t.freeze()]
    returned = [*t.until_transfer(), t.return_letter(), t.receive(), t.give_back(TOTAL)]
    return [t.whole()[:n] for n in range(1, 9)] + [short, lumps, frozen, returned]


def test_the_case_goes_on_under_the_right_number(platform, before, after, at):
    platform.take(*before.until_transfer(), before.sheet(), now=at("2025-03-03"))
    platform.take(before.correct_identity(after.relationship_id), now=at("2025-03-05"))
    assert board(platform) == [("moved", "", "", TOTAL), ("transfer", "44", "2025-03-24", TOTAL)]
    platform.take(after.sheet_received(), after.remit(), after.receive(), after.complete(), now=at("2025-03-06"))
    assert {outcome for outcome, _ in platform.outcomes()} == {"ACCEPTED"}
    assert board(platform)[1] == ("completed", "", "", TOTAL)


def test_a_correction_that_claims_a_day_to_come_moves_the_case_all_the_same(platform, before, after, at):
    platform.take(*before.until_transfer(), now=at("2025-03-03"))
    platform.take(before.correct_identity(after.relationship_id, occurred_at=at("2025-03-06")), now=at("2025-03-05"))
    assert [state for (state,) in platform.rows("SELECT state FROM case_board ORDER BY case_id")] == [
        "moved",
        "transfer",
    ]


def test_the_streams_name_each_other(platform, before, after):
    platform.take(before.apply(), before.correct_identity(after.relationship_id))
    with platform.store.read() as work:
        facts = [entry.fact for entry in read_log(work, 0, 100).of(RELATIONSHIPS)]
    moved, continued = facts[1], facts[2]
    assert (moved.TOPIC, moved.new_relationship_id) == ("identity-corrected", after.relationship_id)
    assert (continued.TOPIC, continued.old_relationship_id) == ("case-continued", before.relationship_id)
    assert continued.transfer_id == before.transfer_id == after.transfer_id
    confirmed = facts[3]
    assert (confirmed.TOPIC, confirmed.new_relationship_id) == ("continuation-confirmed", after.relationship_id)


def test_clocks_keep_their_due_days_and_are_counted_once(platform, before, after, at):
    platform.take(*before.until_origin_review(), before.lump_sum(), now=at("2025-03-03"))
    platform.take(before.correct_identity(after.relationship_id), now=at("2025-03-10"))
    clocks = platform.rows("SELECT clock, due, counted_from, outcome FROM clocks WHERE clock <> 'application_review'")
    assert sorted(clocks, key=repr) == [
        ("lump_sum_notice", "2025-03-17", "2025-03-03", "cancelled"),
        ("lump_sum_notice", "2025-03-17", "2025-03-03", None),
        ("origin_transfer", "2025-03-24", "2025-03-03", "cancelled"),
        ("origin_transfer", "2025-03-24", "2025-03-03", None),
    ]
    platform.sweep(at("2025-03-18"))
    missed = [m for m in platform.inbox("44") if m.NAME == "DeadlineMissed"]
    assert [m.envelope.relationship_id for m in missed] == [after.relationship_id]


def test_money_stands_in_one_of_the_two_at_every_position(platform, before, after):
    platform.take(*before.until_transfer(), before.sheet(), before.remit(), before.receive())
    platform.take(before.correct_identity(after.relationship_id), after.sheet_received(), after.complete())
    sums = "SELECT SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_entries GROUP BY entry >> 8"
    assert set(platform.rows(sums)) == {(0, 0, 0)}
    total = "SELECT account, SUM(personal + pooling + unallocated) FROM ledger_entries GROUP BY case_id, account"
    assert sorted(row for row in platform.rows(total) if row[1]) == [
        ("destination_fund", TOTAL),
        ("origin_fund", -TOTAL),
    ]


def test_late_messages_to_the_old_number_are_told_so(platform, before, after):
    platform.take(*before.until_transfer(), before.correct_identity(after.relationship_id))
    platform.take(before.sheet())
    assert platform.outcomes()[-1] == ("REJECTED", "RELATIONSHIP_MOVED")
    answer = platform.inbox("44")[-1]
    assert (answer.NAME, answer.code, answer.field) == (
        "SubmissionAnswered",
        "RELATIONSHIP_MOVED",
        "envelope.relationship_id",
    )


def test_messages_that_waited_under_the_old_number_are_told_so_too(platform, before, after):
    platform.take(before.apply(), before.review(), before.correct_identity(after.relationship_id))
    assert ("REJECTED", "RELATIONSHIP_MOVED") in platform.outcomes()
    assert platform.rows("SELECT COUNT(*) FROM parked") == [(0,)]


def test_messages_under_the_new_number_wait_for_the_case(platform, before, after):
    platform.take(before.apply())
    platform.take(after.letter())
    assert platform.outcomes()[-1] == ("PARKED", "PREDECESSOR_MISSING")
    platform.take(before.correct_identity(after.relationship_id))
    assert board(platform)[1][0] == "letter_issued"


def test_both_sides_are_told_by_the_one_who_found_it_and_by_the_platform(platform, before, after):
    platform.take(*before.until_origin_review(), before.correct_identity(after.relationship_id, sender="44"))
    assert [m.NAME for m in platform.inbox("41")][-2:] == ["IdentityCorrected", "CaseContinued"]
    assert platform.inbox("44")[-1].NAME == "CaseContinued"


def test_a_message_said_twice_moves_the_case_once(platform, before, after):
    correction = before.correct_identity(after.relationship_id)
    platform.take(before.apply(), correction, correction, before.correct_identity(after.relationship_id))
    assert platform.outcomes()[2:4] == [("DUPLICATE", None), ("REJECTED", "ALREADY_RECORDED")]
    assert len(board(platform)) == 2


def test_a_correction_names_another_number_and_a_live_case(relationship, before, after):
    assert relationship.hear(before.correct_identity(after.relationship_id)) == Waiting()
    relationship.hear_all([before.apply()])
    same = before.correct_identity(before.relationship_id)
    assert relationship.hear(same) == Rejection("INVALID_REQUEST", "new_relationship_id")
    relationship.hear_all([before.refuse()])
    assert relationship.hear(before.correct_identity(after.relationship_id)) == Rejection("CASE_CLOSED")


@given(st.integers(0, 11))
@settings(max_examples=12, deadline=None)
def test_it_may_happen_at_any_step(new_relationship, transfer_of, step):
    """Whatever the step, the transfer under the new number is the old one but for its clocks' numbers."""
    relationship, other, before = new_relationship(), new_relationship(), transfer_of(person=1)
    said = histories_of_every_state(before)[step]
    relationship.hear_all(said)
    was = msgspec.structs.replace(relationship.of(before), previous=None, last=None)
    held = relationship.accounts()
    relationship.hear(before.correct_identity(b"n" * 16))
    assert {account for account in relationship.accounts() if account != "moving"} == set()
    message = continued(relationship, before)
    assert decode(encode(message)) == message, "it travels as a released record"
    other.hear_all([message])
    now = other.of(before)
    assert [(c.start.clock, c.start.due, c.start.run) for c in now.clocks] == [
        (c.start.clock, c.start.due, c.start.run) for c in was.clocks
    ]
    blank = {"clocks": (), "clocks_started": 0, "number": 1, "began_under": b"", "annulments": 0, "mismatch": None}
    blank = {name: value for name, value in blank.items() if hasattr(now, name)}
    assert msgspec.structs.replace(now, **blank) == msgspec.structs.replace(was, **blank)
    assert {account: amount for account, amount in other.accounts().items() if account != "moving"} == held
    if step < 8:
        other.hear_all(before.whole()[step + 1 :])
        assert other.accounts() == {"origin_fund": -TOTAL, "destination_fund": TOTAL}
