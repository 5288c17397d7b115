"""A synthetic transfer about which the messages of `example_messages.py` are told one after the other.

docs/states.md is computed from it, see `state_table.py`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from jinbao.platform.aggregates.catalogue import TRANSFER_RULES
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.example_fields import example_id
from jinbao.platform.example_messages import AT, CANONICAL, DESTINATION, ORIGIN
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

ABOUT_THE_PERSON = (
    m.CertificateIssued,
    m.TemporaryAccountOpened,
    m.ContributionsRecorded,
    m.TemporaryAccountSealed,
)


class ExampleCase:
    """A relationship in which messages are told one after the other; all but the last must be taken."""

    def __init__(self, law: Law, person: str = "") -> None:
        """`person`: whose case it is, where several are told."""
        self.law = law
        self.person = person
        self.relationship = PensionRelationship.begin(UUID(bytes=example_id(f"relationship{person}")), AT)
        self.current = self.derived(DESTINATION, "A-1")
        """Id of the transfer that is spoken about."""
        self.told: list[m.Submission] = []
        """What was told and taken, in order."""
        self._said = 0

    @property
    def transfer(self) -> Transfer:
        """The transfer that is spoken about; a blank one before it begins."""
        known = self.relationship.transfer(self.current)
        return known or Transfer(1, self.current, ORIGIN, DESTINATION, "A-1")

    def derived(self, province: str, document: str) -> bytes:
        """Id of the transfer that the province begins by that document."""
        return transfer_id(self.relationship.id, province, document).bytes

    def new_document(self, prefix: str) -> str:
        """Number of a document that has begun nothing yet."""
        return f"{prefix}-{len(self.relationship.transfers) + 1}"

    def decide(self, message: m.Submission, at: int = AT) -> Any:
        """What the message would mean now."""
        return self.relationship.decide(message, at, self.law)

    def tell(self, row: str, **changes: Any) -> Fact:
        """Say the canonical message of a row, with other values where given, and record what it means."""
        message = msgspec.structs.replace(self.say(row), **changes)
        fact = self.decide(message, at_of(message))
        assert isinstance(fact, Fact), f"{row}: {fact}"
        self.relationship.advance(fact, message.envelope.event_id, AT)
        self.told.append(message)
        if row.startswith(BEGINNING):
            self.current = message.envelope.transfer_id
        return fact

    def say(self, row: str) -> m.Submission:
        """The canonical message of a row of the table."""
        kind, values, sender, document = CANONICAL[row](self)
        self._said += 1
        sender = sender or self._rightful(kind)
        transfer = self.current if document is None else document
        if isinstance(transfer, str):
            transfer = self.derived(sender, transfer)
        envelope = m.Envelope(
            event_id=example_id(f"message {self._said}{self.person}"),
            relationship_id=self.relationship.id.bytes,
            transfer_id=m.NO_TRANSFER if kind in ABOUT_THE_PERSON else transfer,
            sender=sender,
            operator="clerk-1",
            local_document=document if isinstance(document, str) else "A-1",
            occurred_at=AT,
        )
        return kind(envelope=envelope, **values)

    def _rightful(self, kind: type[m.Submission]) -> str:
        role = TRANSFER_RULES[kind].role
        t = self.transfer
        return {"destination": t.destination, "party": t.destination, "platform": m.PLATFORM}.get(role, t.origin)


BEGINNING = ("ApplicationAccepted", "TransferOffered", "UnassignedFundsReceived", "CaseContinued")
"""Messages with which a transfer begins."""


def at_of(message: m.Submission) -> int:
    """When the canonical message comes: a miss can only be said after its day."""
    return end_of_day(message.due) if isinstance(message, m.DeadlineMissed) else AT
