"""Lump-sum back-payments (一次性缴费): found, documented, or told the person as staying behind.

A message that names no back-payment means the only one that it can mean (of the place, of the sender); a notice that
names none is about all of them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from jinbao.platform import limits
from jinbao.platform.aggregates import lump_sums
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection, not_found
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.lump_sums import LumpSum, LumpSums
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS, document_suffices
from jinbao.rules.money import Fen
from jinbao.rules.procedures import Milestone
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


class LumpSumFound(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found a lump-sum back-payment."""

    TOPIC: ClassVar[str] = "lump-sum-found"
    months: int
    amount: Fen
    paid_on: date
    paid_in: str
    lump_sum_number: int = 1
    """Counted from 1 within its transfer."""

    def assign(self, transfer: Transfer) -> None:
        """Without a document those years stay behind."""
        found = LumpSum(self.months, self.amount, self.paid_on, self.paid_in, number=self.lump_sum_number)
        transfer.lump_sums = (*transfer.lump_sums, found)


class LumpSumDocumentRequested(Fact, frozen=True, gc=False, kw_only=True):
    """The agency where the back-payment was made was asked for its document."""

    TOPIC: ClassVar[str] = "lump-sum-document-requested"
    paid_in: str
    lump_sum_number: int = 1
    """Of the back-payment."""


class LumpSumDocumentSupplied(Fact, frozen=True, gc=False, kw_only=True):
    """The document is there: the years may move."""

    TOPIC: ClassVar[str] = "lump-sum-document-supplied"
    document: str
    document_number: str
    """The document's own."""
    document_date: date
    lump_sum_number: int = 1
    """Number of the back-payment."""

    def assign(self, transfer: Transfer) -> None:
        """The document counts from now on."""
        transfer.lump_sums = lump_sums.with_document(transfer.lump_sums, self.lump_sum_number, self.document)


class LumpSumNoticeSent(Fact, frozen=True, gc=False, kw_only=True):
    """The person was told in writing what stays behind."""

    TOPIC: ClassVar[str] = "lump-sum-notice-sent"
    notified_on: date
    lump_sum_number: int | None = None
    """Number of the back-payment; None: of all that were found."""

    def assign(self, transfer: Transfer) -> None:
        """A partial sheet may follow."""
        transfer.lump_sums = lump_sums.noticed(transfer.lump_sums, self.lump_sum_number)


def _find(t: Transfer, message: m.LumpSumFound, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if t.split is not None:
        return Rejection("STATE_CONFLICT")
    if message.paid_in not in PROVINCES:
        return Rejection("UNKNOWN_PROVINCE", "paid_in")
    number = len(t.lump_sums) + 1
    if (message.lump_sum_number or number) > number:
        return WAIT
    if number > limits.LUMP_SUMS.most:
        return Rejection(limits.CODE, limits.LUMP_SUMS.field)
    return LumpSumFound(
        **base_of(t, message),
        months=message.months,
        amount=message.amount,
        paid_on=message.paid_on,
        paid_in=message.paid_in,
        lump_sum_number=number,
    )


def _place(t: Transfer, message: m.LumpSumDocumentRequested | m.LumpSumDocumentSupplied) -> str | None:
    """Where the back-payment was made that the message is about; None: the origin may mean any."""
    if isinstance(message, m.LumpSumDocumentRequested):
        return message.paid_in
    return None if message.envelope.sender == t.origin else message.envelope.sender


def _candidates(t: Transfer, message: m.LumpSumDocumentRequested | m.LumpSumDocumentSupplied) -> LumpSums:
    """The back-payments that the message can mean, with and without their documents."""
    place, number = _place(t, message), message.lump_sum_number
    return tuple(lump for lump in t.lump_sums if place in (None, lump.paid_in) and number in (None, lump.number))


def _meant(t: Transfer, message: m.LumpSumDocumentRequested | m.LumpSumDocumentSupplied) -> LumpSum | Draft:
    """The one without its document that the message means, or why there is none."""
    open_ = lump_sums.undocumented(_candidates(t, message))
    if not open_:
        return not_found(t)
    return open_[0] if len(open_) == 1 else Rejection("LUMP_SUM_NOT_NAMED", "lump_sum_number")


def _request_document(t: Transfer, message: m.LumpSumDocumentRequested, at: int) -> Draft:
    lump = _meant(t, message)
    if not isinstance(lump, LumpSum):
        return lump
    return LumpSumDocumentRequested(**base_of(t, message), paid_in=lump.paid_in, lump_sum_number=lump.number)


def _supply_document(t: Transfer, message: m.LumpSumDocumentSupplied, at: int) -> Draft:
    lump = _meant(t, message)
    if not isinstance(lump, LumpSum):
        return lump
    kind = message.document_kind or message.document
    if kind not in DOCUMENT_KINDS or DOCUMENT_KINDS[kind].released_as != message.document:
        return Rejection("LUMP_SUM_DOCUMENT_INVALID", "document_kind")
    if not document_suffices(lump.paid_on, kind, message.document_date, day_of(at)):
        return Rejection("LUMP_SUM_DOCUMENT_INVALID", "document")
    return LumpSumDocumentSupplied(
        **base_of(t, message),
        document=kind,
        document_number=message.document_number,
        document_date=message.document_date,
        lump_sum_number=lump.number,
    )


def _send_notice(t: Transfer, message: m.LumpSumNoticeSent, at: int) -> Draft:
    if not t.lump_sums or (message.lump_sum_number or 1) > len(t.lump_sums):
        return not_found(t)
    return LumpSumNoticeSent(
        **base_of(t, message), notified_on=message.notified_on, lump_sum_number=message.lump_sum_number
    )


def _found_before(t: Transfer, message: Any) -> bool:
    """By its number where it has one, else the same months and money paid on the same day in the same place."""
    if message.lump_sum_number is not None:
        return bool(message.lump_sum_number <= len(t.lump_sums))
    said = (message.months, message.amount, message.paid_on, message.paid_in)
    return any((lump.months, lump.amount, lump.paid_on, lump.paid_in) == said for lump in t.lump_sums)


def _documented(t: Transfer, message: Any) -> bool:
    candidates = _candidates(t, message)
    return bool(candidates) and not lump_sums.undocumented(candidates)


def _noticed(t: Transfer, message: Any) -> bool:
    told = [lump.noticed for lump in t.lump_sums if message.lump_sum_number in (None, lump.number)]
    return bool(told) and all(told)


def _to_the_place(fact: LumpSumDocumentRequested, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """Where it was paid; the origin knows its own."""
    return (fact.paid_in,) if fact.paid_in != t.origin else ()


def _to_sides_but_sender(fact: LumpSumDocumentSupplied, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    return tuple(p for p in (t.origin, t.destination) if p != message.envelope.sender)


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.LumpSumFound,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.RETURNED},
        recorded_before=_found_before,
        decide=_find,
        fact=LumpSumFound,
        readers=to_destination,
        annullable=True,
    ),
    MessageRule(
        message=m.LumpSumDocumentRequested,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER, State.COMPLETED},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=_documented,
        decide=_request_document,
        fact=LumpSumDocumentRequested,
        has_object=lambda t: bool(lump_sums.undocumented(t.lump_sums)),
        readers=_to_the_place,
    ),
    MessageRule(
        message=m.LumpSumDocumentSupplied,
        role="document_holder",
        accept={State.ORIGIN_REVIEW, State.TRANSFER, State.CONFIRMATION, State.MISMATCH, State.COMPLETED},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=_documented,
        decide=_supply_document,
        fact=LumpSumDocumentSupplied,
        has_object=lambda t: bool(lump_sums.undocumented(t.lump_sums)),
        effect=Effect(completes=(Milestone.lump_sum_documented,)),
        readers=_to_sides_but_sender,
    ),
    MessageRule(
        message=m.LumpSumNoticeSent,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=_noticed,
        decide=_send_notice,
        fact=LumpSumNoticeSent,
        ordinary=True,
        has_object=lambda t: t.has_open_lump_sum,
        effect=Effect(completes=(Milestone.lump_sum_noticed,)),
        readers=to_destination,
    ),
)
