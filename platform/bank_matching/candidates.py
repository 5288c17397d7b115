"""Candidates of an entry that names no payment: open sides of its amount, other account and days. Proposals only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice

from jinbao.platform.bank_matching.coverage import Coverage
from jinbao.platform.bank_matching.findings import Findings
from jinbao.platform.bank_matching.values import BookedEntry, Side
from jinbao.rules.working_days import WorkingDays

CANDIDATE_WORKING_DAYS = 10
"""Between order and entry there are at most so many working days."""
MOST_CANDIDATES = 20
"""Of one entry: of a hundred alike no person chooses, and matching stays linear."""

_Group = tuple[str, str, int, str]
"""Province and kind of the account, amount, the other side's province."""

_Leaving = tuple[str, int, frozenset[bytes | None]]
"""Province, amount, the other side's account."""


class Candidates:
    """The open sides, by where they would be booked, amount and other side, in the order of their days."""

    def __init__(self, sides: Iterable[Side], coverage: Coverage, calendar: WorkingDays) -> None:
        self._coverage = coverage
        self._calendar = calendar
        self._sides: dict[_Group, list[tuple[int, str, Side]]] = {}
        for side in sides:
            payment = side.payment
            other = payment.payer if side.role == "credit" else payment.payee
            ranked = (calendar.rank(payment.ordered_on), payment.reference, side)
            self._sides.setdefault((*side.at, side.amount_fen, other), []).append(ranked)
        for group in self._sides.values():
            group.sort(key=lambda ranked: ranked[:2])

    def of(self, entry: BookedEntry) -> list[Side]:
        """The sides that an entry could be, those of the earliest order first; none where it names no other account."""
        account = self._coverage.accounts[entry.account]
        others = {self._coverage.accounts.get(payment.counterpart or b"") for payment in entry.payments}
        if len(others) != 1 or (other := others.pop()) is None:
            return []
        group = self._sides.get((account.province, account.kind, entry.amount_fen, other.province), [])
        rank = self._calendar.rank(entry.booked_on)
        first = bisect_left(group, rank - CANDIDATE_WORKING_DAYS, key=lambda ranked: ranked[0])
        near = (side for at, _, side in group[first:] if at <= rank + CANDIDATE_WORKING_DAYS)
        return list(islice(near, MOST_CANDIDATES))


class Misplaced:
    """The payments whose money is on an account where it does not belong, for the entry by which it leaves again."""

    def __init__(self, found: Findings, calendar: WorkingDays) -> None:
        self._found = found
        self._calendar = calendar
        self._references: dict[_Leaving, list[str]] = {}
        for one in found.breaks:
            if one.kind == "wrong_account":
                entry = found.entries[one.entries[0]]
                known = [r for r in one.references if r in found.payments]
                self._references.setdefault(self._leaving(entry, -entry.amount_fen), []).extend(known)

    def of(self, entry: BookedEntry) -> list[str]:
        """Those of the same amount and other account that were ordered at most ten working days before or after."""
        rank = self._calendar.rank(entry.booked_on)
        return [
            reference
            for reference in self._references.get(self._leaving(entry, entry.amount_fen), [])
            if abs(self._calendar.rank(self._found.payments[reference].ordered_on) - rank) <= CANDIDATE_WORKING_DAYS
        ]

    def _leaving(self, entry: BookedEntry, amount_fen: int) -> _Leaving:
        others = frozenset(payment.counterpart for payment in entry.payments)
        return self._found.coverage.accounts[entry.account].province, amount_fen, others
