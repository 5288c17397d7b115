"""Lump-sum back-payments of one transfer: which of them have their document, and what stays behind for want of one.

A person may have several, paid in several places and on either side of 2016-11-28, each with its own document. What a
sheet withholds is exactly those without one (人社部规〔2016〕5号, 人社厅发〔2019〕94号).
"""

from __future__ import annotations

from datetime import date

import msgspec

from jinbao.rules.money import Fen


class LumpSum(msgspec.Struct, frozen=True, gc=False):
    """A back-payment of three years or more; moves only with its document."""

    months: int
    amount: Fen
    """Fen that were paid, and that stay behind without the document."""
    paid_on: date
    paid_in: str
    """Province code where it was paid."""
    document: str | None = None
    """Kind of its document, or None while there is none."""
    noticed: bool = False
    """The person was told in writing that it stays behind."""
    number: int = 1
    """Counted from 1 within its transfer."""
    withheld: bool = False
    """The latest sheet leaves it behind."""

    @property
    def open(self) -> bool:
        """Neither is its document there, nor was the person told."""
        return self.document is None and not self.noticed


LumpSums = tuple[LumpSum, ...]


def undocumented(lump_sums: LumpSums) -> LumpSums:
    """Those whose document is not there."""
    return tuple(lump for lump in lump_sums if lump.document is None)


def totals(lump_sums: LumpSums) -> tuple[int, int]:
    """Months and fen of all of them."""
    return sum(lump.months for lump in lump_sums), sum(lump.amount for lump in lump_sums)


def with_document(lump_sums: LumpSums, number: int, document: str) -> LumpSums:
    """The same, the one of that number with its document."""
    return tuple(
        msgspec.structs.replace(lump, document=document) if lump.number == number else lump for lump in lump_sums
    )


def noticed(lump_sums: LumpSums, number: int | None) -> LumpSums:
    """The same after the person was told of the one of that number, or of all."""
    return tuple(
        msgspec.structs.replace(lump, noticed=True) if number in (None, lump.number) else lump for lump in lump_sums
    )


def left_behind(lump_sums: LumpSums) -> LumpSums:
    """The same after a sheet: those without a document stay behind, the others move."""
    return tuple(msgspec.structs.replace(lump, withheld=lump.document is None) for lump in lump_sums)
