"""What has been found so far while entries are matched: every side and entry leaves the open ones exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from jinbao.platform.bank_matching.coverage import Coverage
from jinbao.platform.bank_matching.values import (
    BookedEntry,
    Break,
    BreakKind,
    EntryClass,
    Match,
    MatchRule,
    Payment,
    Role,
    Side,
    SideKey,
)


class Findings:
    """Open sides and entries, and the matches, classes and breaks that took the others."""

    def __init__(
        self,
        payments: Iterable[Payment],
        entries: Iterable[BookedEntry],
        coverage: Coverage,
        confirmed: Mapping[bytes, str],
    ) -> None:
        self.payments = {payment.reference: payment for payment in payments}
        self.entries = {entry.id: entry for entry in sorted(entries, key=lambda entry: entry.order)}
        self.coverage = coverage
        self.confirmed = {entry: reference for entry, reference in confirmed.items() if reference in self.payments}
        self.open_sides = {side.key: side for p in self.payments.values() for side in p.sides.values()}
        self.open_entries = dict(self.entries)
        self.matches: list[Match] = []
        self.classified: dict[bytes, EntryClass] = {}
        self.breaks: list[Break] = []
        self.returned: dict[str, int] = {}
        """Place in `breaks` of a return that the ledger does not know, by payment reference."""

    def open_side(self, payment: Payment, role: Role) -> Side | None:
        """The side of a payment, unless something took it already."""
        return self.open_sides.get(SideKey(payment.reference, role))

    def match(self, rule: MatchRule, sides: Iterable[Side], entries: Iterable[BookedEntry]) -> None:
        """Sides and entries explain each other."""
        sides, entries = tuple(sides), tuple(entries)
        assert sum(side.amount_fen for side in sides) == sum(entry.amount_fen for entry in entries), "no plug"
        self.matches.append(Match(rule, self._take_sides(sides), self._take_entries(entries)))

    def classify(self, entry: BookedEntry) -> None:
        """An entry that its class explains."""
        self.classified[entry.id] = entry.entry_class
        self._take_entries((entry,))

    def break_on_entry(self, kind: BreakKind, entry: BookedEntry, sides: Iterable[Side] = ()) -> None:
        """A break that hangs on an entry, and what sides without entries it may be."""
        sides = tuple(sides)
        account = self.coverage.accounts[entry.account]
        references = {reference for payment in entry.payments for reference in payment.references}
        self.breaks.append(
            Break(
                kind=kind,
                anchor=entry.id,
                province=account.province,
                account=account.id,
                amount_fen=entry.amount_fen,
                difference_fen=entry.amount_fen,
                day=entry.booked_on,
                sides=self._take_sides(sides),
                entries=self._take_entries((entry,)),
                references=tuple(sorted(references)),
            )
        )

    def break_on_side(self, kind: BreakKind, side: Side, entries: Iterable[BookedEntry] = ()) -> None:
        """A break that hangs on a side, with the entries that name it."""
        entries = tuple(entries)
        at = side.at
        self.breaks.append(
            Break(
                kind=kind,
                anchor=side.key,
                province=at[0],
                account=entries[0].account if entries else self.coverage.first(at),
                amount_fen=side.amount_fen,
                difference_fen=sum(entry.amount_fen for entry in entries) - side.amount_fen,
                day=entries[0].booked_on if entries else side.payment.ordered_on,
                sides=self._take_sides((side,)),
                entries=self._take_entries(entries),
                references=(side.payment.reference,),
            )
        )

    def break_on_day(self, account: bytes, day: date) -> None:
        """A break that hangs on a day of which no statement tells."""
        province = self.coverage.accounts[account].province
        self.breaks.append(Break("missing_statement", (account, day), province, account, 0, 0, day))

    def join(self, place: int, side: Side, entries: Iterable[BookedEntry] = ()) -> None:
        """A side, and the entries that name it, which the break at a place already explains."""
        found = self.breaks[place]
        sides, taken = self._take_sides((side,)), self._take_entries(tuple(entries))
        self.breaks[place] = replace(found, sides=(*found.sides, *sides), entries=(*found.entries, *taken))

    def _take_sides(self, sides: tuple[Side, ...]) -> tuple[SideKey, ...]:
        for side in sides:
            del self.open_sides[side.key]
        return tuple(side.key for side in sides)

    def _take_entries(self, entries: tuple[BookedEntry, ...]) -> tuple[bytes, ...]:
        for entry in entries:
            del self.open_entries[entry.id]
        return tuple(entry.id for entry in entries)
