"""Forms of a settlement: nothing typed, and the adapter makes the messages that the platform takes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.exchange.mapping import to_submission
from jinbao.regional_adapter.forms.settlement import counterpart_of, net_owed, settlement_paid, settlement_received
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship

DAY = date(2026, 1, 8)
REFERENCE = make_payment_reference("JS2025")


@pytest.fixture
def stated() -> IncomingDocument:
    fields = {"year": 2025, "first": "50", "second": "51", "cases": 2, "statement_version": 1}
    fields |= {"first_owes_personal": 100, "first_owes_pooling": 50}
    fields |= {"second_owes_personal": 300, "second_owes_pooling": 200}
    settlement = settlement_id("50", "51", 2025)
    return IncomingDocument(UUID(int=1), "SettlementStated", settlement, UUID(int=2), "00", "S", 0, 0, fields)


def test_each_side_reads_what_it_owes(stated: IncomingDocument) -> None:
    assert [net_owed(stated, p) for p in ("50", "51")] == [-350, 350]
    assert [counterpart_of(stated, p) for p in ("50", "51")] == ["51", "50"]


def test_payment_and_receipt_become_messages_in_the_pairs_own_stream(nation: Any, stated: IncomingDocument) -> None:
    made = (
        ("51", settlement_paid(stated, "51", 350, REFERENCE, 1, DAY)),
        ("50", settlement_received(stated, "50", 350, REFERENCE, 1, DAY)),
    )
    for province, form in made:
        relationship = settlement_relationship("50", "51")
        document = LocalDocument(
            1, form.KIND, REFERENCE, 1, stated.transfer_id.hex, "c", 0, stated.event_id, form.fields, relationship
        )
        message = to_submission(document, province, nation.ring)
        assert message.envelope.relationship_id == relationship.bytes
        assert message.envelope.transfer_id == stated.transfer_id.bytes
        assert (message.envelope.sender, message.amount) == (province, 350)
