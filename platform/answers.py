"""The platform's answers to submissions that it does not take: code, text in both languages, field.

What cannot be read also goes to the topic of dead letters, as it came, with headers that say why and whence.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from jinbao.bus.interface import BusRecord, Headers
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import MAX_BYTES, Undecodable

_ANSWERS = UUID("6c1f0f8e-54a5-5b0c-9a53-5d1f6a1f2b10")
_NO_ID = bytes(16)


def derived_id(*parts: str) -> bytes:
    """A message id of the platform that the same parts always give again."""
    return uuid5(_ANSWERS, "|".join(parts)).bytes


def answer(envelope: m.Envelope, kind: str, code: str, field: str | None, received_at: int) -> m.SubmissionAnswered:
    """The answer to a rejected submission; the same submission and code give the same answer."""
    reason = REASON_CODES[code]
    return m.SubmissionAnswered(
        envelope=m.Envelope(
            event_id=derived_id("answer", envelope.sender, envelope.event_id.hex(), code),
            relationship_id=envelope.relationship_id,
            transfer_id=envelope.transfer_id,
            sender=m.PLATFORM,
            operator="platform",
            local_document=envelope.local_document,
            occurred_at=received_at,
            causation_id=envelope.event_id,
        ),
        answered_type=kind,
        outcome="rejected",
        code=code,
        text_zh=f"{reason.text_zh} {reason.next_step_zh}",
        text_en=f"{reason.text_en} {reason.next_step_en}",
        field=field,
    )


def dead_letter(record: BusRecord, trouble: Undecodable, received_at: int) -> tuple[Headers, bytes]:
    """Headers and value of a record for the topic of dead letters.

    Code, field at fault, place on the bus, and when the bus took it (microseconds since 1970 UTC) come before the
    sender's own headers. A value longer than any message may be is left out, and its length told: the intake has it.
    """
    why = (
        ("jinbao-dead-letter-code", trouble.code.encode()),
        ("jinbao-dead-letter-field", (trouble.field or "").encode()),
        ("jinbao-dead-letter-from", f"{record.topic}/{record.partition}/{record.offset}".encode()),
        ("jinbao-dead-letter-received-at", str(received_at).encode()),
    )
    if len(record.value) <= MAX_BYTES:
        return (*why, *record.headers), record.value
    return (*why, ("jinbao-dead-letter-omitted-bytes", str(len(record.value)).encode()), *record.headers), b""


def dead_letter_answer(
    headers: dict[str, bytes], digest: str, code: str, field: str | None, at: int
) -> m.SubmissionAnswered:
    """The answer to bytes that could not be read, as far as their headers tell whose they were."""
    reason = REASON_CODES[code]
    subject = headers.get("ce_id", b"").decode("ascii", "replace")
    kind = headers.get("ce_type", b"").decode("ascii", "replace")
    try:
        caused_by: bytes | None = UUID(subject).bytes
    except ValueError:
        caused_by = None
    return m.SubmissionAnswered(
        envelope=m.Envelope(
            event_id=derived_id("dead-letter", digest, code),
            relationship_id=_NO_ID,
            transfer_id=_NO_ID,
            sender=m.PLATFORM,
            operator="platform",
            local_document="-",
            occurred_at=at,
            causation_id=caused_by,
        ),
        answered_type="".join(c for c in kind if c.isprintable())[:200] or "-",
        outcome="dead_letter",
        code=code,
        text_zh=f"{reason.text_zh} {reason.next_step_zh}",
        text_en=f"{reason.text_en} {reason.next_step_en}",
        field=field,
    )
