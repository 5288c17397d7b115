"""The forms of the law as values: what stands on the paper of an application, a letter, a sheet, in one language.

Made from the fields of a message, which a province's documents have too: with personal fields where they are known,
without any where they are not. The same fields make the same value, so that the same version is the same paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from jinbao.language.words import Language, Translator, Words
from jinbao.presentation import code_labels, formatting, labels, message_labels
from jinbao.presentation.field_values import choice_words
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.schemas.messages import BY_NAME

FormName = Literal["certificate", "application", "refusal", "contact_letter", "return", "information_sheet"]


class Column(msgspec.Struct, frozen=True):
    """A column of a form's table."""

    head: str
    number: bool


class Section(msgspec.Struct, frozen=True):
    """A part of a form: names with their values, or a table."""

    title: str
    fields: list[tuple[str, str]] = []
    columns: list[Column] = []
    rows: list[list[str]] = []


class LawForm(msgspec.Struct, frozen=True):
    """One form."""

    language: Language
    title: str
    number: str
    """What tells it from others: numbers of case and version; in the head of every page."""
    lead: list[str]
    """Sentences before the parts."""
    sections: list[Section]
    signatures: list[str]
    page_number: tuple[str, str, str]
    """What stands before, between and behind a page's number and the number of pages."""


class FormHead(msgspec.Struct, frozen=True):
    """What a form says besides its message: which case it belongs to, and when it was written."""

    transfer: str
    application: str
    origin: str
    destination: str
    written_on: date


MESSAGE_OF: Mapping[FormName, str] = {
    "certificate": "CertificateIssued",
    "application": "ApplicationAccepted",
    "refusal": "ApplicationRefused",
    "contact_letter": "ContactLetterIssued",
    "return": "TransferReturned",
    "information_sheet": "InformationSheetSent",
}
"""The message of each form."""
VERSION_OF: Mapping[FormName, str] = {
    "certificate": "certificate_version",
    "contact_letter": "letter_version",
    "return": "letter_version",
    "information_sheet": "sheet_version",
}
"""The field that tells the versions of a form apart, where it has several."""
TITLES: Mapping[FormName, Words] = {
    "certificate": ("基本养老保险参保缴费凭证", "Certificate of contributions to the basic pension"),
    "application": ("基本养老保险关系转移接续申请表", "Application for the transfer of a basic pension relationship"),
    "refusal": ("不予转移接续告知书", "Written refusal of a transfer"),
    "contact_letter": (
        "基本养老保险关系转移接续联系函",
        "Contact letter for the transfer of a basic pension relationship",
    ),
    "return": ("基本养老保险关系转移接续退回函", "Return of a contact letter"),
    "information_sheet": (
        "基本养老保险关系转移接续信息表",
        "Information sheet for the transfer of a basic pension relationship",
    ),
}
"""As the annexes of 国办发〔2009〕66号 and 人社部发〔2009〕187号 name them; refusal and return are free letters."""
_LEADS: Mapping[FormName, Words] = {
    "certificate": (
        "兹证明该参保人在本机构的参保缴费情况如下，可凭此向新参保地经办机构申请转移接续。",
        "This agency certifies the person's contributions as below; with it a transfer can be applied for at the "
        "agency of the new place.",
    ),
    "refusal": (
        "经审核，该申请不符合转移接续条件，现将理由书面告知如下。",
        "The application was examined and does not meet the conditions of a transfer, for the reason below.",
    ),
    "contact_letter": (
        "本机构已受理该参保人的转移接续申请，请贵机构核对并办理关系转移、划转基金，信息表一并发来。",
        "This agency has accepted the person's application: please verify the records, remit the fund and send the "
        "information sheet.",
    ),
    "return": ("联系函因下列原因退回。", "The contact letter is returned for the reason below."),
}
_SIGNED: Mapping[FormName, Words] = {"application": ("申请人签字", "Applicant's signature")}
_NO_NAMES: Words = (
    "本件由全国平台出具，不含个人信息；带个人信息的原件由经办机构出具。",
    "Made by the national platform, without personal fields; the agency makes the one that has them.",
)
_MONTHS = ("first_month", "last_month")
_PROVINCES = ("origin", "destination", "province", "hukou_province")
_FEN = (
    *("individual_before_1998", "account_at_previous_year_end", "current_year_principal", "individual_total"),
    *("pooling_total", "total", "withheld_amount", "contribution_base_total", "account_credit", "account_interest"),
    *("account_balance", "pooling"),
)
_SEX: Mapping[str, Words] = {"1": ("男", "male"), "2": ("女", "female"), "9": ("未说明", "unstated")}


def law_form(
    tr: Translator, name: FormName, head: FormHead, fields: Mapping[str, Any], personal: Mapping[str, Any] | None
) -> LawForm:
    """A form from the business fields of its message; `personal`: the fields in clear, None where nobody here knows."""
    message = MESSAGE_OF[name]
    lead = [tr.of(_LEADS[name])] if name in _LEADS else []
    if personal is None and "personal" in BY_NAME[message].__struct_fields__:
        lead.append(tr.of(_NO_NAMES))
    version = fields.get(VERSION_OF.get(name, ""))
    number = str(fields.get("letter_number") or fields.get("certificate_number") or head.application or head.transfer)
    if version is not None:
        number += tr(f" 第 {version} 版", f" version {version}")
    signed = tr.of(_SIGNED.get(name, ("经办人", "Handled by")))
    return LawForm(
        language=tr.language,
        title=tr.of(TITLES[name]),
        number=number,
        lead=lead,
        sections=_sections(tr, message, head, fields, personal),
        signatures=[signed, tr("经办机构（章）", "Agency (seal)"), tr("日期", "Date")],
        page_number=("第 ", " 页，共 ", " 页") if tr.language == "zh" else ("page ", " of ", ""),
    )


def _sections(
    tr: Translator, message: str, head: FormHead, fields: Mapping[str, Any], personal: Mapping[str, Any] | None
) -> list[Section]:
    found = [Section(tr("业务", "Transfer"), fields=_head(tr, head))]
    if personal:
        found.append(Section(tr("参保人", "Insured person"), fields=_named(tr, message, personal, "personal.")))
    plain = {key: fields[key] for key in fields if key not in ("personal", "agency", "rows", *_HEAD)}
    if plain:
        found.append(Section(tr("内容", "Contents"), fields=_named(tr, message, plain)))
    if agency := fields.get("agency"):
        found.append(Section(tr("经办机构", "Agency"), fields=_named(tr, message, agency, "agency.")))
    if rows := fields.get("rows"):
        found.append(_table(tr, message, rows))
    return found


_HEAD = ("origin", "destination")


def _head(tr: Translator, head: FormHead) -> list[tuple[str, str]]:
    return [
        (tr("业务号", "transfer"), head.transfer),
        *([(tr("申请号", "application"), head.application)] if head.application else []),
        (tr.of(message_labels.field("origin")), tr.of(labels.province(head.origin))),
        (tr.of(message_labels.field("destination")), tr.of(labels.province(head.destination))),
        (tr("填写日期", "written on"), head.written_on.isoformat()),
    ]


def _named(tr: Translator, message: str, fields: Mapping[str, Any], record: str = "") -> list[tuple[str, str]]:
    """Names and values in the order of the words of fields; what is absent is left out."""
    order = list(message_labels.FIELDS)
    known = [key for key in fields if fields[key] is not None]
    known.sort(key=lambda key: order.index(record + key) if record + key in order else len(order))
    return [(tr.of(message_labels.field(record + key, message)), _value(tr, key, fields[key])) for key in known]


def _table(tr: Translator, message: str, rows: Sequence[Mapping[str, Any]]) -> Section:
    keys = [key for key in _row_keys() if any(row.get(key) is not None for row in rows)]
    columns = [Column(tr.of(message_labels.field(f"rows.{key}", message)), key not in ("province",)) for key in keys]
    cells = [["" if row.get(key) is None else _value(tr, key, row[key]) for key in keys] for row in rows]
    return Section(tr("逐年明细", "Year by year"), columns=columns, rows=cells)


def _row_keys() -> list[str]:
    named = [key.removeprefix("rows.") for key in message_labels.FIELDS if key.startswith("rows.")]
    return [*named, "credited_year", "credited_month"]


def _value(tr: Translator, key: str, value: Any) -> str:
    """A field's value for a reader."""
    if key in _FEN:
        return formatting.yuan(int(value))
    if key in _MONTHS:
        return formatting.month(int(value))
    if key in _PROVINCES:
        return tr.of(labels.province(str(value)))
    match key:
        case "scheme":
            known = tr("企业职工基本养老保险", "enterprise employees' basic pension")
            return f"{value} {known}" if value == ENTERPRISE_EMPLOYEES else str(value)
        case "sex":
            return tr.of(_SEX.get(str(value), (str(value), str(value))))
        case "account_rate_bp":
            return f"{int(value) / 100:g}"
        case "reason_code":
            return f"{value} {tr.of(code_labels.reason(str(value)))}"
        case _:
            words = choice_words(key, str(value))
            return str(value) if words[0] == str(value) else tr.of(words)
