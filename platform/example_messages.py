"""A canonical message of every type, as it would be said next about the case of `example_case.py`.

Person, agencies and money are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from jinbao.platform.aggregates import lump_sums, money
from jinbao.platform.aggregates.catalogue import TRANSFER_RULES
from jinbao.platform.aggregates.continuation import as_it_stands
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.example_fields import AGENCY, DAY, SEALED, THIRD, example_fields, example_id
from jinbao.rules.money import Fen
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

AT = end_of_day(DAY) - 14 * 3_600_000_000
"""Ten o'clock in Shanghai on that day."""
ORIGIN, DESTINATION = "44", "41"
SHEET = (0, 933_425, 432_000, 1_944_000)
"""Example A of the rules: before 1998, account, current year, pooling, in fen."""
TOTAL = sum(SHEET)
DIFFERENCE = 700
"""What sheet and money differ by, fen."""
ACCOUNT = "LS-1"
CERTIFICATE = "PZ-1"


class Told(Protocol):
    """The case that canonical messages are about, as it stands."""

    current: bytes
    """Id of the transfer that is spoken about."""
    relationship: PensionRelationship

    @property
    def transfer(self) -> Transfer:
        """The transfer that is spoken about."""

    def new_document(self, prefix: str) -> str:
        """Number of a document that has begun nothing yet."""


_Said = tuple[type[m.Submission], dict[str, Any], str | None, str | bytes | None]
"""Type, fields, sender (None: whoever is entitled) and the document that begins a transfer, or the id of one that began
elsewhere (None: about the one spoken of)."""
Canonical = Callable[[Told], _Said]


def _made(kind: type[m.Submission], **values: Any) -> Canonical:
    """About letter and sheet as they stand; what is not given is made from the fields' types."""

    def said(case: Told) -> _Said:
        t = case.transfer
        stand = {"letter_version": max(1, t.letter_version), "sheet_version": max(1, t.sheet_version)}
        return kind, {**example_fields(kind, stand), **values}, None, None

    return said


def _application(case: Told) -> _Said:
    values = {
        "scheme": ENTERPRISE_EMPLOYEES,
        "origin": ORIGIN,
        "destination": DESTINATION,
        "accepted_on": DAY,
        "personal": SEALED,
    }
    return m.ApplicationAccepted, values, DESTINATION, case.new_document("A")


def _offer(kind: str) -> Canonical:
    """An offer of what lies at the origin, or, for a reversal, at the destination of the transfer spoken about."""

    def said(case: Told) -> _Said:
        origin, destination = (DESTINATION, ORIGIN) if kind == "reversal" else (ORIGIN, DESTINATION)
        account = kind.startswith("temporary")
        values = {
            "kind": kind,
            "origin": origin,
            "destination": destination,
            "offered_on": date(2016, 11, 1) if kind == "temporary_move" else DAY,
            "letter_number": "O-1",
            "agency": AGENCY,
            "personal": SEALED,
            "names": None if account else case.current,
            "account_number": ACCOUNT if account else None,
        }
        return m.TransferOffered, values, origin, case.new_document("O") if account else f"O-{kind}"

    return said


def _issue_letter(case: Told) -> _Said:
    version = case.transfer.letter_version + 1
    values = {"letter_version": version, "letter_number": f"L-{version}", "agency": AGENCY, "personal": SEALED}
    return m.ContactLetterIssued, values, None, None


def _send_sheet(case: Told) -> _Said:
    """The next version; to a mismatch, one that says what the money says."""
    t = case.transfer
    pooling = SHEET[3] + (money.kept(t.payments) - TOTAL if t.mismatch else 0)
    individual = sum(SHEET[:3])
    withheld_months, withheld_amount = lump_sums.totals(lump_sums.undocumented(t.lump_sums))
    values = {
        "sheet_version": t.sheet_version + 1,
        "letter_version": max(1, t.letter_version),
        "individual_before_1998": SHEET[0],
        "account_at_previous_year_end": SHEET[1],
        "current_year_principal": SHEET[2],
        "individual_total": individual,
        "pooling_total": pooling,
        "total": individual + pooling,
        "first_month": 201701,
        "last_month": 201909,
        "months": 33,
        "rows": [],
        "agency": AGENCY,
        "personal": SEALED,
        "withheld_months": withheld_months or None,
        "withheld_amount": withheld_amount or None,
    }
    return m.InformationSheetSent, values, None, None


def _line(payment: PaymentLine) -> dict[str, Any]:
    return {
        "payment_reference": payment.payment_reference,
        "payment_line": payment.payment_line,
        "amount": payment.amount,
    }


def _new_line(case: Told, prefix: str, amount: int) -> dict[str, Any]:
    reference = make_payment_reference(f"{prefix}{len(case.transfer.payments) + 1}")
    return {"payment_reference": reference, "payment_line": 1, "amount": amount}


def _outstanding(t: Transfer) -> int:
    """What the origin has still to pay, or a little more where that is nothing."""
    return max((t.sheet_total or TOTAL) - money.sent(t.payments), 0) or DIFFERENCE


def _remit(case: Told) -> _Said:
    """Money that came unannounced, else the next payment."""
    t = case.transfer
    silent = [p for p in t.payments if p.arrived and not p.announced and not p.backwards]
    line = _line(silent[0]) if silent else _new_line(case, "P", _outstanding(t))
    return m.FundsRemitted, {**line, "purpose": "transfer", "remitted_on": DAY}, None, None


def _receive(case: Told) -> _Said:
    """Money on its way, else money that comes unannounced."""
    t = case.transfer
    under_way = [p for p in t.payments if p.announced and not p.arrived and not p.backwards and not p.bounced]
    line = _line(under_way[0]) if under_way else _new_line(case, "P", _outstanding(t))
    return m.FundsReceived, {**line, "received_on": DAY}, None, None


def _bounce(case: Told) -> _Said:
    sent = [p for p in case.transfer.payments if p.announced and not p.backwards]
    line = _line(sent[0]) if sent else _new_line(case, "P", TOTAL)
    return m.PaymentBounced, {**line, "bounced_on": DAY, "reason_text": "账号有误"}, case.transfer.origin, None


def _assign(case: Told) -> _Said:
    """To the person's first other transfer, else to none that exists."""
    others = [t.transfer_id for t in case.relationship.transfers if t.transfer_id != case.current]
    values = {"assigned_to": others[0] if others else example_id("somewhere"), "reason_text": "已查明"}
    return m.UnassignedFundsAssigned, values, None, None


def _give_back(case: Told) -> _Said:
    """What the sheet does not explain; all of it where nothing is to stay."""
    t = case.transfer
    held = [p for p in t.payments if p.arrived and not p.backwards]
    excess = money.kept(t.payments) - (t.sheet_total or 0)
    values = {
        **_new_line(case, "R", excess if excess > 0 else DIFFERENCE),
        "returned_reference": held[-1].payment_reference if held else make_payment_reference("P1"),
        "returned_line": 1,
        "returned_on": DAY,
    }
    return m.FundsReturned, values, None, None


def _got_back(case: Told) -> _Said:
    back = [p for p in case.transfer.payments if p.backwards and not p.arrived]
    line = _line(back[0]) if back else _new_line(case, "R", DIFFERENCE)
    return m.ReturnedFundsReceived, {**line, "received_on": DAY}, None, None


def _report_mismatch(case: Told) -> _Said:
    t = case.transfer
    expected, received = t.sheet_total or TOTAL, money.kept(t.payments)
    values = {
        "sheet_version": max(1, t.sheet_version),
        "expected": expected,
        "received": received,
        "request": "take_back_excess" if received > expected else "top_up",
        "text": "金额与信息表不符",
    }
    return m.MismatchReported, values, None, None


def _complete(case: Told) -> _Said:
    t = case.transfer
    individual, pooling = t.split or (Fen(sum(SHEET[:3])), Fen(SHEET[3]))
    values = {
        "sheet_version": max(1, t.sheet_version),
        "individual_total": individual,
        "pooling_total": pooling,
        "completed_on": DAY,
    }
    return m.TransferCompleted, values, None, None


def _clock(kind: type[m.Submission]) -> Canonical:
    """About the first clock that runs."""

    def said(case: Told) -> _Said:
        running = case.transfer.clocks[0].start if case.transfer.clocks else None
        clock, run, due = (running.clock, running.run, running.due) if running else ("application_review", 1, DAY)
        values: dict[str, Any] = {"clock": clock, "clock_run": run}
        if kind is m.ClockRedated:
            values |= {"calendar": "amended", "old_due": due, "new_due": due + timedelta(days=1)}
        else:
            values["due"] = due
        return kind, values, None, None

    return said


def _annul(case: Told) -> _Said:
    """The sender takes the latest fact back, if it is one that can be."""
    last = case.transfer.last
    sender = None
    if last is not None and last.party == case.transfer.origin:
        sender = case.transfer.origin
    annulled = last.submission if last else example_id("nothing")
    return m.FactAnnulled, {"annulled_event_id": annulled, "reason_text": "登记有误"}, sender, None


def _continue(case: Told) -> _Said:
    began = Transfer(1, transfer_id(UUID(bytes=example_id("old")), DESTINATION, "A-1").bytes, THIRD, DESTINATION, "A-1")
    values = {"old_relationship_id": example_id("old"), "state": b"", "case": as_it_stands(began, example_id("old"))}
    return m.CaseContinued, values, m.PLATFORM, began.transfer_id


def _unassigned(case: Told) -> _Said:
    line = {"payment_reference": make_payment_reference("U1"), "payment_line": 1, "amount": TOTAL}
    values = {**line, "payer": ORIGIN, "received_on": DAY}
    return m.UnassignedFundsReceived, values, DESTINATION, case.new_document("U")


def _about_the_person(kind: type[m.Submission], **values: Any) -> Canonical:
    return lambda case: (kind, {**example_fields(kind, values), **values}, ORIGIN, None)


def _clear_overlap(case: Told) -> _Said:
    values = {
        "first_month": 201701,
        "last_month": 201703,
        "months": 3,
        "kept_province": DESTINATION,
        "payment_reference": make_payment_reference("Q1"),
        "payment_line": 1,
        "refund": 96_000,
        "paid_on": DAY,
    }
    return m.OverlapCleared, values, None, None


def _reverse(case: Told) -> _Said:
    offered = [t.transfer_id for t in case.relationship.transfers if t.kind == "reversal"]
    reversal = offered[-1] if offered else example_id("offer reversal")
    return m.TransferReversed, {"reversal": reversal, "reason_text": "示例理由"}, None, None


_RIGHT = example_id("right number")
_MONTHS = {"first_month": 201501, "last_month": 201512, "months": 12}

_BY_HAND: Mapping[str, Canonical] = {
    "ApplicationAccepted": _application,
    "ApplicationRefused": _made(m.ApplicationRefused, reason_code="NOT_INSURED_HERE"),
    "ContactLetterIssued": _issue_letter,
    "ContactLetterReceived": _made(m.ContactLetterReceived),
    "ContactLetterDeemedReceived": _made(m.ContactLetterDeemedReceived),
    "OriginReviewPassed": _made(m.OriginReviewPassed),
    "TransferReturned": _made(m.TransferReturned, reason_code="BANK_DATA_INVALID"),
    "InformationSheetSent": _send_sheet,
    "InformationSheetReceived": _made(m.InformationSheetReceived),
    "InformationSheetDeemedReceived": _made(m.InformationSheetDeemedReceived),
    "FundsRemitted": _remit,
    "FundsReceived": _receive,
    "MismatchReported": _report_mismatch,
    "FundsReturned": _give_back,
    "ReturnedFundsReceived": _got_back,
    "TransferCompleted": _complete,
    "WithdrawalRequested": _made(m.WithdrawalRequested),
    "TransferWithdrawn": _made(m.TransferWithdrawn),
    "TransferClosed": _made(m.TransferClosed),
    "DeadlineApproaching": _clock(m.DeadlineApproaching),
    "DeadlineMissed": _clock(m.DeadlineMissed),
    "ClockRedated": _clock(m.ClockRedated),
    "LumpSumFound": _made(m.LumpSumFound, months=40, amount=1_200_000, paid_on=date(2015, 5, 4)),
    "LumpSumDocumentRequested": _made(m.LumpSumDocumentRequested),
    "LumpSumDocumentSupplied": _made(m.LumpSumDocumentSupplied, document="commitment"),
    "LumpSumNoticeSent": _made(m.LumpSumNoticeSent),
    "ArrearsReported": _made(m.ArrearsReported, months=3, own_part=96_000),
    "ArrearsSettled": _made(m.ArrearsSettled, amount=96_000),
    "ArrearsDeclined": _made(m.ArrearsDeclined),
    "PaymentBounced": _bounce,
    "UnassignedFundsReceived": _unassigned,
    "UnassignedFundsAssigned": _assign,
    "TransferFrozen": _made(m.TransferFrozen),
    "TransferOffered (temporary_move)": _offer("temporary_move"),
    "TransferOffered (temporary_collection)": _offer("temporary_collection"),
    "TransferOffered (supplement)": _offer("supplement"),
    "TransferOffered (reversal)": _offer("reversal"),
    "TransferReversed": _reverse,
    "IdentityCorrected": _made(m.IdentityCorrected, reason="wrong_digit", new_relationship_id=_RIGHT),
    "CaseContinued": _continue,
    "ContinuationConfirmed": _made(m.ContinuationConfirmed, new_relationship_id=_RIGHT),
    "ContinuationRefused": _made(m.ContinuationRefused, new_relationship_id=_RIGHT, code="LIVE_TRANSFER_EXISTS"),
    "FactAnnulled": _annul,
    "AgencyChanged": _made(m.AgencyChanged),
    "OverlapCleared": _clear_overlap,
    "PersonInformed": _made(m.PersonInformed, about="ApplicationAccepted"),
    "EmployerInformed": _made(m.EmployerInformed, about="ApplicationAccepted"),
    "CertificateIssued": _about_the_person(
        m.CertificateIssued,
        certificate_number=CERTIFICATE,
        **_MONTHS,
    ),
    "TemporaryAccountOpened": _about_the_person(
        m.TemporaryAccountOpened, account_number=ACCOUNT, opened_on=date(2015, 1, 5)
    ),
    "ContributionsRecorded": _about_the_person(
        m.ContributionsRecorded, account_number=ACCOUNT, individual=384_000, employer=960_000, **_MONTHS
    ),
    "TemporaryAccountSealed": _about_the_person(m.TemporaryAccountSealed, account_number=ACCOUNT),
}
"""Row of the table → its message, in the order of docs/states.md: one for each kind of offer."""
_TOLD = {row.partition(" ")[0] for row in _BY_HAND}
CANONICAL: Mapping[str, Canonical] = {
    **_BY_HAND,
    **{kind.NAME: _made(kind) for kind in TRANSFER_RULES if kind.NAME not in _TOLD},
}
"""Row of the table → its message: those above, then every other message about a transfer, made from its fields."""
