"""What the rarer messages mean for a transfer or for the relationship; see `decisions.py` for the everyday ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.admission import ADMISSION
from jinbao.platform.aggregates.decision import NOT_YET, WAIT, Draft, Rejection, base_of, not_found
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.lump_sum_decisions import LUMP_SUM_COMMANDS
from jinbao.platform.aggregates.subjects.agency_change import AgencyChanged
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationRefused
from jinbao.platform.aggregates.subjects.arrears import ArrearsDeclined, ArrearsReported, ArrearsSettled
from jinbao.platform.aggregates.subjects.completion import TransferClosed
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import (
    ContinuationConfirmed,
    ContinuationRefused,
    IdentityCorrected,
)
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.lump_sum import LumpSumFound
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.notification import EmployerInformed, PersonInformed
from jinbao.platform.aggregates.subjects.origin_review import OriginReviewPassed, TransferReturned
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import FundsReceived, FundsRemitted, FundsReturned, PaymentBounced
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsAssigned
from jinbao.platform.aggregates.subjects.withdrawal import TransferWithdrawn, WithdrawalRequested
from jinbao.platform.aggregates.transfer import LastFact, Transfer
from jinbao.rules.money import Fen
from jinbao.rules.notices import DEATH
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


def _report_arrears(t: Transfer, message: m.ArrearsReported, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if t.split is not None:
        return Rejection("STATE_CONFLICT")
    return ArrearsReported(**base_of(t, message), months=message.months, own_part=message.own_part)


def _settle_arrears(t: Transfer, message: m.ArrearsSettled, at: int) -> Draft:
    if not t.arrears:
        return not_found(t)
    if t.arrears == "declined":
        return Rejection("STATE_CONFLICT")
    return ArrearsSettled(**base_of(t, message), amount=message.amount)


def _decline_arrears(t: Transfer, message: m.ArrearsDeclined, at: int) -> Draft:
    if not t.arrears:
        return not_found(t)
    if t.arrears == "settled":
        return Rejection("STATE_CONFLICT")
    return ArrearsDeclined(**base_of(t, message), declined_on=message.declined_on)


def _bounce_payment(t: Transfer, message: m.PaymentBounced, at: int) -> Draft:
    line = money.find(t.payments, message.payment_reference, message.payment_line)
    if line is None:
        return WAIT if t.live and t.kind != "unassigned" else Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if message.envelope.sender != (t.destination if line.backwards else t.origin):
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    if line.arrived:
        return Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if line.amount != message.amount:
        return Rejection("AMOUNT_DIFFERS", "amount")
    bounced = msgspec.structs.replace(line, bounced=True)
    return PaymentBounced(**base_of(t, message), payment=bounced, day=message.bounced_on)


def _assign_funds(t: Transfer, message: m.UnassignedFundsAssigned, at: int) -> Draft:
    if any(p.backwards and not p.bounced for p in t.payments):
        return Rejection("STATE_CONFLICT")
    return UnassignedFundsAssigned(**base_of(t, message), assigned_to=message.assigned_to)


def _freeze(t: Transfer, message: m.TransferFrozen, at: int) -> Draft:
    return TransferFrozen(
        **base_of(t, message),
        cause=message.cause,
        happened_on=message.happened_on,
        said_by=message.envelope.sender,
        awaiting=t.awaiting if t.awaiting == "sheet" else "",
    )


def _correct_identity(t: Transfer, message: m.IdentityCorrected, at: int) -> Draft:
    if message.new_relationship_id == message.envelope.relationship_id:
        return Rejection("INVALID_REQUEST", "new_relationship_id")
    return IdentityCorrected(**base_of(t, message), reason=message.reason, new_relationship=message.new_relationship_id)


def _confirm_continuation(t: Transfer, message: m.ContinuationConfirmed, at: int) -> Draft:
    if message.new_relationship_id != t.moving_to:
        return Rejection("STATE_CONFLICT", "new_relationship_id")
    return ContinuationConfirmed(**base_of(t, message), new_relationship=t.moving_to)


def _refuse_continuation(t: Transfer, message: m.ContinuationRefused, at: int) -> Draft:
    if message.new_relationship_id != t.moving_to:
        return Rejection("STATE_CONFLICT", "new_relationship_id")
    return ContinuationRefused(
        **base_of(t, message), new_relationship=t.moving_to, code=message.code, field=message.field or ""
    )


def _annul(t: Transfer, message: m.FactAnnulled, at: int) -> Draft:
    if t.last is None or t.last.submission != message.annulled_event_id:
        return Rejection("CANNOT_ANNUL", "annulled_event_id")
    role = ADMISSION[ANNULLABLE[t.last.topic]].role
    said_by = {"destination": t.destination, "origin": t.origin, "party": t.last.party}[role]
    if message.envelope.sender != said_by:
        return Rejection("CANNOT_ANNUL", "envelope.sender")
    if t.annulments >= limits.ANNULMENTS.most:
        return Rejection(limits.CODE, limits.ANNULMENTS.field)
    then = t.previous
    assert then is not None, "what may be annulled left what was before it"
    return FactAnnulled(
        **base_of(t, message),
        annulled=message.annulled_event_id,
        letter_version=then.letter_version,
        sheet_version=then.sheet_version,
        sheet_total=Fen(then.sheet_total or 0),
        reason=then.frozen or then.return_reason or "",
        awaiting=then.awaiting,
        undone=t.last.topic,
        undone_on=day_of(t.last.received_at),
    )


def _change_agency(t: Transfer, message: m.AgencyChanged, at: int) -> Draft:
    return AgencyChanged(
        **base_of(t, message),
        province=message.envelope.sender,
        reason=message.reason,
        valid_from=message.valid_from,
    )


def _clear_overlap(t: Transfer, message: m.OverlapCleared, at: int) -> Draft:
    if not is_payment_reference(message.payment_reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if t.split is None or message.refund + t.refunded > t.split[0]:
        return Rejection("PAYMENT_EXCEEDS_EXCESS", "refund")
    if len(t.refunds) >= limits.PAYMENT_LINES.most:
        return Rejection(limits.CODE, limits.PAYMENT_LINES.field)
    return OverlapCleared(
        **base_of(t, message),
        months=message.months,
        kept_province=message.kept_province,
        reference=message.payment_reference,
        line=message.payment_line,
        refund=message.refund,
        paid_on=message.paid_on,
    )


def _redate_clock(t: Transfer, message: m.ClockRedated, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.old_due:
        return NOT_YET
    provisional = clock.start.provisional if message.provisional is None else message.provisional
    restarted = msgspec.structs.replace(
        clock.start, calendar=message.calendar, due=message.new_due, provisional=provisional
    )
    return ClockRedated(**base_of(t, message), restarted=restarted, old_due=message.old_due)


def _inform_person(t: Transfer, message: m.PersonInformed, at: int) -> Draft:
    if message.about not in m.BY_NAME:
        return Rejection("INVALID_REQUEST", "about")
    if message.reader != ("heirs" if t.frozen == DEATH else "person"):
        return Rejection("WRONG_READER", "reader")
    return PersonInformed(
        **base_of(t, message),
        about=message.about,
        informed_on=message.informed_on,
        means=message.means,
        reader=message.reader,
    )


def _inform_employer(t: Transfer, message: m.EmployerInformed, at: int) -> Draft:
    if message.about not in m.BY_NAME:
        return Rejection("INVALID_REQUEST", "about")
    if t.frozen == DEATH:
        return Rejection("WRONG_READER", "about")
    return EmployerInformed(
        **base_of(t, message), about=message.about, informed_on=message.informed_on, means=message.means
    )


_Command = Callable[[Transfer, Any, int], Draft]

RARE_COMMANDS: Mapping[type[m.Submission], _Command] = {
    **LUMP_SUM_COMMANDS,
    m.ArrearsReported: _report_arrears,
    m.ArrearsSettled: _settle_arrears,
    m.ArrearsDeclined: _decline_arrears,
    m.PaymentBounced: _bounce_payment,
    m.UnassignedFundsAssigned: _assign_funds,
    m.TransferFrozen: _freeze,
    m.IdentityCorrected: _correct_identity,
    m.ContinuationConfirmed: _confirm_continuation,
    m.ContinuationRefused: _refuse_continuation,
    m.FactAnnulled: _annul,
    m.AgencyChanged: _change_agency,
    m.OverlapCleared: _clear_overlap,
    m.ClockRedated: _redate_clock,
    m.PersonInformed: _inform_person,
    m.EmployerInformed: _inform_employer,
}

ANNULLABLE: Mapping[str, type[m.Submission]] = {
    ApplicationRefused.TOPIC: m.ApplicationRefused,
    ContactLetterIssued.TOPIC: m.ContactLetterIssued,
    OriginReviewPassed.TOPIC: m.OriginReviewPassed,
    TransferReturned.TOPIC: m.TransferReturned,
    InformationSheetSent.TOPIC: m.InformationSheetSent,
    FundsRemitted.TOPIC: m.FundsRemitted,
    FundsReceived.TOPIC: m.FundsReceived,
    FundsReturned.TOPIC: m.FundsReturned,
    MismatchReported.TOPIC: m.MismatchReported,
    WithdrawalRequested.TOPIC: m.WithdrawalRequested,
    TransferWithdrawn.TOPIC: m.TransferWithdrawn,
    TransferClosed.TOPIC: m.TransferClosed,
    LumpSumFound.TOPIC: m.LumpSumFound,
    ArrearsReported.TOPIC: m.ArrearsReported,
    ArrearsSettled.TOPIC: m.ArrearsSettled,
    ArrearsDeclined.TOPIC: m.ArrearsDeclined,
    PaymentBounced.TOPIC: m.PaymentBounced,
    TransferFrozen.TOPIC: m.TransferFrozen,
}
"""Facts that their sender may take back while nobody has acted on them: stored topic → message."""


_LEAVES_IT_OPEN = (
    DeadlineApproaching,
    DeadlineMissed,
    ClockRedated,
    IdentityCorrected,
    ContinuationRefused,
)
"""What the platform itself says is no act on a fact, nor is a move that came to nothing."""


def _reported_by(t: Transfer, fact: Fact) -> str:
    """Province that reported a fact which either side may report; empty for others."""
    if isinstance(fact, PaymentBounced):
        return t.destination if fact.payment.backwards else t.origin
    return fact.said_by if isinstance(fact, TransferFrozen) else ""


def remember_for_annulment(transfer: Transfer, fact: Fact, submission: bytes, received_at: int) -> None:
    """Before a fact is applied: keep what was before it, as long as its sender may take it back.

    A mismatch is no act on the receipt or the sheet that it finds: once it is taken back, they may be.
    """
    if fact.TOPIC in ANNULLABLE:
        again = transfer.last is not None and transfer.last.topic == fact.TOPIC
        if again or not isinstance(fact, MismatchReported):
            transfer.last = transfer.previous = None
        transfer.previous = transfer.copy()
        transfer.last = LastFact(submission, fact.TOPIC, _reported_by(transfer, fact), received_at)
    elif not isinstance(fact, _LEAVES_IT_OPEN):
        transfer.last = transfer.previous = None
