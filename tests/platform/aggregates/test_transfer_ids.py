"""A transfer belongs to its person: its id is derived from the relationship, and the platform derives it again."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.fact import Fact
from jinbao.schemas.derived_ids import transfer_id

DIFFERS = Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


def with_id(message, other):
    return msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, transfer_id=other))


def beginnings(transfer):
    """Every message that begins a transfer, and what must be said before it."""
    yield [], transfer.apply()
    yield [transfer.open_account()], transfer.offer("temporary_collection", account="LS-1")
    yield [], transfer.unknown_money()


@pytest.mark.parametrize("which", range(3))
def test_a_transfer_that_begins_under_another_id_is_rejected(new_relationship, transfer_of, which):
    relationship, transfer = new_relationship(), transfer_of()
    before, message = list(beginnings(transfer))[which]
    relationship.hear_all(before)
    whose, by, document = UUID(bytes=transfer.relationship_id), message.envelope.sender, message.envelope.local_document
    others = [
        b"t" * 16,
        transfer_id(UUID(bytes=transfer_of(person=2).relationship_id), by, document).bytes,
        transfer_id(whose, "11", document).bytes,
        transfer_id(whose, by, f"{document}1").bytes,
    ]
    for other in others:
        assert relationship.hear(with_id(message, other)) == DIFFERS
    own = transfer_id(whose, by, document).bytes
    assert isinstance(relationship.hear(with_id(message, own)), Fact)


def test_one_application_number_for_two_persons_is_two_transfers(platform, transfer_of):
    """Before, both had one id: two live cases, two payments under one reference, one sheet for both."""
    one, two = transfer_of(person=1, application="HA-7"), transfer_of(person=2, application="HA-7")
    assert one.transfer_id != two.transfer_id
    platform.take(one.apply(), two.apply(), with_id(two.apply(), one.transfer_id))
    assert sorted(platform.outcomes(), key=str) == [
        ("ACCEPTED", None),
        ("ACCEPTED", None),
        ("REJECTED", "TRANSFER_ID_DIFFERS"),
    ]
    assert {row[0] for row in platform.rows("SELECT transfer_id FROM case_board")} == {one.transfer_id, two.transfer_id}
    (answer,) = platform.inbox("41")
    assert (answer.code, answer.field) == ("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


def test_the_derivation_is_the_documented_one():
    """Whoever writes an adapter in another language must come to this."""
    whose = UUID("5f2d8b70-8d1e-5a3c-9c1e-3a1b2c3d4e5f")
    assert transfer_id(whose, "41", "2025-41-0001") == UUID("4008683e-8de5-5bd4-8cd7-7d1922e0d3bd")


def test_transfers_that_began_under_the_earlier_derivation_go_on(relationship, transfer):
    """A stored history is loaded without asking any rule again, and later messages name its transfer as before."""
    earlier = b"e" * 16
    accepted = relationship.hear(transfer.apply())
    stored = msgspec.structs.replace(accepted, transfer_id=earlier)
    again = type(relationship)(relationship.law, type(relationship.aggregate).begin(relationship.aggregate.id, 0))
    again.aggregate.take(stored, b"s" * 16, 0)
    assert isinstance(again.hear(with_id(transfer.letter(), earlier)), Fact)
