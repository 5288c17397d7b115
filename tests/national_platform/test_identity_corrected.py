"""A number that was wrong: the streams are linked, and the case goes on under the right one, with clocks and money."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from jinbao.platform.aggregates.continuation import as_it_stands, transfer_from_snapshot
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects import identity_correction
from jinbao.platform.projections.runner import read_log
from jinbao.platform.queries import case_of
from jinbao.platform.store.mapper import decode_fact, encode_fact, stored_topic
from jinbao.platform.whole_case import whole_case
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.messages import CaseContinued, ContinuationRefused

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
        facts = [entry.fact for entry in read_log(work, 0, 100)]
    moved, continued = facts[1], facts[2]
    assert (moved.TOPIC, moved.new_relationship) == ("identity-corrected", after.relationship_id)
    assert (continued.TOPIC, continued.old_relationship) == ("case-continued", before.relationship_id)
    assert continued.transfer_id == before.transfer_id == after.transfer_id
    confirmed = facts[3]
    assert (confirmed.TOPIC, confirmed.new_relationship) == ("continuation-confirmed", after.relationship_id)


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


def continued(relationship, transfer, **over):
    """The platform's message with the case as it stands in the relationship that it leaves."""
    case = as_it_stands(relationship.of(transfer), transfer.relationship_id)
    values = {"old_relationship_id": transfer.relationship_id, "state": b"", "case": case}
    return transfer._say(CaseContinued, "00", values, over)


@pytest.fixture
def elsewhere(relationship):
    """Another relationship, in which nothing has happened."""
    return type(relationship)(relationship.law, type(relationship.aggregate).begin(UUID(int=9), 0))


def test_nobody_but_the_platform_continues_a_case(relationship, before, after, elsewhere):
    relationship.hear_all([before.apply(), before.correct_identity(after.relationship_id)])
    said = continued(relationship, before)
    forged = continued(relationship, before, sender="41")
    assert elsewhere.hear(forged) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    elsewhere.hear_all([said])
    assert elsewhere.hear(said) == Rejection("ALREADY_RECORDED")


def test_the_first_versions_private_state_is_no_case(relationship, before, after, elsewhere):
    relationship.hear_all([before.apply(), before.correct_identity(after.relationship_id)])
    for state in (b"\x90", msgspec.msgpack.encode(relationship.of(before))):
        said = msgspec.structs.replace(continued(relationship, before), state=state, case=None)
        assert elsewhere.hear(said) == Rejection("INVALID_REQUEST", "case")


def test_a_case_of_another_derivation_is_not_taken(relationship, before, after, elsewhere):
    relationship.hear_all([before.apply(), before.correct_identity(after.relationship_id)])
    said = continued(relationship, before)
    other = msgspec.structs.replace(said, case=msgspec.structs.replace(said.case, began_under=b"o" * 16))
    assert elsewhere.hear(other) == Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


WRONG = {
    "kind": "unassigned",
    "origin": "41",
    "destination": "99",
    "state": "moved",
    "money": "by_post",
    "letter_version": 0,
    "sheet_version": 0,
    "return_reason": None,
    "individual_total": None,
    "pooling_total": None,
    "mismatch": None,
    "frozen": "death",
    "frozen_by": "32",
    "arrears": "perhaps",
    "runs": [],
    "informed": ["person:X"] * 1_001,
    "covers": [1] * 33,
}
WRONG_PARTS = {
    "payments": {"payment_reference": "RF00X", "announced": False, "bounced": True, "returned_line": 3},
    "lump_sums": {"number": 7, "paid_in": "99", "document_kind": "rumour"},
    "clocks": {"run": 9, "responsible": "32", "procedure": "none", "procedure_version": 77, "clock": "none"},
}


def spoilt(draw, case):
    """A record of the released schema in which a field, or a field of a part, says something else."""
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(WRONG)))
        return msgspec.structs.replace(case, **{name: WRONG[name]})
    name = draw(st.sampled_from(sorted(WRONG_PARTS)))
    parts = list(getattr(case, name))
    if not parts:
        return case
    field = draw(st.sampled_from(sorted(WRONG_PARTS[name])))
    parts[0] = msgspec.structs.replace(parts[0], **{field: WRONG_PARTS[name][field]})
    return msgspec.structs.replace(case, **{name: parts * draw(st.sampled_from((1, 1, 2)))})


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_case_that_contradicts_itself_is_refused_and_never_an_assertion(new_relationship, transfer_of, data):
    relationship, elsewhere, before = new_relationship(), new_relationship(), transfer_of(person=2)
    relationship.aggregate = type(relationship.aggregate).begin(UUID(bytes=before.relationship_id), 0)
    said = data.draw(st.sampled_from(histories_of_every_state(before)))
    relationship.hear_all(said)
    message = continued(relationship, before)
    case = spoilt(data.draw, message.case)
    decision = elsewhere.hear(msgspec.structs.replace(message, case=case))
    assert isinstance(decision, (Fact, Rejection))
    if isinstance(decision, Fact):
        for later in [*before.whole(), before.freeze(), before.close(), before.mismatch(1), before.give_back(1)]:
            elsewhere.hear(later)


def histories_of_every_state(t):
    short = t.until_mismatch(TOTAL - 500, "top_up")
    lumps = [*t.until_origin_review(), t.lump_sum()]
    frozen = [*t.until_confirmation(), t.freeze()]
    returned = [*t.until_transfer(), t.return_letter(), t.receive(), t.give_back(TOTAL)]
    return [t.whole()[:n] for n in range(1, 9)] + [short, lumps, frozen, returned]


# --- it cannot be taken ---


@pytest.fixture
def taken(transfer_of):
    """A transfer from the same origin, live under the right number."""
    return transfer_of(person=2, application="HA-TAKEN", said=2_000)


def row_of(platform, transfer):
    sql = (
        "SELECT state, waiting_for, due, letter_version, sheet_version, awaiting FROM case_board b JOIN streams s "
        "ON s.stream = b.case_id >> 12 WHERE b.transfer_id = ? AND s.relationship_id = ?"
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


def test_a_history_of_the_earlier_release_in_which_a_case_moved_loads(relationship, before):
    """Then the case ended at once and travelled as the platform's own encoding of the transfer."""
    relationship.hear_all(before.until_transfer())
    snapshot = msgspec.msgpack.encode(msgspec.structs.replace(relationship.of(before), previous=None, last=None))
    about = {"occurred_at": 1, "transfer": 1}
    moved = identity_correction.IdentityCorrected(
        **about,
        then=Consequences(state=State.MOVED),
        reason="wrong_digit",
        new_relationship=b"n" * 16,
        snapshot=snapshot,
    )
    came = identity_correction.CaseContinued(
        **about, then=Consequences(), old_relationship=b"o" * 16, snapshot=snapshot
    )
    relationship.aggregate.take(decode_fact(stored_topic(moved), encode_fact(moved)), b"", 0)
    other = type(relationship.aggregate).begin(UUID(int=9), 0)
    other.take(decode_fact(stored_topic(came), encode_fact(came)), b"", 0)
    assert relationship.of(before).state is State.MOVED
    assert (other.transfers[0].state, other.transfers[0].letter_version) == (State.TRANSFER, 1)


def test_a_case_in_mismatch_of_the_earlier_release_comes_with_its_mismatch(relationship, before):
    """That release kept the fact that reported it, as an array."""
    relationship.hear_all(before.until_mismatch(TOTAL - 500, "top_up"))
    kept = relationship.of(before).mismatch
    fields = msgspec.to_builtins(msgspec.structs.replace(relationship.of(before), previous=None, last=None))
    fields["transfer_id"] = before.transfer_id
    fields["mismatch"] = [1, kept.occurred_at, [], kept.sheet_version, kept.expected, kept.received, kept.request]
    came = transfer_from_snapshot(msgspec.msgpack.encode(fields), 3)
    assert (came.number, came.state, came.mismatch) == (3, State.MISMATCH, kept)


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


def test_a_case_that_came_back_is_read_whole_once(platform, before, after, at):
    platform.take(*before.until_transfer(), before.sheet(), before.remit(), now=at("2025-03-03"))
    platform.take(before.correct_identity(after.relationship_id), now=at("2025-03-05"))
    platform.take(after.correct_identity(before.relationship_id), now=at("2025-03-06"))
    with platform.store.read() as work:
        row = case_of(work, UUID(bytes=before.transfer_id))
        whole = whole_case(work, row)
        positions = [entry.position for entry in read_log(work, 0, 100) if entry.fact.transfer]
    wrong, right = UUID(bytes=before.relationship_id), UUID(bytes=after.relationship_id)
    assert whole.relationships == [wrong, right, wrong]
    assert [step.position for step in whole.steps] == positions
    assert row.state == "transfer"
    assert [(clock.clock, clock.outcome) for clock in whole.clocks] == [
        ("application_review", "met"),
        ("origin_transfer", "met"),
    ]
    assert sum(p.personal + p.pooling + p.unallocated for s in whole.steps for p in s.fact.then.postings) == 0
    on_the_way = [p for s in whole.steps for p in s.fact.then.postings if p.account == "in_transit"]
    assert sum(p.personal + p.pooling + p.unallocated for p in on_the_way) == TOTAL
    assert whole.first_missing is None
