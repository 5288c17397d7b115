"""Interface of a province's own system to its adapter: its outgoing documents, and a place to put what came back.

A province's real system is reached through an implementation of `LocalSystem`; `embedded_local_system` is the small one
that ships (SQLite under DIR/local/) and that the simulated nation and the file import use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from jinbao.regional_adapter.local.bank_book import BankBook
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of one local document."""

    sequence: int
    state: DocumentState
    at: int
    """Microseconds since 1970 UTC: when that was said."""
    code: str | None = None
    """Why it waits or was not taken."""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class LocalDocument:
    """One record that an agency has written in its own system and that concerns another province."""

    sequence: int
    """Position in the local system's own order; the adapter's cursor."""
    kind: str
    """The message type it becomes, e.g. `ContactLetterIssued`."""
    key: str
    """The local record's own number, e.g. the letter's; becomes the message's `local_document`."""
    attempt: int
    """1, and one more for each time the same record is sent again on purpose."""
    case: str
    """The destination's application number, the number of what else began here (an offer, a certificate, a temporary
    account, money that nobody knows), or for others the transfer id (hex) of the message that they answer."""
    operator: str
    written_at: int
    """Microseconds since 1970 UTC: when the clerk wrote it; becomes `occurred_at`."""
    answers: UUID | None
    """Event id of the incoming message that it answers."""
    fields: Mapping[str, Any]
    """Business fields by the message's names, personal ones in clear under `personal`."""
    relationship: UUID | None = None
    """Relationship id of the newest message of the case that came in (then `case` is a transfer id, unless `person` is
    given), or None where `person` decides."""
    person: str | None = None
    """Where the case began here: the number of the person it is about, or what stands for one (money that nobody
    knows); never leaves the adapter in clear."""
    scheme: str = ENTERPRISE_EMPLOYEES
    """AAE140 code of the insurance."""
    corrected: str | None = None
    """The right identity number, after this province corrected it: the case goes on under its relationship."""
    state: DocumentState = DocumentState.WRITTEN
    code: str | None = None
    """Why it waits or was not taken."""
    field: str | None = None
    """Path of the field at fault, where there is one."""
    decided_at: int | None = None
    """Microseconds since 1970 UTC: when the platform said so; None before it has answered."""
    transfer: UUID | None = None
    """Id of the transfer that began here under `case`, once the adapter has told it."""
    follows: int | None = None
    """Sequence of the annulment that must be accepted before this one goes out; None where nothing is waited for."""
    is_dealt_with: bool = False
    """What follows outside from it was done; of one that was refused: a clerk has let it rest."""

    @property
    def stands(self) -> bool:
        """Whether the platform has accepted it."""
        return self.state is DocumentState.ACCEPTED

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come: not sent, not answered, or waiting at the platform."""
        return self.state < DocumentState.REJECTED


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """One message from the bus, opened and ready to be written into the province's own system."""

    event_id: UUID
    kind: str
    transfer_id: UUID
    relationship_id: UUID
    sender: str
    local_document: str
    occurred_at: int
    arrived_at: int
    """Microseconds since 1970 UTC: when the bus took it."""
    fields: Mapping[str, Any]
    """Business fields by the message's names, days as ISO text, personal ones in clear under `personal`."""
    answers: UUID | None = None
    """Event id of the message that it answers."""
    position: int = 0
    """Place in the local system's own order of arrival, from 1; 0 before the local system has taken it."""


class LocalSystem(Protocol):
    """A province's own system as its adapter sees it."""

    province: str

    @property
    def bank(self) -> BankBook:
        """Its bank accounts and their statements."""

    def outgoing(self, after: int, limit: int) -> Sequence[LocalDocument]:
        """Documents with a sequence above `after`, in order, at most `limit`; those that follow an annulment too."""

    def freed(self) -> Sequence[LocalDocument]:
        """Documents that follow an annulment which is accepted now, in order, until they are `taken`."""

    def taken(self, sequences: Sequence[int]) -> None:
        """The adapter has these documents that were freed."""

    def begun(self, transfers: Mapping[str, UUID]) -> None:
        """Take the ids of transfers that began here, by the number of their case; told again, nothing changes."""

    def deliver(self, documents: Sequence[IncomingDocument]) -> None:
        """Take incoming messages, all or none; one that is already there (same event id) changes nothing.

        Raises OSError where the system cannot be reached now; anything else counts as a fault of a message in question,
        which is set aside.
        """

    def note(self, outcomes: Sequence[DocumentOutcome]) -> None:
        """Keep what became of documents, all or none; a state that is not higher than the present changes nothing."""
