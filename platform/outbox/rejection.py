"""The platform's answers to submissions that it does not take: code, text in both languages, field.

What cannot be read also goes to the topic of dead letters, as it came, with headers that say why and whence.
"""

from __future__ import annotations

from typing import Literal

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import Headers
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import MAX_BYTES
from jinbao.schemas.derived_ids import platform_event_id

Refusal = Literal["rejected", "dead_letter"]


def answer(
    envelope: m.StreamEnvelope, kind: str, code: str, field: str | None, received_at: int, outcome: Refusal = "rejected"
) -> m.SubmissionAnswered:
    """The answer to a submission that was not taken; the same submission and code give the same answer."""
    reason = REASON_CODES[code]
    return m.SubmissionAnswered(
        envelope=m.Envelope(
            event_id=platform_event_id("answer", envelope.sender, envelope.event_id.hex(), code),
            relationship_id=envelope.key,
            transfer_id=envelope.subject,
            sender=m.PLATFORM,
            operator="platform",
            local_document=envelope.local_document,
            occurred_at=received_at,
            causation_id=envelope.event_id,
        ),
        answered_type=kind,
        outcome=outcome,
        code=code,
        text_zh=f"{reason.text_zh} {reason.next_step_zh}",
        text_en=f"{reason.text_en} {reason.next_step_en}",
        field=field,
    )


def dead_letter(record: BusRecord, code: str, field: str | None, received_at: int) -> tuple[Headers, bytes]:
    """Headers and value of a record for the topic of dead letters.

    Code, field at fault, place on the bus, and when the bus took it (microseconds since 1970 UTC) come before the
    sender's own headers. A value longer than any message may be is left out, and its length told: the intake has it.
    """
    why = (
        ("jinbao-dead-letter-code", code.encode()),
        ("jinbao-dead-letter-field", (field or "").encode()),
        ("jinbao-dead-letter-from", f"{record.topic}/{record.partition}/{record.offset}".encode()),
        ("jinbao-dead-letter-received-at", str(received_at).encode()),
    )
    if len(record.value) <= MAX_BYTES:
        return (*why, *record.headers), record.value
    return (*why, ("jinbao-dead-letter-omitted-bytes", str(len(record.value)).encode()), *record.headers), b""
