"""What the messages about lump-sum back-payments mean for a transfer; see `decisions.py` for the everyday ones.

A message that names no back-payment means the only one that it can mean (of the place, of the sender); a notice that
names none is about all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinbao.platform import limits
from jinbao.platform.aggregates import lump_sums
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection, base_of, not_found
from jinbao.platform.aggregates.lump_sums import LumpSum, LumpSums
from jinbao.platform.aggregates.subjects.lump_sum import (
    LumpSumDocumentRequested,
    LumpSumDocumentSupplied,
    LumpSumFound,
    LumpSumNoticeSent,
)
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS, document_suffices
from jinbao.rules.provinces import is_province
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


def _find(t: Transfer, message: m.LumpSumFound, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if t.split is not None:
        return Rejection("STATE_CONFLICT")
    if not is_province(message.paid_in):
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
        number=number,
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
    return LumpSumDocumentRequested(**base_of(t, message), paid_in=lump.paid_in, number=lump.number)


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
        number=message.document_number,
        document_date=message.document_date,
        lump_sum=lump.number,
    )


def _send_notice(t: Transfer, message: m.LumpSumNoticeSent, at: int) -> Draft:
    if not t.lump_sums or (message.lump_sum_number or 1) > len(t.lump_sums):
        return not_found(t)
    return LumpSumNoticeSent(**base_of(t, message), notified_on=message.notified_on, lump_sum=message.lump_sum_number)


LUMP_SUM_COMMANDS: Mapping[type[m.Submission], Callable[[Transfer, Any, int], Draft]] = {
    m.LumpSumFound: _find,
    m.LumpSumDocumentRequested: _request_document,
    m.LumpSumDocumentSupplied: _supply_document,
    m.LumpSumNoticeSent: _send_notice,
}


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


LUMP_SUM_RECORDED_BEFORE: Mapping[type[m.Submission], Callable[[Transfer, Any], bool]] = {
    m.LumpSumFound: _found_before,
    m.LumpSumDocumentRequested: _documented,
    m.LumpSumDocumentSupplied: _documented,
    m.LumpSumNoticeSent: _noticed,
}
"""Message → whether its fact was recorded before."""
