"""Prefilled forms: every later form takes its fields from what was already written or received, never from typing.

Each function is pure and returns a `Form`: the fields of one message, by the message's names, and for each field where
it came from. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

import msgspec

from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.schemas.messages import Agency

MismatchRequest = Literal["correct_sheet", "top_up", "take_back_excess"]


class Source(StrEnum):
    """Where a prefilled field comes from."""

    APPLICATION = "application"
    PERSON = "person's record"
    AGENCY = "agency configuration"
    LETTER = "letter"
    SHEET = "sheet"
    HISTORY = "contribution history"
    FUNDS = "computed by rules.funds"
    COUNTED = "counted by the local system"
    BANK = "bank slip"
    PAYMENT_ORDER = "payment order"
    COMPARISON = "sheet against bank slip"
    MISMATCH = "mismatch report"
    REASON_TABLE = "rules.reason_codes"
    NOTICE = "rules.notices"
    CLERK = "clerk's decision"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one message and the source of each."""

    kind: str
    fields: dict[str, Any]
    sources: dict[str, Source]
    """By dotted path; `rows.months` stands for that field in every row."""


PERSONAL_OF_LETTER = ("number", "id_type", "name", "sex", "birth")
"""What letter and sheet say of the person."""
PERSONAL_OF_APPLICATION = (
    *PERSONAL_OF_LETTER,
    "address",
    "telephone",
    "employer_name",
    "employer_number",
    "bank_account",
)


def application_form(application: Application, person: Person, destination: str) -> Form:
    """受理: ApplicationAccepted from the registered application and the person's record."""
    record = msgspec.to_builtins(person)
    personal = {name: record[name] for name in PERSONAL_OF_APPLICATION if record[name] is not None}
    fields = {
        "scheme": "110",
        "origin": application.origin,
        "destination": destination,
        "accepted_on": application.accepted_on,
        "hukou_province": person.hukou_province,
        "certificate_number": application.certificate_number,
        "personal": personal,
    }
    sources = dict.fromkeys(("scheme", "origin", "accepted_on", "certificate_number"), Source.APPLICATION)
    sources |= {"destination": Source.AGENCY, "hukou_province": Source.PERSON}
    return _form("ApplicationAccepted", fields, sources | _under("personal", personal, Source.PERSON))


def refusal(reason_code: str, reason_text: str | None = None) -> Form:
    """不予受理: ApplicationRefused with the written reason; the table's Chinese text where no other is given."""
    return _form("ApplicationRefused", *_reason(reason_code, reason_text))


def letter_number(application_number: str, version: int) -> str:
    """Number of a contact letter (AAE270): the application's number and the letter's version."""
    return f"{application_number}-L{version}"


def contact_letter(application_number: str, application: Mapping[str, Any], agency: Agency, version: int = 1) -> Form:
    """联系函: ContactLetterIssued from the accepted application's fields and the agency's own contact and bank data."""
    known = application["personal"]
    personal = {name: known[name] for name in PERSONAL_OF_LETTER if known.get(name) is not None}
    own = msgspec.to_builtins(agency)
    fields = {
        "letter_version": version,
        "letter_number": letter_number(application_number, version),
        "agency": own,
        "personal": personal,
    }
    sources = {"letter_version": Source.COUNTED, "letter_number": Source.APPLICATION}
    sources |= _under("agency", own, Source.AGENCY) | _under("personal", personal, Source.APPLICATION)
    return _form("ContactLetterIssued", fields, sources)


def review_passed(letter: IncomingDocument) -> Form:
    """OriginReviewPassed for the letter."""
    return _of_letter("OriginReviewPassed", letter)


def letter_returned(letter: IncomingDocument, reason_code: str, reason_text: str | None = None) -> Form:
    """退回: TransferReturned with the written reason; the table's Chinese text where no other is given."""
    form = _of_letter("TransferReturned", letter)
    fields, sources = _reason(reason_code, reason_text)
    return Form(form.kind, form.fields | fields, form.sources | sources)


def remittance(
    amount: int,
    payment_reference: str,
    payment_line: int,
    remitted_on: date,
    purpose: Literal["transfer", "top_up"] = "transfer",
) -> Form:
    """FundsRemitted: the payment order that went to the bank; `amount` is the sheet's total or the missing rest."""
    fields = _payment(amount, payment_reference, payment_line) | {"purpose": purpose, "remitted_on": remitted_on}
    sources = dict.fromkeys(fields, Source.PAYMENT_ORDER)
    return _form(
        "FundsRemitted", fields, sources | {"amount": Source.SHEET if purpose == "transfer" else Source.MISMATCH}
    )


def funds_received(amount: int, payment_reference: str, payment_line: int, received_on: date) -> Form:
    """FundsReceived: what the bank slip says."""
    fields = _payment(amount, payment_reference, payment_line) | {"received_on": received_on}
    return _form("FundsReceived", fields, dict.fromkeys(fields, Source.BANK))


def mismatch(
    sheet: IncomingDocument, received: int, request: MismatchRequest | None = None, expected: int | None = None
) -> Form:
    """MismatchReported: sheet and money differ; unless told otherwise, asks for a top-up or to take the excess back.

    `expected`: what should have come, if not the sheet's total: nothing, where no payment goes with the case.
    """
    expected = int(sheet.fields["total"]) if expected is None else expected
    request = request or ("top_up" if received < expected else "take_back_excess")
    fields = {
        "sheet_version": sheet.fields["sheet_version"],
        "expected": expected,
        "received": received,
        "request": request,
        "text": f"应到 {_yuan(expected)} 元，实到 {_yuan(received)} 元",
    }
    sources = dict.fromkeys(("sheet_version", "expected"), Source.SHEET)
    sources |= {"received": Source.BANK, "request": Source.COMPARISON, "text": Source.COMPARISON}
    return _form("MismatchReported", fields, sources)


def excess_returned(
    received: Mapping[str, Any], amount: int, payment_reference: str, payment_line: int, returned_on: date
) -> Form:
    """FundsReturned: a new, opposite payment of `amount` that names the received one (fields of its FundsReceived)."""
    fields = _payment(amount, payment_reference, payment_line) | {
        "returned_reference": received["payment_reference"],
        "returned_line": received["payment_line"],
        "returned_on": returned_on,
    }
    sources = dict.fromkeys(fields, Source.PAYMENT_ORDER)
    sources |= {"returned_reference": Source.BANK, "returned_line": Source.BANK, "amount": Source.COMPARISON}
    return _form("FundsReturned", fields, sources)


def returned_funds_received(amount: int, payment_reference: str, payment_line: int, received_on: date) -> Form:
    """ReturnedFundsReceived: what the origin's bank slip says."""
    fields = _payment(amount, payment_reference, payment_line) | {"received_on": received_on}
    return _form("ReturnedFundsReceived", fields, dict.fromkeys(fields, Source.BANK))


def completion(sheet: IncomingDocument, completed_on: date) -> Form:
    """办结: TransferCompleted with the sheet's own totals."""
    names = ("sheet_version", "individual_total", "pooling_total")
    fields = {name: sheet.fields[name] for name in names} | {"completed_on": completed_on}
    sources = dict.fromkeys(names, Source.SHEET) | {"completed_on": Source.CLERK}
    return _form("TransferCompleted", fields, sources)


def withdrawal_request(letter_version: int, reason_text: str) -> Form:
    """WithdrawalRequested: the applicant withdraws after the letter, the origin is asked to return it."""
    fields = {"letter_version": letter_version, "reason_text": reason_text}
    return _form("WithdrawalRequested", fields, {"letter_version": Source.COUNTED, "reason_text": Source.CLERK})


def withdrawal(reason_text: str) -> Form:
    """TransferWithdrawn: the applicant has withdrawn."""
    return _form("TransferWithdrawn", {"reason_text": reason_text}, {"reason_text": Source.CLERK})


def closure(reason_text: str) -> Form:
    """TransferClosed: a returned case is closed instead of sending a new letter."""
    return _form("TransferClosed", {"reason_text": reason_text}, {"reason_text": Source.CLERK})


def _of_letter(kind: str, letter: IncomingDocument) -> Form:
    return Form(kind, {"letter_version": letter.fields["letter_version"]}, {"letter_version": Source.LETTER})


def _reason(code: str, text: str | None) -> tuple[dict[str, Any], dict[str, Source]]:
    source = Source.REASON_TABLE if text is None else Source.CLERK
    text = REASON_CODES[code].text_zh if text is None else text
    return {"reason_code": code, "reason_text": text}, {"reason_code": Source.CLERK, "reason_text": source}


def _payment(amount: int, reference: str, line: int) -> dict[str, Any]:
    return {"payment_reference": reference, "payment_line": line, "amount": amount}


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def _under(name: str, record: Mapping[str, Any], source: Source) -> dict[str, Source]:
    return {f"{name}.{field}": source for field in record}


def _form(kind: str, fields: Mapping[str, Any], sources: Mapping[str, Source]) -> Form:
    """Leave out what is absent, as the messages do."""
    present = {name: value for name, value in fields.items() if value is not None}
    absent = fields.keys() - present.keys()
    return Form(kind, present, {path: source for path, source in sources.items() if path not in absent})
