"""What if rates were others: the amounts of every sheet reckoned anew from the rows that its origin sent.

What was paid for whom stays; what follows from it by rule is reckoned twice, by the rules in force and by the others,
and the difference is added to what the sheet says. Checked are the sheets whose pooling money the rules in force give
to the fen; others (employers' money of temporary accounts, what goes back) follow other rules and are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.store.bulk import Bulk
from jinbao.rules.funds import compute_transfer
from jinbao.rules.funds_figures import FundsError, FundsInput, YearInput
from jinbao.rules.money import NO_FEN, Fen, share
from jinbao.rules.transfer_parameters import TransferParameters, YearRate
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode


class Amount(NamedTuple):
    """A sheet that comes to another total, in fen."""

    transfer: UUID
    province: str
    """Its origin."""
    before_fen: int
    """As the sheet says."""
    after_fen: int


@dataclass(slots=True)
class Reckoned:
    """Sheets of one origin, reckoned anew, in fen."""

    checked: int = 0
    otherwise: int = 0
    """Sheets that follow other rules, which are not reckoned."""
    before_fen: int = 0
    """Of those checked."""
    after_fen: int = 0


@dataclass(slots=True)
class AmountsAnew:
    """All sheets in force, reckoned anew, in fen."""

    by_province: dict[str, Reckoned] = field(default_factory=dict)
    """By their origins."""
    changed: list[Amount] = field(default_factory=list)

    def of(self, province: str) -> AmountsAnew:
        """Those that one province sent."""
        own = {code: found for code, found in self.by_province.items() if code == province}
        return AmountsAnew(own, [one for one in self.changed if one.province == province])

    def sum(self, read: Callable[[Reckoned], int]) -> int:
        """One figure over all provinces."""
        return sum(map(read, self.by_province.values()))


class Reckoner:
    """One sheet by the rules in force and by others."""

    def __init__(self, now: TransferParameters, other: TransferParameters) -> None:
        self._now, self._other = now, other
        self._pooling = lru_cache(maxsize=None)(lambda year: (now.pooling_rate(year), other.pooling_rate(year)))
        self._same_account = now.account_scale == other.account_scale

    def difference(self, sheet: m.InformationSheetSent) -> int | None:
        """What the other rules make of it less what those in force do, in fen; None where others govern it."""
        before = after = 0
        for row in sheet.rows:
            now, other = self._pooling(row.year)
            moved = _share(row.contribution_base_total, now)
            if moved != row.pooling:
                return None
            before += moved
            after += _share(row.contribution_base_total, other)
        if not sheet.rows or before != sheet.pooling_total:
            return None
        if self._same_account:
            return after - before
        try:
            given = funds_input(sheet)
            accounts = [compute_transfer(given, rules).individual_total for rules in (self._now, self._other)]
        except FundsError:
            return None
        return after - before + accounts[1] - accounts[0]


def amounts_anew(bulk: Bulk, now: TransferParameters, other: TransferParameters) -> AmountsAnew:
    """Reckon every sheet anew that is the newest of its transfer."""
    reckoner, newest = Reckoner(now, other), dict[bytes, tuple[str, int, int | None]]()
    for sheet in sheets(bulk):  # figures alone are kept: a nation's sheets do not fit into memory
        difference, envelope = reckoner.difference(sheet), sheet.envelope
        newest[envelope.transfer_id] = (envelope.sender, sheet.total, difference)
    found = AmountsAnew()
    for transfer, (origin, total, difference) in newest.items():
        counted = found.by_province.setdefault(origin, Reckoned())
        if difference is None:
            counted.otherwise += 1
            continue
        counted.checked += 1
        counted.before_fen += total
        counted.after_fen += total + difference
        if difference:
            found.changed.append(Amount(UUID(bytes=transfer), origin, total, total + difference))
    return found


def sheets(bulk: Bulk) -> Iterator[m.InformationSheetSent]:
    """Every sheet that was accepted, in the order of the log."""
    sql = "SELECT bytes FROM events WHERE topic = ? ORDER BY position"
    for (data,) in bulk.stream(sql, InformationSheetSent.TOPIC):
        sheet = decode(bytes(data))
        assert isinstance(sheet, m.InformationSheetSent), "a fact's bytes are its message"
        yield sheet


def funds_input(sheet: m.InformationSheetSent) -> FundsInput:
    """A sheet in the form in which the rules take it; what was credited is what it says."""
    return FundsInput(
        remitted_on=day_of(sheet.envelope.occurred_at),
        account_before_1998=sheet.individual_before_1998,
        account_at_previous_year_end=sheet.account_at_previous_year_end,
        province=sheet.envelope.sender,
        years=[
            YearInput(
                year=row.year,
                months=row.months,
                first_month=row.first_month % 100,
                contribution_base_total=row.contribution_base_total,
                recorded_account=row.account_credit,
                province=row.province,
                credited_year=row.credited_year,
                credited_month=row.credited_month,
            )
            for row in sheet.rows
        ],
    )


def _share(base: Fen, rate: YearRate | None) -> Fen:
    return share(base, rate.rate) if rate else NO_FEN
