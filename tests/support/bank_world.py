"""A small world for matching: three provinces with their accounts, payments, and what banks make of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from jinbao.platform.bank_matching.figures import AccountFigures, StatementBalances, account_figures
from jinbao.platform.bank_matching.matcher import match_entries
from jinbao.platform.bank_matching.month_end import BalanceReconciliation, BookLine, reconcile_balances
from jinbao.platform.bank_matching.values import (
    AccountKind,
    BankAccount,
    BookedEntry,
    EntryClass,
    EntryPayment,
    Matching,
    Payment,
    PaymentLine,
    Role,
    SideKey,
)
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import load_working_days

MONDAY = date(2025, 3, 3)
AS_OF = date(2025, 4, 30)
FIRST_DAY = date(2025, 2, 3)


def account_id(province: str, kind: AccountKind) -> bytes:
    return hashlib.md5(f"{province} {kind}".encode()).digest()


def every_account() -> dict[bytes, BankAccount]:
    kinds: tuple[AccountKind, ...] = ("in", "out", "fiscal")
    ids = {(province, kind): account_id(province, kind) for province in ("41", "44", "65") for kind in kinds}
    return {id: BankAccount(id, *place, ((FIRST_DAY, AS_OF),)) for place, id in ids.items()}


@dataclass
class BankWorld:
    """Accounts, payments and entries; `match` explains them."""

    accounts: dict[bytes, BankAccount] = field(default_factory=every_account)
    payments: list[Payment] = field(default_factory=list)
    entries: list[BookedEntry] = field(default_factory=list)
    confirmed: dict[bytes, str] = field(default_factory=dict)
    as_of: date = AS_OF

    def pay(
        self,
        *amounts_fen: int,
        payer: str = "41",
        payee: str = "44",
        on: date = MONDAY,
        received: bool = True,
        ordered: bool = True,
        bounced_fen: int = 0,
    ) -> str:
        """A payment of so many lines that both sides have reported; returns its reference. The last line bounces."""
        number = len(self.payments)
        reference = make_payment_reference(f"{1_000_000 + number * 37:08d}")
        lines = [
            PaymentLine(
                transfer=number.to_bytes(8, "big") + line.to_bytes(8, "big"),
                ordered_fen=amount if ordered else None,
                received_fen=amount if received else None,
            )
            for line, amount in enumerate(amounts_fen)
        ]
        if bounced_fen:
            lines[-1] = lines[-1]._replace(received_fen=None, bounced_fen=bounced_fen)
        self.payments.append(Payment(reference, payer, payee, on, tuple(lines)))
        return reference

    def book(
        self,
        province: str,
        kind: AccountKind,
        amount_fen: int,
        *references: str,
        on: date = MONDAY,
        entry_class: EntryClass = "other",
        counterpart: bytes | None = None,
        details: tuple[EntryPayment, ...] = (),
    ) -> bytes:
        """An entry of an account; returns its id."""
        id = hashlib.md5(f"entry {len(self.entries)}".encode()).digest()
        payments = details or (EntryPayment(references, None, counterpart),)
        account = account_id(province, kind)
        self.entries.append(BookedEntry(id, account, on, amount_fen, entry_class, payments))
        return id

    def book_both(self, reference: str, *, debit: bool = True, credit: bool = True) -> None:
        """Debit on the day of the order, credit a day later, each as one entry."""
        payment = next(p for p in reversed(self.payments) if p.reference == reference)
        total = sum(line.ordered_fen or line.received_fen or 0 for line in payment.lines)
        if debit:
            self.book(payment.payer, "out", -total, reference, on=payment.ordered_on)
        if credit:
            self.book(payment.payee, "in", total, reference, on=payment.ordered_on + timedelta(days=1))

    def without_statement_of(self, account: bytes, day: date) -> None:
        """The account's statements leave out one day."""
        one = timedelta(days=1)
        periods = ((FIRST_DAY, day - one), (day + one, AS_OF))
        self.accounts[account] = self.accounts[account]._replace(statements=periods)

    def match(self) -> Matching:
        """Everything explained; holds every invariant of the result against the plain sums."""
        calendar = load_working_days()
        matching = match_entries(
            self.accounts.values(), self.payments, self.entries, self.as_of, calendar, self.confirmed
        )
        check_invariants(self, matching)
        return matching

    def figures(self, opening_fen: int = 0) -> list[AccountFigures]:
        """The figures of every account; the statements' balances are sums of entries, whatever becomes of those."""
        closing_fen = dict.fromkeys(self.accounts, opening_fen)
        for entry in self.entries:
            if entry.booked_on <= self.as_of:
                closing_fen[entry.account] += entry.amount_fen
        balances = {a: StatementBalances(self.as_of, opening_fen, fen) for a, fen in closing_fen.items()}
        payments = {payment.reference: payment for payment in self.payments}
        entries = {entry.id: entry for entry in self.entries}
        return account_figures(self.match(), self.accounts.values(), payments, entries, balances)

    def book_lines(self) -> Iterator[BookLine]:
        """What both provinces have booked by then, from the lines of the payments."""
        for payment in self.payments:
            for line in payment.lines if payment.ordered_on <= self.as_of else ():
                roles: dict[Role, int | None] = {
                    "debit": None if line.ordered_fen is None else -line.ordered_fen,
                    "return": line.bounced_fen,
                    "credit": line.received_fen,
                }
                for role, fen in roles.items():
                    if fen:
                        yield BookLine(SideKey(payment.reference, role), payment.ordered_on, fen)

    def month(
        self, opening_fen: int = 0, lost_fen: int = 0, matching: Matching | None = None, cleared: Collection[bytes] = ()
    ) -> list[BalanceReconciliation]:
        """The month's bank reconciliation statements; `lost_fen` is missing in each closing balance."""
        entries = {entry.id: entry for entry in self.entries if entry.booked_on <= self.as_of}
        closing_fen = dict.fromkeys(self.accounts, opening_fen - lost_fen)
        for entry in entries.values():
            closing_fen[entry.account] += entry.amount_fen
        balances = {a: StatementBalances(self.as_of, opening_fen, fen) for a, fen in closing_fen.items()}
        payments = {payment.reference: payment for payment in self.payments}
        month = (self.as_of.replace(day=1), self.as_of)
        found = matching or self.match()
        book = _summed(self.book_lines())
        return reconcile_balances(self.accounts.values(), found, payments, entries, balances, book, month, cleared)

    def broken(self) -> list[str]:
        """The kinds of the breaks, in their order."""
        return [found.kind for found in self.match().breaks]


def _summed(lines: Iterable[BookLine]) -> list[BookLine]:
    sums: dict[SideKey, BookLine] = {}
    for line in lines:
        before = sums.get(line.side, line._replace(amount_fen=0))
        sums[line.side] = before._replace(amount_fen=before.amount_fen + line.amount_fen)
    return list(sums.values())


def check_invariants(world: BankWorld, matching: Matching) -> None:
    """Every entry and side stands in exactly one place, and what is matched adds up to the fen."""
    entries = {entry.id: entry for entry in world.entries if entry.booked_on <= world.as_of}
    sides = {side.key: side for p in world.payments if p.ordered_on <= world.as_of for side in p.sides.values()}
    groups = [*matching.matches, *matching.breaks]
    placed = [entry for group in groups for entry in group.entries] + list(matching.classified)
    assert sorted(placed) == sorted(entries)
    placed_sides = [side for group in groups for side in group.sides] + [*matching.awaited, *matching.proposed]
    assert sorted(placed_sides) == sorted(sides)
    for match in matching.matches:
        assert sum(entries[e].amount_fen for e in match.entries) == sum(sides[s].amount_fen for s in match.sides)
    anchors = [found.anchor for found in matching.breaks]
    assert len(set(anchors)) == len(anchors)
    for found in matching.breaks:
        if isinstance(found.anchor, bytes):
            assert found.anchor in found.entries
        elif isinstance(found.anchor, SideKey):
            assert found.anchor in found.sides
        else:
            assert found.kind == "missing_statement"
            assert (found.entries, found.sides) == ((), ())
    offered = {reference for found in matching.breaks for reference in found.candidates}
    assert {side.reference for side in matching.proposed} <= offered


def shuffled(world: BankWorld, order: list[int]) -> BankWorld:
    """The same world, arrived in another order."""
    pick = {place: rank for rank, place in enumerate(order)}
    by = lambda items: [items[i] for i in sorted(range(len(items)), key=lambda i: pick.get(i, i))]  # noqa: E731
    accounts = {key: world.accounts[key] for key in by(list(world.accounts))}
    return replace(world, accounts=accounts, payments=by(world.payments), entries=by(world.entries))
