"""Each bank account between its first and last balance: what the ledger, classes and breaks explain of it, in fen.

The bank's part comes from the statements' balances, the ledger's from the payments that provinces report. What is left
is unexplained; nothing is made to fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jinbao.platform.bank_matching.values import BankAccount, BookedEntry, Break, Matching, Payment, SideKey


@dataclass(frozen=True, slots=True)
class StatementBalances:
    """What an account's statements say, up to the day that is asked for."""

    statements_to: date
    opening_fen: int
    closing_fen: int


@dataclass(slots=True)
class AccountFigures:
    """closing − opening = ledger + other + breaks + unexplained."""

    account: BankAccount
    balances: StatementBalances | None
    """None before the first statement."""
    ledger_fen: int = 0
    """What the bank should have booked by the payments that are reported, without those that are awaited."""
    other_fen: int = 0
    """Between own accounts, charges, interest, and what came where it did not belong and left again."""
    breaks_fen: int = 0
    """Bank minus ledger of what is in breaks."""

    @property
    def unexplained_fen(self) -> int:
        """What of the bank's change nothing explains."""
        changed = self.balances.closing_fen - self.balances.opening_fen if self.balances else 0
        return changed - self.ledger_fen - self.other_fen - self.breaks_fen


class Places:
    """On which account a side counts: that of an entry beside it, else the first of its province and kind."""

    def __init__(self, accounts: Iterable[BankAccount], payments: Mapping[str, Payment]) -> None:
        self._payments = payments
        self._at: dict[tuple[str, str], list[bytes]] = {}
        for account in accounts:
            self._at.setdefault((account.province, account.kind), []).append(account.id)

    def of(self, keys: Iterable[SideKey], beside: Iterable[bytes] = ()) -> Iterator[tuple[bytes, int]]:
        """(account, fen) of each side that has an account."""
        beside = set(beside)
        for key in keys:
            side = self._payments[key.reference].sides[key.role]
            possible = self._at.get(side.at, [])
            here = [account for account in possible if account in beside] or possible
            if here:
                yield here[0], side.amount_fen


def account_figures(
    matching: Matching,
    accounts: Iterable[BankAccount],
    payments: Mapping[str, Payment],
    entries: Mapping[bytes, BookedEntry],
    balances: Mapping[bytes, StatementBalances],
) -> list[AccountFigures]:
    """The figures of every account, by province, kind and id."""
    ordered = sorted(accounts, key=lambda account: (account.province, account.kind, account.id))
    figures = {account.id: AccountFigures(account, balances.get(account.id)) for account in ordered}
    places = Places(ordered, payments)
    for classified in matching.classified:
        entry = entries[classified]
        figures[entry.account].other_fen += entry.amount_fen
    for match in matching.matches:
        for account, fen in places.of(match.sides, (entries[e].account for e in match.entries)):
            figures[account].ledger_fen += fen
        for taken_back in () if match.sides else match.entries:
            figures[entries[taken_back].account].other_fen += entries[taken_back].amount_fen
    for account, fen in places.of(matching.proposed):
        figures[account].ledger_fen += fen
        figures[account].breaks_fen -= fen
    for found in matching.breaks:
        _add_break(figures, found, entries, places)
    return list(figures.values())


def _add_break(
    figures: Mapping[bytes, AccountFigures], found: Break, entries: Mapping[bytes, BookedEntry], places: Places
) -> None:
    for account, fen in places.of(found.sides, (entries[entry].account for entry in found.entries)):
        figures[account].ledger_fen += fen
        figures[account].breaks_fen -= fen
    for booked in found.entries:
        figures[entries[booked].account].breaks_fen += entries[booked].amount_fen
    if found.kind == "unmatched_bank" and found.sides and found.account:  # on the bank, and in no ledger yet
        figures[found.account].ledger_fen -= found.difference_fen
        figures[found.account].breaks_fen += found.difference_fen
