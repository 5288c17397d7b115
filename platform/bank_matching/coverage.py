"""Which days the statements of an account tell of, and which are missing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from jinbao.platform.bank_matching.values import AccountKind, BankAccount
from jinbao.rules.working_days import WorkingDays

STATEMENT_WORKING_DAYS = 1
"""A day's statement is missing once so many working days have passed after it [assumed]."""
_ONE_DAY = timedelta(days=1)


class Coverage:
    """The accounts by their place, and what is known of their days as of a day."""

    def __init__(self, accounts: Iterable[BankAccount], as_of: date, calendar: WorkingDays) -> None:
        self.accounts = {account.id: account for account in accounts}
        self.as_of = as_of
        self._calendar = calendar
        self._known: dict[bytes, tuple[date, date]] = {}
        self.missing: dict[bytes, list[date]] = {}
        """Working days of an account, in order, of which no statement tells."""
        self._at: dict[tuple[str, AccountKind], list[bytes]] = {}
        for account in sorted(self.accounts.values()):
            self._at.setdefault((account.province, account.kind), []).append(account.id)
            periods = sorted((first, min(last, as_of)) for first, last in account.statements if first <= as_of)
            if periods:
                self._known[account.id] = periods[0][0], max(last for _, last in periods)
                self.missing[account.id] = list(self._gaps(periods))

    def _gaps(self, periods: list[tuple[date, date]]) -> Iterator[date]:
        until = periods[0][1]
        today = self._calendar.before(self.as_of, STATEMENT_WORKING_DAYS) + _ONE_DAY
        for first, last in [*periods[1:], (today, today)]:
            day = until + _ONE_DAY
            while day < first:
                if self._calendar.is_working_day(day):
                    yield day
                day += _ONE_DAY
            until = max(until, last)

    def first(self, at: tuple[str, AccountKind]) -> bytes | None:
        """The first account of a province and kind: of several, that of what none of them has."""
        return next(iter(self._at.get(at, [])), None)

    def begins_after(self, at: tuple[str, AccountKind], day: date) -> bool:
        """Whether an account of that place has statements that begin only after a day."""
        return any(self._known[a][0] > day for a in self._at.get(at, []) if a in self._known)

    def compares(self, at: tuple[str, AccountKind], day: date) -> bool:
        """Whether an account of that place has statements that begin by a day."""
        return any(self._known[a][0] <= day for a in self._at.get(at, []) if a in self._known)

    def tells_of(self, at: tuple[str, AccountKind], first: date, last: date) -> bool:
        """Whether there is such an account, and of each every day from `first` to `last` is told."""
        accounts = self._at.get(at, [])
        return bool(accounts) and all(self._tells(account, first, last) for account in accounts)

    def _tells(self, account: bytes, first: date, last: date) -> bool:
        known = self._known.get(account)
        if known is None or last > known[1]:
            return False
        missing = self.missing[account]
        place = bisect_left(missing, first)
        return place == len(missing) or missing[place] > last
