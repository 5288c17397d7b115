"""Prefilled forms of the rarer turns of a case; see `forms.py`. Amounts are fen, months YYYYMM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec

from jinbao.regional_adapter.forms import PERSONAL_OF_LETTER, Form, Source
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.sheet_form import OFFER_VERSION
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS, document_suffices
from jinbao.rules.notices import Notice
from jinbao.schemas.messages import Agency


class LumpSumDocumentError(ValueError):
    """The document does not let the lump sum move; `field` is the form's field at fault."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


Means = Literal["letter", "counter", "telephone", "message", "online"]


# --- about the relationship ---


def certificate(
    number: str,
    version: int,
    person: Person,
    history: Sequence[ContributionRow],
    account: Account,
    agency: Agency,
    issued_on: date,
) -> Form:
    """参保缴费凭证: CertificateIssued from the person's record, history and account; `version` counts re-issues."""
    paid = [row for row in history if row.months]
    own, personal = msgspec.to_builtins(agency), personal_of(person)
    fields = {
        "certificate_number": number,
        "certificate_version": version,
        "first_month": min(_first_month(row) for row in paid),
        "last_month": max(_last_month(row) for row in paid),
        "months": sum(row.months for row in paid),
        "account_kind": "temporary" if account.is_temporary(issued_on) else "general",
        "agency": own,
        "personal": personal,
        "hukou_province": person.hukou_province,
    }
    sources = dict.fromkeys(("certificate_number", "certificate_version"), Source.COUNTED)
    sources |= dict.fromkeys(("first_month", "last_month", "months", "account_kind"), Source.HISTORY)
    sources |= _under("agency", own, Source.AGENCY) | _under("personal", personal, Source.PERSON)
    return _form("CertificateIssued", fields, sources | {"hukou_province": Source.PERSON})


def temporary_account(number: str, person: Person, opened_on: date) -> Form:
    """临时基本养老保险缴费账户: TemporaryAccountOpened for a person whom the age rule leaves with the origin."""
    personal = personal_of(person)
    fields = {"account_number": number, "opened_on": opened_on, "personal": personal}
    sources = {"account_number": Source.COUNTED, "opened_on": Source.CLERK}
    return _form("TemporaryAccountOpened", fields, sources | _under("personal", personal, Source.PERSON))


def contributions_recorded(number: str, row: ContributionRow, individual: int, employer: int) -> Form:
    """ContributionsRecorded: one row of the history of a temporary account."""
    fields = {
        "account_number": number,
        "first_month": _first_month(row),
        "last_month": _last_month(row),
        "months": row.months,
        "individual": individual,
        "employer": employer,
    }
    return _form("ContributionsRecorded", fields, dict.fromkeys(fields, Source.HISTORY))


def account_sealed(number: str, sealed_on: date) -> Form:
    """封存: TemporaryAccountSealed, the person has moved on."""
    fields = {"account_number": number, "sealed_on": sealed_on}
    return _form("TemporaryAccountSealed", fields, {"account_number": Source.COUNTED, "sealed_on": Source.CLERK})


# --- transfers that begin where the money lies ---


def offer(
    kind: Literal["temporary_move", "temporary_collection", "supplement", "reversal"],
    number: str,
    origin: str,
    destination: str,
    offered_on: date,
    agency: Agency,
    personal: Mapping[str, Any],
    *,
    names: UUID | None = None,
    account_number: str | None = None,
) -> Form:
    """TransferOffered: `number` is the offer's own letter number, `names` the earlier transfer."""
    own = msgspec.to_builtins(agency)
    known = {name: personal[name] for name in PERSONAL_OF_LETTER if personal.get(name) is not None}
    fields = {
        "kind": kind,
        "origin": origin,
        "destination": destination,
        "offered_on": offered_on,
        "letter_number": number,
        "agency": own,
        "personal": known,
        "names": None if names is None else names.hex,
        "account_number": account_number,
    }
    sources = dict.fromkeys(("kind", "destination", "offered_on"), Source.CLERK)
    sources |= {"origin": Source.AGENCY, "letter_number": Source.COUNTED, "names": Source.COUNTED}
    sources |= {"account_number": Source.COUNTED}
    sources |= _under("agency", own, Source.AGENCY) | _under("personal", known, Source.PERSON)
    return _form("TransferOffered", fields, sources)


def sheet_given_back(sheet: IncomingDocument, agency: Agency, version: int = 1) -> Form:
    """The sheet of a reversal: what the sheet of the first transfer said goes back as it came."""
    own = msgspec.to_builtins(agency)
    kept = {name: value for name, value in sheet.fields.items() if not name.startswith("withheld_")}
    fields = {**kept, "sheet_version": version, "letter_version": OFFER_VERSION, "agency": own}
    sources: dict[str, Source] = {name: Source.SHEET for name in kept if name not in ("agency", "personal", "rows")}
    sources |= {"sheet_version": Source.COUNTED, "letter_version": Source.COUNTED}
    sources |= {f"rows.{name}": Source.SHEET for row in sheet.fields["rows"] for name in row}
    sources |= _under("agency", own, Source.AGENCY) | _under("personal", sheet.fields["personal"], Source.SHEET)
    return _form("InformationSheetSent", fields, sources)


def transfer_reversed(offered: IncomingDocument, reason_text: str) -> Form:
    """TransferReversed: the opposite transfer that undoes this one is completed."""
    fields = {"reversal": offered.transfer_id.hex, "reason_text": reason_text}
    return _form("TransferReversed", fields, {"reversal": Source.LETTER, "reason_text": Source.CLERK})


# --- what the origin finds ---


def lump_sum_found(
    letter: IncomingDocument, rows: Sequence[ContributionRow], amount: int, paid_on: date, origin: str, number: int = 1
) -> Form:
    """一次性缴费: LumpSumFound; `rows` are the months that the back-payment covers, `number` counts those found."""
    fields = {
        "letter_version": letter.fields["letter_version"],
        "months": sum(row.months for row in rows),
        "amount": amount,
        "paid_on": paid_on,
        "paid_in": rows[0].province if rows else origin,
        "lump_sum_number": number,
    }
    sources = dict.fromkeys(("months", "amount", "paid_on", "paid_in"), Source.HISTORY)
    return _form("LumpSumFound", fields, sources | {"letter_version": Source.LETTER, "lump_sum_number": Source.COUNTED})


def document_requested(found: LocalDocument) -> Form:
    """LumpSumDocumentRequested of the agency where the back-payment was made."""
    fields = {name: found.fields.get(name) for name in ("paid_in", "lump_sum_number")}
    return _form("LumpSumDocumentRequested", fields, dict.fromkeys(fields, Source.HISTORY))


def document_supplied(
    kind: str, number: str, document_date: date, lump_sum: LocalDocument | IncomingDocument, supplied_on: date
) -> Form:
    """承诺书 or legal instrument: LumpSumDocumentSupplied, of a kind of the rules' table.

    `lump_sum`: the back-payment found here, or the request of the agency that found it. Raises LumpSumDocumentError
    where a document found here would not let it move.
    """
    known = DOCUMENT_KINDS.get(kind)
    if known is None:
        raise LumpSumDocumentError("document_kind", f"没有这种材料 {kind} / there is no kind of document {kind}")
    paid_on = lump_sum.fields.get("paid_on")
    if paid_on is not None and not document_suffices(
        date.fromisoformat(str(paid_on)), kind, document_date, supplied_on
    ):
        reason = f"{known.zh}不足以办理 {paid_on} 的补缴"
        raise LumpSumDocumentError("document", f"{reason} / it does not let the lump sum of {paid_on} move: {known.en}")
    fields = {
        "document": known.released_as,
        "document_number": number,
        "document_date": document_date,
        "lump_sum_number": lump_sum.fields.get("lump_sum_number"),
        "document_kind": kind if kind != known.released_as else None,
    }
    sources = dict.fromkeys(fields, Source.CLERK) | {"lump_sum_number": Source.HISTORY}
    return _form("LumpSumDocumentSupplied", fields, sources)


def lump_sum_notice(left_behind: Sequence[LocalDocument], number: str, notified_on: date) -> Form:
    """LumpSumNoticeSent: the one written notice of all that stays behind for want of a document."""
    parts = [f"{found.fields['paid_on']} 一次性缴纳的 {found.fields['months']} 个月" for found in left_behind]
    text = f"您于 {'、'.join(parts)}养老保险费缺少规定的书面材料，该部分年限和资金暂不转移"
    fields = {"notice_number": number, "notified_on": notified_on, "text": text}
    sources = {"notice_number": Source.COUNTED, "notified_on": Source.CLERK, "text": Source.HISTORY}
    return _form("LumpSumNoticeSent", fields, sources)


def arrears_reported(letter: IncomingDocument, months: int, own_part: int) -> Form:
    """欠费: ArrearsReported; `own_part` is what the person would have to pay."""
    fields = {"letter_version": letter.fields["letter_version"], "months": months, "own_part": own_part}
    sources = {"letter_version": Source.LETTER, "months": Source.HISTORY, "own_part": Source.HISTORY}
    return _form("ArrearsReported", fields, sources)


def arrears_settled(reported: LocalDocument, paid_on: date) -> Form:
    """ArrearsSettled: the person paid the own part that was reported."""
    fields = {"paid_on": paid_on, "amount": reported.fields["own_part"]}
    return _form("ArrearsSettled", fields, {"paid_on": Source.BANK, "amount": Source.HISTORY})


def arrears_declined(declined_on: date) -> Form:
    """ArrearsDeclined: the person will not pay."""
    return _form("ArrearsDeclined", {"declined_on": declined_on}, {"declined_on": Source.CLERK})


# --- money on its side ways ---


def payment_bounced(amount: int, reference: str, line: int, bounced_on: date, reason_text: str) -> Form:
    """退汇: PaymentBounced, what the origin's bank slip says."""
    fields = _payment(amount, reference, line) | {"bounced_on": bounced_on, "reason_text": reason_text}
    return _form("PaymentBounced", fields, dict.fromkeys(fields, Source.BANK))


def unassigned_funds(payer: str, amount: int, reference: str, line: int, received_on: date) -> Form:
    """UnassignedFundsReceived: a credit whose case nobody knows."""
    fields = {"payer": payer} | _payment(amount, reference, line) | {"received_on": received_on}
    return _form("UnassignedFundsReceived", fields, dict.fromkeys(fields, Source.BANK))


def funds_assigned(transfer: UUID, reason_text: str) -> Form:
    """UnassignedFundsAssigned to a transfer."""
    fields = {"assigned_to": transfer.hex, "reason_text": reason_text}
    return _form("UnassignedFundsAssigned", fields, dict.fromkeys(fields, Source.CLERK))


def overlap_cleared(
    months: Sequence[int], kept_province: str, refund: int, reference: str, line: int, paid_on: date
) -> Form:
    """先转后清: OverlapCleared for the given months (YYYYMM), after the person chose what stays."""
    fields = {
        "first_month": min(months),
        "last_month": max(months),
        "months": len(months),
        "kept_province": kept_province,
        "payment_reference": reference,
        "payment_line": line,
        "refund": refund,
        "paid_on": paid_on,
    }
    sources = dict.fromkeys(("payment_reference", "payment_line", "paid_on"), Source.PAYMENT_ORDER)
    sources |= dict.fromkeys(("first_month", "last_month", "months", "refund"), Source.SHEET)
    return _form("OverlapCleared", fields, sources | {"kept_province": Source.CLERK})


# --- the person, the agency, the record itself ---


def frozen(
    cause: Literal["death", "nationality_lost", "pension_started"], happened_on: date, document_number: str
) -> Form:
    """TransferFrozen: something happened to the person."""
    fields = {"cause": cause, "happened_on": happened_on, "document_number": document_number}
    return _form("TransferFrozen", fields, dict.fromkeys(fields, Source.CLERK))


def identity_corrected(
    reason: Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"], person: Person
) -> Form:
    """IdentityCorrected: `person` bears the right number, from which the adapter derives the new relationship."""
    personal = personal_of(person)
    sources = {"reason": Source.CLERK} | _under("personal", personal, Source.PERSON)
    return _form("IdentityCorrected", {"reason": reason, "personal": personal}, sources)


def annulment(mistaken: LocalDocument, reason_text: str) -> Form:
    """FactAnnulled: takes back a document written here, which the adapter finds by its sequence."""
    named = {"kind": mistaken.kind, "key": mistaken.key, "sequence": mistaken.sequence}
    fields = {"annulled_document": named, "reason_text": reason_text}
    return _form("FactAnnulled", fields, {"annulled_document": Source.COUNTED, "reason_text": Source.CLERK})


def agency_changed(reason: Literal["merged", "renamed"], valid_from: date, agency: Agency) -> Form:
    """AgencyChanged: contact and bank data from now on."""
    own = msgspec.to_builtins(agency)
    fields = {"reason": reason, "valid_from": valid_from, "agency": own}
    sources = {"reason": Source.CLERK, "valid_from": Source.CLERK} | _under("agency", own, Source.AGENCY)
    return _form("AgencyChanged", fields, sources)


def informed(notice: Notice, informed_on: date) -> Form:
    """告知本人、继承人 or 告知用人单位: PersonInformed or EmployerInformed, the fact that a notice was given."""
    kind = "EmployerInformed" if notice.to == "employer" else "PersonInformed"
    means: Means = "letter" if notice.in_writing else "message"
    fields = {"about": notice.about, "informed_on": informed_on, "means": means, "text": notice.text}
    sources = {"about": Source.NOTICE, "text": Source.NOTICE, "means": Source.NOTICE, "informed_on": Source.CLERK}
    if notice.to == "heirs":
        fields, sources = fields | {"reader": "heirs"}, sources | {"reader": Source.NOTICE}
    return _form(kind, fields, sources)


def personal_of(person: Person) -> dict[str, Any]:
    """What letters, offers and corrections say of a person."""
    record = msgspec.to_builtins(person)
    return {name: record[name] for name in PERSONAL_OF_LETTER if record[name] is not None}


def _first_month(row: ContributionRow) -> int:
    return row.year * 100 + row.first_month


def _last_month(row: ContributionRow) -> int:
    return row.year * 100 + row.first_month + max(row.months, 1) - 1


def _payment(amount: int, reference: str, line: int) -> dict[str, Any]:
    return {"payment_reference": reference, "payment_line": line, "amount": amount}


def _under(name: str, record: Mapping[str, Any], source: Source) -> dict[str, Source]:
    return {f"{name}.{field}": source for field in record}


def _form(kind: str, fields: Mapping[str, Any], sources: Mapping[str, Source]) -> Form:
    """Leave out what is absent, as the messages do."""
    present = {name: value for name, value in fields.items() if value is not None}
    absent = fields.keys() - present.keys()
    return Form(kind, present, {path: source for path, source in sources.items() if path not in absent})
