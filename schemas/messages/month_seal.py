"""The seal of one bank account's month: its bank reconciliation statement (银行存款余额调节表) as a person signed it.

Only ids, amounts, days and payment references are in it: nothing is sealed under a key.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from jinbao.rules.type_fault import Told
from jinbao.schemas.messages.bank import BankMessage, SignedAmount
from jinbao.schemas.messages.records import Amount, Id, PaymentReference, Record, YearMonth

MOST_ITEMS = 4_000
"""Maximum number of open items, of breaks and of corrections in one seal [assumed]."""

ItemPart = Literal["receipt_not_at_bank", "payment_not_at_bank", "receipt_not_in_book", "payment_not_in_book"]
"""企业已收银行未收, 企业已付银行未付, 银行已收企业未收, 银行已付企业未付."""
Sha256 = Annotated[
    str,
    msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z"),
    Told("64 位十六进制数字", "64 hexadecimal digits"),
]


class SealedItem(Record, frozen=True, gc=False, kw_only=True):
    """What one of bank and book has and the other has not (未达账项)."""

    part: ItemPart
    day: date
    amount: Amount
    payment_reference: PaymentReference | None = None
    entry: Id | None = None
    """Of an item that the bank has."""
    break_id: Id | None = None
    """The break in which it stands; none of what is in time."""


class MonthCorrection(Record, frozen=True, gc=False, kw_only=True):
    """A payment of a sealed month of which something was reported after that seal: it counts in this month."""

    month: YearMonth
    payment_reference: PaymentReference


class MonthSealed(BankMessage, frozen=True, gc=False, kw_only=True):
    """A person signs an account's month: from here on it stays as it is, and corrections go to the next one."""

    NAME: ClassVar[str] = "MonthSealed"
    month: YearMonth
    statements_to: date
    bank_opening: SignedAmount
    bank_in: Amount
    bank_out: Amount
    bank_closing: SignedAmount
    """As the statements say it."""
    book_opening: SignedAmount
    book_in: Amount
    book_out: Amount
    items: list[SealedItem]
    open_breaks: list[Id]
    """Every break that is open and hangs on a day up to the month's last: they are carried on."""
    corrections: list[MonthCorrection]
    """Of earlier months; their amounts are within what came into the book and went out of it."""
    figures_hash: Sha256
    """SHA-256 of the account's id and of everything above but the envelope, as `figures_hash` makes it."""


def figures_hash(seal: MonthSealed) -> str:
    """SHA-256 of a seal's figures as a JSON array: the account's id, then values by names of fields; ids as base64."""
    names = sorted(set(MonthSealed.__struct_fields__) - {"envelope", "figures_hash"})
    said = [seal.envelope.account_id, *(getattr(seal, name) for name in names)]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
