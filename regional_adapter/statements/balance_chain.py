"""Balances of an account's rows held against one another: each must follow from another one and the row's amount."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal


class BalanceChain:
    """The rows of one account that say a balance, in the order in which the bank lists them.

    `any`: in no order; every row leads from one balance to another, and all of them must form one way.
    """

    def __init__(self, order: str) -> None:
        self._order = order
        self.rows = 0
        self._is_broken = False
        self._first: Decimal | None = None
        """Before the earliest row, as far as read."""
        self._last: Decimal | None = None
        """After the latest row, as far as read."""
        self._surplus: Counter[Decimal] = Counter()
        """How much oftener a row begins at a balance than one ends there."""
        self._groups: dict[Decimal, Decimal] = {}
        """Balances that rows connect: each with another one of its group, or itself."""

    def add(self, amount: Decimal, after: Decimal) -> bool:
        """A row with the balance after it; True where it does not follow from the row before it in the list."""
        before = after - amount
        self.rows += 1
        if self._order == "any":
            self._surplus[before] += 1
            self._surplus[after] -= 1
            self._groups[self._group(before)] = self._group(after)
            return False
        is_newest_first = self._order == "newest-first"
        expected, got = (self._first, after) if is_newest_first else (self._last, before)
        if is_newest_first:
            self._first = before
            self._last = after if self._last is None else self._last
        else:
            self._last = after
            self._first = before if self._first is None else self._first
        is_wrong = expected is not None and expected != got
        self._is_broken = self._is_broken or is_wrong
        return is_wrong

    def ends(self) -> tuple[Decimal, Decimal] | None:
        """Balances before the first and after the last row; None without rows, or where the rows form no chain.

        Rows in no order that lead back to where they began do not say where that was: None as well.
        """
        if self._order != "any":
            if self._first is None or self._last is None or self._is_broken:
                return None
            return self._first, self._last
        if not self._is_connected():
            return None
        begins = [balance for balance, count in self._surplus.items() if count > 0]
        ends = [balance for balance, count in self._surplus.items() if count < 0]
        if len(begins) != 1 or self._surplus[begins[0]] != 1 or len(ends) != 1:
            return None
        return begins[0], ends[0]

    def forms_a_chain(self) -> bool:
        """Whether the rows can follow one another without a gap."""
        if self._order != "any":
            return not self._is_broken
        return self._is_connected() and sum(count for count in self._surplus.values() if count > 0) <= 1

    def _is_connected(self) -> bool:
        """Whether rows in no order touch one another, all of them."""
        return len({self._group(balance) for balance in list(self._groups)}) <= 1

    def _group(self, balance: Decimal) -> Decimal:
        self._groups.setdefault(balance, balance)
        while self._groups[balance] != balance:
            self._groups[balance] = self._groups[self._groups[balance]]
            balance = self._groups[balance]
        return balance
