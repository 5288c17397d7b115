"""What one office holds on one transfer: its own documents, what came in, its bank's postings. Derived, never stored.

The file is rebuilt from the province's local system and its bank's statement whenever a run is opened again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.notices import DEATH
from jinbao.rules.working_days import day_of
from jinbao.simulator.banks import BookEntry
from jinbao.simulator.scenario.plan import Plan

_FROZEN = "TransferFrozen"


class Part(StrEnum):
    """The part that an office plays in a transfer."""

    DESTINATION = "destination"
    ORIGIN = "origin"
    SECOND = "second"
    """An application that must be refused by the platform, since another transfer is live."""
    STRANGER = "stranger"
    """No party to the case, but says something about it."""
    DOCUMENT_HOLDER = "document_holder"
    """The agency where a lump sum was paid: it has the document."""
    CERTIFICATE = "certificate"
    """The origin before the application: what it certifies."""
    ACCOUNT = "account"
    """A temporary account kept here."""
    OFFERING = "offering"
    """The side where the money of an offered transfer lies."""
    TAKING = "taking"
    """The side that an offered transfer goes to."""
    HOLDING = "holding"
    """Money held here that names no known case."""
    PAYER = "payer"
    """Whoever paid such money."""


class Task(NamedTuple):
    """The next thing to be done in a case, and the day on which it is done at the earliest."""

    day: date
    act: Callable[[date], None]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days on which the origin acts on one letter."""

    review: date
    sheet: date
    order: date
    """The bank gets the payment order."""
    notice: date
    """The destination is told of it."""
    returned: date
    figured: date
    """Sheet and payment are reckoned as of this day: the order's, as it was planned before it had to wait."""


@dataclass(slots=True)
class CaseFile:
    """One office's file on one transfer."""

    plan: Plan
    part: Part
    transfer: UUID
    case: str
    """The application's number here, or the transfer id in hexadecimal where the application was made elsewhere."""
    relationship: UUID | None = None
    """Given only where nothing ever came in about the transfer: for a stranger to it."""
    written: dict[str, list[LocalDocument]] = field(default_factory=dict)
    came: dict[str, list[IncomingDocument]] = field(default_factory=dict)
    bank: list[BookEntry] = field(default_factory=list)
    person: str | None = None
    """Number of the person, where the file is about no transfer."""
    first: CaseFile | None = None
    """The file here that this one follows from."""
    holding: CaseFile | None = None
    """Money of this case that came under another name."""
    due: date | None = None
    """The day under which the office has entered it."""
    task: Task | None = None
    """What comes next: the clerk is asked again only when something has come in or was done, here or next to it."""
    decided_on: date | None = None
    """The day on which the destination decides on the application, once somebody has asked."""
    schedules: dict[int, Schedule] = field(default_factory=dict)
    """Of each letter by its version, once somebody has asked."""

    def wrote(self, kind: str) -> LocalDocument | None:
        """The latest document of that kind written here."""
        documents = self.written.get(kind)
        return documents[-1] if documents else None

    def all_written(self) -> list[LocalDocument]:
        """The documents written here, in order."""
        return sorted((d for documents in self.written.values() for d in documents), key=lambda d: d.sequence)

    def all_came(self) -> list[IncomingDocument]:
        """The documents that came in, in order."""
        return sorted((d for documents in self.came.values() for d in documents), key=lambda d: d.position)

    def add(self, document: LocalDocument) -> None:
        """Put a document that was written here into the file."""
        self.written.setdefault(document.kind, []).append(_under_its_payment(document))

    def decide(self, decided: LocalDocument) -> None:
        """Put a document's outcome into the file."""
        decided = _under_its_payment(decided)
        documents = self.written.get(decided.kind, [])
        for place, document in enumerate(documents):
            if document.sequence == decided.sequence:
                documents[place] = decided

    @property
    def is_waiting(self) -> bool:
        """Whether the outcome of a document written here is still to come."""
        return any(document.is_open for documents in self.written.values() for document in documents)

    def day_wrote(self, kind: str) -> date | None:
        """The day on which the latest document of that kind was written."""
        document = self.wrote(kind)
        return day_of(document.written_at) if document else None

    def got(self, kind: str) -> IncomingDocument | None:
        """The latest document of that kind that came in."""
        documents = self.came.get(kind)
        return documents[-1] if documents else None

    def answered(self, kind: str, code: str) -> IncomingDocument | None:
        """The latest answer that rejected a document of that kind with that code."""
        answers = self.came.get("SubmissionAnswered", ())
        fitting = [a for a in answers if a.fields["answered_type"] == kind and a.fields["code"] == code]
        return fitting[-1] if fitting else None

    def letter_number(self, version: int) -> IncomingDocument | None:
        """The letter of that version that came in."""
        for letter in self.came.get("ContactLetterIssued", ()):
            if letter.fields["letter_version"] == version:
                return letter
        return None

    def credits(self) -> list[BookEntry]:
        """Money that others paid to this province for the transfer, in the order of the bank's book."""
        own = {(entry.reference, entry.line) for entry in self.bank if entry.amount < 0}
        return [e for e in self.bank if e.amount > 0 and (e.reference, e.line) not in own]

    def bounces(self) -> list[BookEntry]:
        """Money that this province paid and the bank gave back."""
        own = {(entry.reference, entry.line) for entry in self.bank if entry.amount < 0}
        return [e for e in self.bank if e.amount > 0 and (e.reference, e.line) in own]

    def letter(self) -> IncomingDocument | None:
        """The newest contact letter that came in."""
        letters = self.came.get("ContactLetterIssued", ())
        return max(letters, key=lambda document: int(document.fields["letter_version"]), default=None)

    @property
    def has_died(self) -> bool:
        """Whether the person has died, by what this office knows."""
        return any(f is not None and f.fields["cause"] == DEATH for f in (self.wrote(_FROZEN), self.got(_FROZEN)))

    @property
    def is_frozen(self) -> bool:
        """Whether something happened to the person, by what this office knows."""
        return self.wrote(_FROZEN) is not None or self.got(_FROZEN) is not None


def came_on(document: IncomingDocument) -> date:
    """The day on which a document came in."""
    return day_of(document.arrived_at)


def wrote_on(document: LocalDocument) -> date:
    """The day on which a document was written."""
    return day_of(document.written_at)


def unassigned_to(province: str, reference: str) -> str:
    """What stands for a person where nobody knows whose money came."""
    return f"unassigned|{province}|{reference}"


def stood_on(document: LocalDocument) -> date | None:
    """The day on which the platform accepted a document; None while it does not stand."""
    return day_of(document.decided_at) if document.stands and document.decided_at is not None else None


def _under_its_payment(document: LocalDocument) -> LocalDocument:
    """A report of money that came by a bank slip's file bears that file's number; here all are known by the payment."""
    if document.kind != "FundsReceived" or "/" in document.key:
        return document
    return replace(document, key=payment_key(document.fields["payment_reference"], document.fields["payment_line"]))


def payment_key(reference: str, line: int) -> str:
    """The local record's key of a payment line."""
    return f"{reference}/{line}"
