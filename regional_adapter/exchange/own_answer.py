"""The adapter's own answer to a local document that is no valid message."""

from __future__ import annotations

from uuid import UUID

from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.exchange.identifiers import receipt_id
from jinbao.regional_adapter.exchange.mapping import CannotMapError, case_ids
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import SubmissionAnswered


def own_answer(document: LocalDocument, province: str, ring: KeyRing, error: CannotMapError) -> IncomingDocument:
    """The adapter's own rejection, in the form of the platform's, so that the clerk finds both in one place."""
    try:
        relationship, transfer = case_ids(document, province, ring)
    except CannotMapError:
        relationship = transfer = UUID(int=0)
    record = UUID(int=document.sequence)
    return IncomingDocument(
        event_id=receipt_id(province, SubmissionAnswered.NAME, record),
        kind=SubmissionAnswered.NAME,
        transfer_id=transfer,
        relationship_id=relationship,
        sender=province,
        local_document=document.key,
        occurred_at=document.written_at,
        arrived_at=document.written_at,
        fields={
            "answered_type": document.kind,
            "outcome": "rejected",
            "code": "INVALID_FIELD",
            "text_zh": f"未发送：{error.text}",
            "text_en": f"not sent: {error.text}",
            "field": error.field,
            "document": {"kind": document.kind, "key": document.key, "sequence": document.sequence},
        },
    )
