"""The seal of an account's month: held against what the account itself knows, before a person's signature counts."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from jinbao.platform.aggregates.bank_account.facts import ItemOf, MonthSealed
from jinbao.platform.aggregates.bank_account.state import AccountState, month_number
from jinbao.platform.aggregates.bank_account.statements import not_ours
from jinbao.platform.aggregates.decision import RECORDED, Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.schemas.messages import month_seal as m

_SIGNS = {"receipt_not_at_bank": 1, "payment_not_at_bank": -1, "receipt_not_in_book": -1, "payment_not_in_book": 1}
"""What an item adds to the bank's adjusted balance less the book's."""
_ONE_DAY = timedelta(days=1)


def month_sealed(account: AccountState, message: m.MonthSealed, law: Law) -> MonthSealed | Rejection:
    """A month that follows the last one sealed, told to its end, explained, signed by a person who worked off none."""
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    if message.month in account.sealed:
        return RECORDED if account.sealed[message.month] == message.figures_hash else Rejection("MONTH_SEALED", "month")
    wrong = _not_due(account, message, law) or _not_explained(account, message)
    if wrong is not None:
        return wrong
    return MonthSealed(
        month=message.month,
        statements_to=message.statements_to,
        bank_opening_fen=message.bank_opening,
        bank_in_fen=message.bank_in,
        bank_out_fen=message.bank_out,
        bank_closing_fen=message.bank_closing,
        book_opening_fen=message.book_opening,
        book_in_fen=message.book_in,
        book_out_fen=message.book_out,
        items=tuple(
            ItemOf(item.part, item.day, item.amount, item.payment_reference, item.entry, item.break_id)
            for item in message.items
        ),
        open_breaks=tuple(message.open_breaks),
        corrections=tuple((each.month, each.payment_reference) for each in message.corrections),
        figures_hash=message.figures_hash,
        operator=message.envelope.operator,
    )


def _not_due(account: AccountState, message: m.MonthSealed, law: Law) -> Rejection | None:
    """Why the month cannot be signed yet, or not by this person."""
    if not 1 <= message.month % 100 <= 12:
        return Rejection("INVALID_FIELD", "month")
    if max(len(message.items), len(message.open_breaks), len(message.corrections)) > m.MOST_ITEMS:
        return Rejection("INVALID_FIELD", "items")
    if not account.statements or account.unfinished is not None:
        return Rejection("MONTH_NOT_TOLD", "statements_to")
    first = month_number(next(iter(account.statements.values())).first_day)
    if message.month != (_after(account.sealed_to) if account.sealed else first):
        return Rejection("MONTH_OUT_OF_ORDER", "month")
    last_day = date(*(of := divmod(message.month, 100)), monthrange(*of)[1])
    told_to = max(taken.last_day for taken in account.statements.values())
    if _works_between(told_to, last_day, law):
        return Rejection("MONTH_NOT_TOLD", "statements_to")
    if message.month in account.officers.get(message.envelope.operator, ()):
        return Rejection("SEALER_NOT_INDEPENDENT", "envelope.operator")
    return None


def _after(month: int) -> int:
    return month + (89 if month % 100 == 12 else 1)


def _works_between(told_to: date, last_day: date, law: Law) -> bool:
    """Whether there is a working day behind the last that a statement tells of."""
    day = told_to + _ONE_DAY
    while day <= last_day:
        if law.working_days.is_working_day(day):
            return True
        day += _ONE_DAY
    return False


def _not_explained(account: AccountState, message: m.MonthSealed) -> Rejection | None:
    """Why the figures are not those of the account, or leave something unexplained."""
    if message.figures_hash != m.figures_hash(message):
        return Rejection("INVALID_FIELD", "figures_hash")
    if message.bank_closing != account.balance_fen(message.month):
        return Rejection("MONTH_NOT_EXPLAINED", "bank_closing")
    if message.bank_opening != account.balance_fen(message.month - 1):  # of January, that of month 0: December
        return Rejection("MONTH_NOT_EXPLAINED", "bank_opening")
    if message.bank_opening + message.bank_in - message.bank_out != message.bank_closing:
        return Rejection("MONTH_NOT_EXPLAINED", "bank_in")
    book_fen = message.book_opening + message.book_in - message.book_out
    if message.bank_closing + sum(_SIGNS[item.part] * item.amount for item in message.items) != book_fen:
        return Rejection("MONTH_NOT_EXPLAINED", "items")
    if any(item.entry is not None and item.entry not in account.entries for item in message.items):
        return Rejection("BANK_ENTRY_UNKNOWN", "items.entry")
    carried = {
        break_id
        for break_id, known in account.breaks.items()
        if known.is_open and month_number(known.day) <= message.month
    }
    if carried != set(message.open_breaks) or len(carried) != len(message.open_breaks):
        return Rejection("BREAKS_NOT_NAMED", "open_breaks")
    return None
