"""What each message means for a transfer: pure decisions that end in a fact, a rejection, or waiting.

Each function gets a transfer whose state admits the message (`admission.py`) and looks at the details. Codes are those
of `rules/reason_codes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates import lump_sums, money
from jinbao.platform.aggregates.decision import NOT_YET, RECORDED, WAIT, Draft, Rejection, base_of
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.sheet_contradictions import contradiction
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.application import ApplicationRefused
from jinbao.platform.aggregates.subjects.completion import TransferClosed, TransferCompleted
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.origin_review import OriginReviewPassed, TransferReturned
from jinbao.platform.aggregates.subjects.payment import (
    FundsReceived,
    FundsRemitted,
    FundsReturned,
    ReturnedFundsReceived,
)
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.aggregates.subjects.withdrawal import TransferWithdrawn, WithdrawalRequested
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.reason_codes import reasons
from jinbao.rules.working_days import day_of, end_of_day
from jinbao.schemas import messages as m

_REFUSALS = frozenset(reason.code for reason in reasons("refusal"))
_RETURNS = frozenset(reason.code for reason in reasons("return"))
WITHDRAWAL_AGREED = "WITHDRAWAL_AGREED"
_RECEIPT_FIRST = ("temporary_move", "temporary_collection")
"""A temporary account's money moves once the receiver has answered with a receipt (domain.md §1)."""


def _refuse_application(t: Transfer, message: m.ApplicationRefused, at: int) -> Draft:
    if message.reason_code not in _REFUSALS:
        return Rejection("UNKNOWN_REASON_CODE", "reason_code")
    return ApplicationRefused(**base_of(t, message), reason=message.reason_code)


def _issue_contact_letter(t: Transfer, message: m.ContactLetterIssued, at: int) -> Draft:
    if message.letter_version != t.letter_version + 1:
        return WAIT
    return ContactLetterIssued(**base_of(t, message), version=message.letter_version, letter=message.letter_number)


def _receive_contact_letter(t: Transfer, message: m.ContactLetterReceived, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    return ContactLetterReceived(**base_of(t, message), version=message.letter_version, day=day_of(at))


def _deem_contact_letter(t: Transfer, message: m.ContactLetterDeemedReceived, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if message.envelope.occurred_at > at:
        return NOT_YET  # said by a clock ahead of the bus's
    return ContactLetterDeemedReceived(**base_of(t, message), version=message.letter_version, day=day_of(at))


def _pass_origin_review(t: Transfer, message: m.OriginReviewPassed, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    return OriginReviewPassed(**base_of(t, message), version=message.letter_version)


def _return_transfer(t: Transfer, message: m.TransferReturned, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if message.reason_code not in _RETURNS:
        return Rejection("UNKNOWN_REASON_CODE", "reason_code")
    if message.reason_code == WITHDRAWAL_AGREED and not t.withdrawal_requested:
        return Rejection("WITHDRAWAL_NOT_AGREED", "reason_code")
    if t.split is not None or holds_money(t):
        return Rejection("STATE_CONFLICT")
    return TransferReturned(**base_of(t, message), version=message.letter_version, reason=message.reason_code)


def _withheld_otherwise(t: Transfer, message: m.InformationSheetSent) -> Rejection | None:
    """Why the sheet's withheld months and money are not exactly the back-payments without a document (94号)."""
    months, amount = lump_sums.totals(lump_sums.undocumented(t.lump_sums))
    if months and not message.withheld_months:
        return Rejection("LUMP_SUM_NOT_WITHHELD", "withheld_months")
    if (message.withheld_months or 0) != months:
        return Rejection("WITHHELD_DIFFERS", "withheld_months")
    if (message.withheld_amount or NO_FEN) != amount:
        return Rejection("WITHHELD_DIFFERS", "withheld_amount")
    return None


def _send_information_sheet(t: Transfer, message: m.InformationSheetSent, at: int) -> Draft:
    if message.letter_version > t.letter_version or message.sheet_version > t.sheet_version + 1:
        return WAIT
    if message.letter_version < t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if t.arrears == "reported":
        return WAIT
    if lump_sums.any_open(t.lump_sums):
        return WAIT
    withheld = _withheld_otherwise(t, message)
    if withheld is not None:
        return withheld
    wrong = contradiction(message, day_of(at))
    if wrong is not None:
        return Rejection(*wrong)
    return InformationSheetSent(
        **base_of(t, message),
        version=message.sheet_version,
        individual_total=message.individual_total,
        pooling_total=message.pooling_total,
        withheld_months=message.withheld_months or 0,
        withheld_amount=message.withheld_amount or NO_FEN,
    )


def _receive_information_sheet(t: Transfer, message: m.InformationSheetReceived, at: int) -> Draft:
    if message.sheet_version > t.sheet_version:
        return WAIT
    return InformationSheetReceived(**base_of(t, message), version=message.sheet_version)


def _deem_information_sheet(t: Transfer, message: m.InformationSheetDeemedReceived, at: int) -> Draft:
    if message.sheet_version > t.sheet_version:
        return Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if message.envelope.occurred_at > at:
        return NOT_YET
    return InformationSheetDeemedReceived(**base_of(t, message), version=message.sheet_version)


def _payment(
    t: Transfer,
    message: m.FundsRemitted | m.FundsReceived | m.FundsReturned | m.ReturnedFundsReceived,
    *,
    backwards: bool,
    arriving: bool,
    of: tuple[str, int] | None = None,
) -> PaymentLine | Rejection:
    """The line that the message moves on, or why it cannot."""
    reference, line = message.payment_reference, message.payment_line
    if not is_payment_reference(reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if message.amount == 0:
        return Rejection("AMOUNT_DIFFERS", "amount")
    known = money.find(t.payments, reference, line)
    if known is None:
        if len(t.payments) >= limits.PAYMENT_LINES.most:
            return Rejection(limits.CODE, limits.PAYMENT_LINES.field)
        return PaymentLine(reference, line, message.amount, backwards, not arriving, arriving, of)
    if known.backwards != backwards or known.bounced:
        return Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if known.amount != message.amount:
        return Rejection("AMOUNT_DIFFERS", "amount")
    return msgspec.structs.replace(known, **({"arrived": True} if arriving else {"announced": True}))


def _remit_funds(t: Transfer, message: m.FundsRemitted, at: int) -> Draft:
    if money.find(t.payments, message.payment_reference, message.payment_line) is None:
        if t.kind == "unassigned":  # a holding is one payment; another one has a case of its own
            return Rejection("PAYMENT_UNKNOWN", "payment_reference")
        if t.state is State.RETURNED:
            return WAIT
        if t.kind in _RECEIPT_FIRST and t.live and not t.sheet_received:
            return WAIT
        if not t.is_paid:
            return Rejection("INFORMATION_ONLY" if t.money == "none" else "SETTLED_BY_PERIOD")
    payment = _payment(t, message, backwards=False, arriving=False)
    if isinstance(payment, Rejection):
        return payment
    return FundsRemitted(**base_of(t, message), payment=payment, day=message.remitted_on)


def _receive_funds(t: Transfer, message: m.FundsReceived, at: int) -> Draft:
    payment = _payment(t, message, backwards=False, arriving=True)
    if isinstance(payment, Rejection):
        return payment
    return FundsReceived(**base_of(t, message), payment=payment, day=message.received_on)


def _return_funds(t: Transfer, message: m.FundsReturned, at: int) -> Draft:
    first = money.find(t.payments, message.returned_reference, message.returned_line)
    came = first is not None and first.arrived and not first.backwards
    if t.state is State.TRANSFER and not (came and t.split is None):
        return WAIT
    if first is None or not came:
        return Rejection("PAYMENT_UNKNOWN", "returned_reference")
    of = (message.returned_reference, message.returned_line)
    excess = money.kept(t.payments) - due_here(t)
    if message.amount > min(excess, first.amount - money.paid_back(t.payments, of)):
        return Rejection("PAYMENT_EXCEEDS_EXCESS", "amount")
    payment = _payment(t, message, backwards=True, arriving=False, of=of)
    if isinstance(payment, Rejection):
        return payment
    return FundsReturned(**base_of(t, message), payment=payment, day=message.returned_on)


def due_here(t: Transfer) -> int:
    """Fen that the destination may not give back: what the sheet says, while or since the case goes by it."""
    return (t.expected or 0) if t.credited or t.state is State.MISMATCH else 0


def _receive_returned_funds(t: Transfer, message: m.ReturnedFundsReceived, at: int) -> Draft:
    if money.find(t.payments, message.payment_reference, message.payment_line) is None:
        return WAIT
    payment = _payment(t, message, backwards=True, arriving=True)
    if isinstance(payment, Rejection):
        return payment
    return ReturnedFundsReceived(**base_of(t, message), payment=payment, day=message.received_on)


def _report_mismatch(t: Transfer, message: m.MismatchReported, at: int) -> Draft:
    if message.sheet_version != t.sheet_version:
        return WAIT if message.sheet_version > t.sheet_version else Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if message.expected != t.expected:
        return Rejection("AMOUNT_DIFFERS", "expected")
    if message.received != money.kept(t.payments):
        return Rejection("AMOUNT_DIFFERS", "received")
    if message.expected == message.received:
        return Rejection("NO_MISMATCH")
    known = t.mismatch
    said = (message.request, message.sheet_version, message.received)
    if known is not None and said == (known.request, known.sheet_version, known.received):
        return RECORDED
    return MismatchReported(
        **base_of(t, message),
        sheet_version=message.sheet_version,
        expected=message.expected,
        received=message.received,
        request=message.request,
    )


def _complete_transfer(t: Transfer, message: m.TransferCompleted, at: int) -> Draft:
    if message.sheet_version != t.sheet_version:
        return WAIT if message.sheet_version > t.sheet_version else Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if (message.individual_total, message.pooling_total) != t.split:
        return Rejection("AMOUNT_DIFFERS", "individual_total")
    if not t.sheet_received:
        return WAIT
    if not t.sheet_and_funds_match or money.on_the_way(t.payments):
        return Rejection("SHEET_FUNDS_MISMATCH")
    return TransferCompleted(
        **base_of(t, message),
        sheet_version=message.sheet_version,
        amount=NO_FEN if t.money == "none" else Fen(message.individual_total + message.pooling_total),
        completed_on=message.completed_on,
    )


def _request_withdrawal(t: Transfer, message: m.WithdrawalRequested, at: int) -> Draft:
    if message.letter_version != t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if t.split is not None or holds_money(t):
        return Rejection("STATE_CONFLICT")
    return WithdrawalRequested(**base_of(t, message), version=message.letter_version)


def holds_money(t: Transfer) -> bool:
    """Whether money of the case is in suspense, or on its way there."""
    return money.kept(t.payments) != 0 or money.on_the_way(t.payments) > 0


def _withdraw_transfer(t: Transfer, message: m.TransferWithdrawn, at: int) -> Draft:
    if t.state is State.RETURNED and t.return_reason != WITHDRAWAL_AGREED:
        return Rejection("WITHDRAWAL_NOT_AGREED")
    if holds_money(t):
        return Rejection("MONEY_STILL_HELD")
    return TransferWithdrawn(**base_of(t, message))


def _close_transfer(t: Transfer, message: m.TransferClosed, at: int) -> Draft:
    if holds_money(t):
        return Rejection("MONEY_STILL_HELD")
    return TransferClosed(**base_of(t, message))


def _warn_of_deadline(t: Transfer, message: m.DeadlineApproaching, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.due or clock.missed or message.envelope.occurred_at > at:
        return NOT_YET
    return DeadlineApproaching(
        **base_of(t, message), clock=message.clock, run=message.clock_run, number=clock.start.number, due=message.due
    )


def _miss_deadline(t: Transfer, message: m.DeadlineMissed, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.due or at < end_of_day(message.due):
        return NOT_YET
    return DeadlineMissed(
        **base_of(t, message), clock=message.clock, run=message.clock_run, number=clock.start.number, due=message.due
    )


_Command = Callable[[Transfer, Any, int], Draft]

COMMANDS: Mapping[type[m.Submission], _Command] = {
    m.ApplicationRefused: _refuse_application,
    m.ContactLetterIssued: _issue_contact_letter,
    m.ContactLetterReceived: _receive_contact_letter,
    m.ContactLetterDeemedReceived: _deem_contact_letter,
    m.OriginReviewPassed: _pass_origin_review,
    m.TransferReturned: _return_transfer,
    m.InformationSheetSent: _send_information_sheet,
    m.InformationSheetReceived: _receive_information_sheet,
    m.InformationSheetDeemedReceived: _deem_information_sheet,
    m.FundsRemitted: _remit_funds,
    m.FundsReceived: _receive_funds,
    m.FundsReturned: _return_funds,
    m.ReturnedFundsReceived: _receive_returned_funds,
    m.MismatchReported: _report_mismatch,
    m.TransferCompleted: _complete_transfer,
    m.WithdrawalRequested: _request_withdrawal,
    m.TransferWithdrawn: _withdraw_transfer,
    m.TransferClosed: _close_transfer,
    m.DeadlineApproaching: _warn_of_deadline,
    m.DeadlineMissed: _miss_deadline,
}
