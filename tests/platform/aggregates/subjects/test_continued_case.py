"""The record of a case that moves: what it may say, and what earlier releases stored."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from jinbao.platform.aggregates.continuation import as_it_stands, transfer_from_snapshot
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects import identity_correction
from jinbao.platform.store.event_log import decode_fact, encode_fact, stored_topic
from jinbao.schemas.messages import CaseContinued

TOTAL = 3_309_425
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


@pytest.fixture
def before(transfer_of):
    """The transfer under the wrong number."""
    return transfer_of(person=1)


@pytest.fixture
def after(transfer_of, before):
    """The same transfer under the right one."""
    return transfer_of(person=2, said=1_000, application=before.application, began_as=1)


def continued(relationship, transfer, **over):
    """The platform's message with the case as it stands in the relationship that it leaves."""
    case = as_it_stands(relationship.of(transfer), transfer.relationship_id)
    values = {"old_relationship_id": transfer.relationship_id, "state": b"", "case": case}
    return transfer._say(CaseContinued, "00", values, over)


@pytest.fixture
def elsewhere(relationship):
    """Another relationship, in which nothing has happened."""
    return type(relationship)(relationship.law, type(relationship.aggregate).begin(UUID(int=9), 0))


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


def histories_of_every_state(t):
    short = t.until_mismatch(TOTAL - 500, "top_up")
    lumps = [*t.until_origin_review(), t.lump_sum()]
    frozen = [*t.until_confirmation(), t.freeze()]
    returned = [*t.until_transfer(), t.return_letter(), t.receive(), t.give_back(TOTAL)]
    return [t.whole()[:n] for n in range(1, 9)] + [short, lumps, frozen, returned]


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


def test_a_history_of_the_earlier_release_in_which_a_case_moved_loads(relationship, before):
    """Then the case ended at once and travelled as the platform's own encoding of the transfer."""
    relationship.hear_all(before.until_transfer())
    snapshot = msgspec.msgpack.encode(msgspec.structs.replace(relationship.of(before), previous=None, last=None))
    about = {"occurred_at": 1, "transfer": 1}
    moved = identity_correction.IdentityCorrected(
        **about,
        then=Consequences(state=State.MOVED),
        reason="wrong_digit",
        new_relationship_id=b"n" * 16,
        snapshot=snapshot,
    )
    came = identity_correction.CaseContinued(
        **about, then=Consequences(), old_relationship_id=b"o" * 16, snapshot=snapshot
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
