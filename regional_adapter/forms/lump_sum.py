"""一次性缴费: the forms of a lump-sum back-payment, its document and the notice about it. Amounts are fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar, cast

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.local.local_records import ContributionRow
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS, document_suffices
from jinbao.schemas.messages import Amount, Fen, LumpSumDocument, Months, Province, Text, Version


class LumpSumDocumentError(ValueError):
    """The document does not let the lump sum move; `field` is the form's field at fault."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class LumpSumFoundForm(Form, frozen=True, kw_only=True):
    """A back-payment covering three years or more; `lump_sum_number` counts those found."""

    KIND: ClassVar[str] = "LumpSumFound"
    letter_version: Annotated[Version, Source.LETTER]
    months: Annotated[Months, Source.HISTORY]
    amount: Annotated[Amount, Source.HISTORY]
    paid_on: Annotated[date, Source.HISTORY]
    paid_in: Annotated[Province, Source.HISTORY]
    lump_sum_number: Annotated[Version | None, Source.COUNTED] = None


class LumpSumDocumentRequestedForm(Form, frozen=True, kw_only=True):
    """Asks the agency where the back-payment was made for its document."""

    KIND: ClassVar[str] = "LumpSumDocumentRequested"
    paid_in: Annotated[Province, Source.HISTORY]
    lump_sum_number: Annotated[Version | None, Source.HISTORY] = None


class LumpSumDocumentSuppliedForm(Form, frozen=True, kw_only=True):
    """承诺书 or legal instrument, of a kind of the rules' table."""

    KIND: ClassVar[str] = "LumpSumDocumentSupplied"
    document: Annotated[LumpSumDocument, Source.CLERK]
    document_number: Annotated[Text, Source.CLERK]
    document_date: Annotated[date, Source.CLERK]
    lump_sum_number: Annotated[Version | None, Source.HISTORY] = None
    document_kind: Annotated[Text | None, Source.CLERK] = None


class LumpSumNoticeSentForm(Form, frozen=True, kw_only=True):
    """The written notice of what stays behind for want of a document."""

    KIND: ClassVar[str] = "LumpSumNoticeSent"
    notice_number: Annotated[Text, Source.COUNTED]
    notified_on: Annotated[date, Source.CLERK]
    text: Annotated[Text, Source.HISTORY]
    lump_sum_number: Annotated[Version | None, Source.COUNTED] = None


def lump_sum_found(
    letter: IncomingDocument, rows: Sequence[ContributionRow], amount: Fen, paid_on: date, origin: str, number: int = 1
) -> LumpSumFoundForm:
    """一次性缴费: `rows` are the months that the back-payment covers, `number` counts those found."""
    return LumpSumFoundForm(
        letter_version=letter.fields["letter_version"],
        months=sum(row.months for row in rows),
        amount=amount,
        paid_on=paid_on,
        paid_in=rows[0].province if rows else origin,
        lump_sum_number=number,
    )


def document_requested(found: LocalDocument) -> LumpSumDocumentRequestedForm:
    """Asks the agency where the back-payment was made."""
    fields = found.fields
    return LumpSumDocumentRequestedForm(paid_in=fields["paid_in"], lump_sum_number=fields.get("lump_sum_number"))


def document_supplied(
    kind: str, number: str, document_date: date, lump_sum: LocalDocument | IncomingDocument, supplied_on: date
) -> LumpSumDocumentSuppliedForm:
    """承诺书 or legal instrument, of a kind of the rules' table.

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
    return LumpSumDocumentSuppliedForm(
        document=cast(LumpSumDocument, known.released_as),
        document_number=number,
        document_date=document_date,
        lump_sum_number=lump_sum.fields.get("lump_sum_number"),
        document_kind=kind if kind != known.released_as else None,
    )


def lump_sum_notice(left_behind: Sequence[LocalDocument], number: str, notified_on: date) -> LumpSumNoticeSentForm:
    """The one written notice of all that stays behind for want of a document."""
    parts = [f"{found.fields['paid_on']} 一次性缴纳的 {found.fields['months']} 个月" for found in left_behind]
    text = f"您于 {'、'.join(parts)}养老保险费缺少规定的书面材料，该部分年限和资金暂不转移"
    return LumpSumNoticeSentForm(notice_number=number, notified_on=notified_on, text=text)
