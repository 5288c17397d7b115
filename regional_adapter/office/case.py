"""One case as an agency sees it: what it has written, what has come in, and what follows from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.money import NO_FEN, Fen, sum_fen
from jinbao.rules.procedures import Procedures
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import Agency

Role = Literal["destination", "origin", "document_holder", "account", "settlement", "none"]
"""The part that the agency plays. document_holder: asked for the document of an old back-payment; account: a
certificate or a temporary account of its own; none: a number under which nothing is known yet."""


Document = LocalDocument | IncomingDocument
LETTER_RECEIPTS = ("ContactLetterReceived", "ContactLetterDeemedReceived")
ABOUT_CLOCKS = ("DeadlineApproaching", "DeadlineMissed", "ClockRedated")
_NO_STEPS = frozenset({*LETTER_RECEIPTS, *ABOUT_CLOCKS, "InformationSheetReceived", "InformationSheetDeemedReceived"})
"""What programs say by themselves of a document that arrived or of time that passed."""


@dataclass(frozen=True)
class Case:
    """A case of one province; `number` is what its documents name it: its own number, or the transfer id in hex."""

    local: EmbeddedLocalSystem
    number: str
    agency: Agency | None
    procedures: Procedures
    today: date
    outgoing: Sequence[LocalDocument]
    incoming: Sequence[IncomingDocument]

    @property
    def province(self) -> str:
        """The agency's own province."""
        return self.local.province

    @cached_property
    def transfer(self) -> UUID | None:
        """The transfer id, once it is known."""
        return self.local.transfer_of(self.number)

    @property
    def transfer_hex(self) -> str:
        """The transfer id in 32 hexadecimal digits; empty before it is known."""
        return self.transfer.hex if self.transfer else ""

    @cached_property
    def application(self) -> Application | None:
        """The application at this counter."""
        return self.local.application(self.number)

    @cached_property
    def role(self) -> Role:
        """The part that this agency plays."""
        if self.application or self.written("ApplicationAccepted") or self.written("UnassignedFundsReceived"):
            return "destination"
        if self.written("TransferOffered") or self.received("ContactLetterIssued"):
            return "origin"
        if self.received("TransferOffered"):
            return "destination"
        if self.received("UnassignedFundsReceived"):
            return "origin"
        if self.received("LumpSumDocumentRequested"):
            return "document_holder"
        if self.received("SettlementStated"):
            return "settlement"
        return "account" if self.written("CertificateIssued") or self.written("TemporaryAccountOpened") else "none"

    @cached_property
    def counterpart(self) -> str | None:
        """The other province; None where there is none, or it is not known yet."""
        if self.application is not None:
            return self.application.origin
        mine: Sequence[tuple[str, str]] = (("ApplicationAccepted", "origin"), ("TransferOffered", "destination"))
        for kind, field in (*mine, ("UnassignedFundsReceived", "payer")):
            if documents := self.written(kind):
                return str(documents[-1].fields[field])
        others = [d.sender for d in self.incoming if d.sender not in ("00", self.province)]
        return others[0] if others else None

    @property
    def position(self) -> int:
        """How far the case has come here: it grows with every document, and when one of ours is refused.

        A receipt or a word about a clock is no step of the case: what a clerk decides meanwhile is not refused for it.
        """
        refused = sum(d.state is DocumentState.REJECTED for d in self.outgoing)
        return len(self.outgoing) + sum(d.kind not in _NO_STEPS for d in self.incoming) + refused

    # --- documents ---

    @cached_property
    def _taken_back(self) -> frozenset[int]:
        return frozenset(
            int(d.fields["annulled_document"]["sequence"])
            for d in self.outgoing
            if d.kind == "FactAnnulled" and d.state is not DocumentState.REJECTED
        )

    @cached_property
    def _annulled(self) -> frozenset[UUID]:
        return frozenset(UUID(d.fields["annulled_event_id"]) for d in self.incoming if d.kind == "FactAnnulled")

    def taken_back(self) -> list[tuple[str, int]]:
        """Kinds of the documents that were taken back, by either side, and when."""
        ours = [
            (str(d.fields["annulled_document"]["kind"]), d.written_at)
            for d in self.outgoing
            if d.kind == "FactAnnulled" and d.state is not DocumentState.REJECTED
        ]
        kinds = {d.event_id: d.kind for d in self.incoming}
        theirs = [
            (UUID(d.fields["annulled_event_id"]), d.arrived_at) for d in self.incoming if d.kind == "FactAnnulled"
        ]
        return ours + [(kinds[event], at) for event, at in theirs if event in kinds]

    def stands(self, document: LocalDocument) -> bool:
        """Whether a document of ours was neither refused nor taken back."""
        return document.state is not DocumentState.REJECTED and document.sequence not in self._taken_back

    def counts(self, document: IncomingDocument) -> bool:
        """Whether a document that came was not taken back since."""
        return document.event_id not in self._annulled

    def written(self, kind: str) -> list[LocalDocument]:
        """Documents of ours of a kind that were neither refused nor taken back, in order."""
        return [d for d in self.outgoing if d.kind == kind and self.stands(d)]

    def received(self, kind: str) -> list[IncomingDocument]:
        """Documents of a kind that came and were not taken back, in order."""
        return [d for d in self.incoming if d.kind == kind and self.counts(d)]

    def documents(self, kind: str) -> list[Document]:
        """Documents of a kind that stand, those that came before our own."""
        return [*self.received(kind), *self.written(kind)]

    @property
    def letter(self) -> IncomingDocument | None:
        """The newest contact letter that came, or the offer that stands for it."""
        came = self.received("ContactLetterIssued")
        return came[-1] if came else None

    @property
    def sheet(self) -> IncomingDocument | None:
        """The newest information sheet that came."""
        came = self.received("InformationSheetSent")
        return max(came, key=lambda d: int(d.fields["sheet_version"]), default=None)

    def letter_version(self) -> int:
        """Version of the newest contact letter here, written or come; 0 where there is none."""
        return max((int(d.fields["letter_version"]) for d in self.documents("ContactLetterIssued")), default=0)

    def personal(self) -> dict[str, Any]:
        """What the newest document of the case says of the person, in clear; empty where none does."""
        found: list[Document] = [*self.outgoing, *self.incoming]
        told = self.documents("IdentityCorrected") or [d for d in found if "personal" in d.fields]
        return dict(told[-1].fields["personal"]) if told else {}

    def person(self) -> Person | None:
        """The person's record here."""
        number = self.application.person if self.application else self.personal().get("number")
        return self.local.person(number) if number else None

    # --- money ---

    def parties(self) -> tuple[str, str]:
        """Origin and destination; an unknown one is this province itself."""
        other = self.counterpart or self.province
        return (other, self.province) if self.role == "destination" else (self.province, other)

    def is_paid(self) -> bool:
        """Whether a payment of its own goes with the case, by the procedure of the day on which it began."""
        first = [d.written_at for d in self.outgoing[:1]] + [d.arrived_at for d in self.incoming[:1]]
        began = self.application.accepted_on if self.application else day_of(min(first)) if first else self.today
        return self.procedures.money(*self.parties(), began) == "per_person"

    def expected(self) -> Fen:
        """What should have come: the sheet's total; nothing where no payment goes with the case."""
        sheets = self.documents("InformationSheetSent")
        newest = max(sheets, key=lambda d: int(d.fields["sheet_version"]), default=None)
        return Fen(newest.fields["total"]) if newest and self.is_paid() else NO_FEN

    def surplus(self) -> Fen:
        """Money here that is not to stay: the excess over the sheet, or all once the case is stopped."""
        is_stopped = (
            any(map(self.written, ("TransferFrozen", "TransferWithdrawn", "TransferClosed"))) or self.is_returned()
        )
        return Fen(self.kept() - (NO_FEN if is_stopped else self.expected()))

    def is_returned(self) -> bool:
        """Whether the newest letter was returned."""
        returned = max((int(d.fields["letter_version"]) for d in self.received("TransferReturned")), default=0)
        return returned > 0 and returned == self.letter_version()

    def kept(self) -> Fen:
        """Money at the destination, as this side knows it: reported as received, less what went back."""
        received = [*self.documents("FundsReceived"), *self.written("UnassignedFundsReceived")]
        return Fen(_sum(received) - _sum(self.documents("FundsReturned")))

    def announced(self) -> list[Document]:
        """Payments of the origin that are on their way: announced, neither reported as received nor bounced."""
        known = {_line(d) for kind in ("FundsReceived", "PaymentBounced") for d in self.documents(kind)}
        return [d for d in self.documents("FundsRemitted") if _line(d) not in known]

    def given_back(self) -> list[IncomingDocument]:
        """Payments that the destination has sent back and whose receipt is not reported here."""
        known = {_line(d) for d in self.written("ReturnedFundsReceived")}
        return [d for d in self.received("FundsReturned") if _line(d) not in known]


def _line(document: Document) -> tuple[Any, Any]:
    return document.fields["payment_reference"], document.fields["payment_line"]


def _sum(documents: Sequence[Document]) -> Fen:
    return sum_fen(Fen(d.fields["amount"]) for d in documents)
