"""The platform's answers to submissions that it does not take: code, text in both languages, field."""

from __future__ import annotations

from uuid import UUID, uuid5

from jinbao.rules.reason_codes import REASON_CODES
from jinbao.schemas import messages as m

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
