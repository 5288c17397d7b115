"""Receipts of letter and sheet: reported by the reader, or deemed received when no receipt comes in time."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from jinbao.platform.aggregates.decision import NOT_YET, WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact, reported_by_nobody
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_both, to_destination, to_origin
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.stream_kind import Upcast
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m

_LETTER_RECEIVED = Effect(state=State.ORIGIN_REVIEW, milestones=(Milestone.letter_received,))
_SHEET_MAY_COME = {State.TRANSFER, State.CONFIRMATION, State.MISMATCH, State.FROZEN}


class ContactLetterReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The origin has the letter."""

    TOPIC: ClassVar[str] = "contact-letter-received"
    letter_version: int
    day: date | None = None
    """The day on which it was received, as clocks count it."""

    def assign(self, transfer: Transfer) -> None:
        """The letter is received."""
        transfer.letter_received = True
        transfer.letter_received_on = self.day


class ContactLetterDeemedReceived(ContactLetterReceived, frozen=True, gc=False, kw_only=True):
    """The letter counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "contact-letter-deemed-received"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (reported_by_nobody,)


class InformationSheetReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The destination has the sheet."""

    TOPIC: ClassVar[str] = "information-sheet-received"
    sheet_version: int

    def assign(self, transfer: Transfer) -> None:
        """The sheet is received."""
        transfer.sheet_received = True


class InformationSheetDeemedReceived(InformationSheetReceived, frozen=True, gc=False, kw_only=True):
    """The sheet counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "information-sheet-deemed-received"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (reported_by_nobody,)


def _receive_contact_letter(t: Transfer, message: m.ContactLetterReceived, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    return ContactLetterReceived(**base_of(t, message), letter_version=message.letter_version, day=day_of(at))


def _deem_contact_letter(t: Transfer, message: m.ContactLetterDeemedReceived, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if message.envelope.occurred_at > at:
        return NOT_YET  # said by a clock ahead of the bus's
    return ContactLetterDeemedReceived(**base_of(t, message), letter_version=message.letter_version, day=day_of(at))


def _receive_information_sheet(t: Transfer, message: m.InformationSheetReceived, at: int) -> Draft:
    if message.sheet_version > t.sheet_version:
        return WAIT
    return InformationSheetReceived(**base_of(t, message), sheet_version=message.sheet_version)


def _deem_information_sheet(t: Transfer, message: m.InformationSheetDeemedReceived, at: int) -> Draft:
    if message.sheet_version > t.sheet_version:
        return Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if message.envelope.occurred_at > at:
        return NOT_YET
    return InformationSheetDeemedReceived(**base_of(t, message), sheet_version=message.sheet_version)


def _letter_received_before(t: Transfer, message: Any) -> bool:
    return t.knows_letter(message.letter_version, t.letter_received)


def _sheet_received_before(t: Transfer, message: Any) -> bool:
    return t.knows_sheet(message.sheet_version, t.sheet_received)


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.ContactLetterReceived,
        role="origin",
        accept={State.LETTER_ISSUED},
        wait={State.APPLICATION_REVIEW, State.RETURNED},
        recorded_before=_letter_received_before,
        decide=_receive_contact_letter,
        fact=ContactLetterReceived,
        ordinary=True,
        effect=_LETTER_RECEIVED,
        readers=to_destination,
    ),
    MessageRule(
        message=m.ContactLetterDeemedReceived,
        role="platform",
        accept={State.LETTER_ISSUED},
        recorded_before=_letter_received_before,
        decide=_deem_contact_letter,
        fact=ContactLetterDeemedReceived,
        effect=_LETTER_RECEIVED,
        readers=to_both,
    ),
    MessageRule(
        message=m.InformationSheetReceived,
        role="destination",
        accept=_SHEET_MAY_COME,
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.RETURNED},
        recorded_before=_sheet_received_before,
        decide=_receive_information_sheet,
        fact=InformationSheetReceived,
        ordinary=True,
        has_object=lambda t: t.split is not None and not t.sheet_received,
        effect=Effect(arrives=True),
        readers=to_origin,
    ),
    MessageRule(
        message=m.InformationSheetDeemedReceived,
        role="platform",
        accept=_SHEET_MAY_COME,
        recorded_before=_sheet_received_before,
        decide=_deem_information_sheet,
        fact=InformationSheetDeemedReceived,
        effect=Effect(arrives=True),
        readers=to_both,
    ),
)
