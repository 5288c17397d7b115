"""What the platform says to itself when a case moves to the relationship of the right number.

Three messages, each with an id derived from the one that it follows from, so that whoever says it again says the same:
the case to its new relationship, and to the old one that it was taken, or why it could not be.
"""

from __future__ import annotations

from jinbao.platform.aggregates.continuation import as_it_stands
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued, IdentityCorrected
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.outbox.rejection import derived_id
from jinbao.schemas import messages as m

_NOT_A_REFUSAL = ("ALREADY_RECORDED", "ID_REUSED")
"""Rejections that say nothing against the case: it was taken before."""


def case_continued(correction: m.Envelope, fact: IdentityCorrected, transfer: Transfer) -> m.CaseContinued:
    """The case, to the relationship of the right number; `transfer` is as it waits in the old one."""
    return m.CaseContinued(
        envelope=_envelope(correction, "continued", fact.new_relationship),
        old_relationship_id=correction.relationship_id,
        state=b"",
        case=as_it_stands(transfer, correction.relationship_id),
    )


def continuation_confirmed(continued: m.Envelope, fact: CaseContinued) -> m.ContinuationConfirmed:
    """To the old relationship: the case was taken."""
    envelope = _envelope(continued, "continuation confirmed", fact.old_relationship)
    return m.ContinuationConfirmed(envelope=envelope, new_relationship_id=continued.relationship_id)


def continuation_refused(message: m.Submission, code: str, field: str | None) -> m.ContinuationRefused | None:
    """To the old relationship: the case could not be taken; None where `message` brought none, or brought it before."""
    if not isinstance(message, m.CaseContinued) or message.envelope.sender != m.PLATFORM or code in _NOT_A_REFUSAL:
        return None
    return m.ContinuationRefused(
        envelope=_envelope(message.envelope, "continuation refused", message.old_relationship_id),
        new_relationship_id=message.envelope.relationship_id,
        code=code,
        field=field,
    )


def _envelope(cause: m.Envelope, what: str, relationship: bytes) -> m.Envelope:
    return m.Envelope(
        event_id=derived_id(what, cause.sender, cause.event_id.hex(), relationship.hex()),
        relationship_id=relationship,
        transfer_id=cause.transfer_id,
        sender=m.PLATFORM,
        operator="platform",
        local_document=cause.local_document,
        occurred_at=cause.occurred_at,
        causation_id=cause.event_id,
    )
