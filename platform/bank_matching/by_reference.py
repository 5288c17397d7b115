"""Matching by payment reference: one entry, several entries or a batch, and what does not fit although it is named.

An entry that names a known payment is explained by that payment or is a break: its amount never leads it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinbao.platform.bank_matching.findings import Findings
from jinbao.platform.bank_matching.values import (
    BookedEntry,
    BreakKind,
    EntryPayment,
    Match,
    MatchRule,
    Payment,
    Role,
    Side,
)


def match_by_reference(found: Findings) -> None:
    """Take every entry that names a payment, or for which a person named one."""
    single: dict[str, list[BookedEntry]] = {}
    batches: list[tuple[BookedEntry, list[str]]] = []
    for entry in found.entries.values():
        named = _named_payments(found, entry)
        if named is None:
            continue
        if not named:
            _unplaced(found, entry, "unknown_reference")
        elif len(named) > 1 or not _details_add_up(entry):
            batches.append((entry, named))
        else:
            single.setdefault(named[0], []).append(entry)
    for reference in sorted(single):
        _match_payment(found, found.payments[reference], single[reference])
    matched: dict[tuple[str, ...], Match] = {}
    for entry, named in batches:
        _match_batch(found, entry, named, matched)


def _named_payments(found: Findings, entry: BookedEntry) -> list[str] | None:
    """The payments that an entry names; None where it names nothing, empty where nothing that it names is known.

    Of several that are known those count that this account and direction can be. One that nobody knows beside a known
    one makes a list of two, which no batch fits.
    """
    if entry.id in found.confirmed:
        return [found.confirmed[entry.id]]
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for payment in entry.payments:
        here = [r for r in payment.references if r in found.payments]
        known.update(dict.fromkeys(here))
        if not here:
            unknown.update(dict.fromkeys(payment.references))
    if not known:
        return [] if unknown else None
    fitting = [r for r in known if _fitting_side(found, found.payments[r], entry)]
    return sorted(fitting or list(known)[:1]) + sorted(unknown)


def _fitting_side(found: Findings, payment: Payment, entry: BookedEntry) -> Side | None:
    """The side of a payment that an entry can be, by account and direction."""
    account = found.coverage.accounts[entry.account]
    for side in payment.sides.values():
        if side.at == (account.province, account.kind) and (side.amount_fen > 0) == (entry.amount_fen > 0):
            return side
    return None


def _details_add_up(entry: BookedEntry) -> bool:
    """Whether the allocation list of an entry, where the bank gives every amount, comes to the entry."""
    amounts = [payment.amount_fen for payment in entry.payments]
    return None in amounts or sum(amount or 0 for amount in amounts) == entry.amount_fen or not amounts


def _match_payment(found: Findings, payment: Payment, entries: Sequence[BookedEntry]) -> None:
    """All entries that name one payment and nothing else: the payer's, then the payee's, then those elsewhere."""
    payer: list[BookedEntry] = []
    payee: list[BookedEntry] = []
    elsewhere: list[BookedEntry] = []
    for entry in entries:
        account = found.coverage.accounts[entry.account]
        if (account.province, account.kind) == (payment.payer, "out"):
            payer.append(entry)
        elif (account.province, account.kind) == (payment.payee, "in"):
            payee.append(entry)
        else:
            elsewhere.append(entry)
    _match_account(found, payment, "debit", payer)
    _match_account(found, payment, "credit", payee)
    for entry in _without_taken_back(found, elsewhere):
        if entry.entry_class != "other":
            found.classify(entry)
            continue
        sides = [side for role in payment.sides if (side := found.open_side(payment, role))]
        found.break_on_entry("wrong_account", entry, [s for s in sides if s.amount_fen == entry.amount_fen][:1])


def _without_taken_back(found: Findings, entries: Sequence[BookedEntry]) -> list[BookedEntry]:
    """What is left of a payment's entries where it does not belong: two that come to nothing explain each other.

    They are on one account or on two of one province: money that came to the wrong one and went on from another.
    """
    left: list[BookedEntry] = []
    for entry in entries:
        opposite = [one for one in left if one.amount_fen == -entry.amount_fen and _may_cancel(found, one, entry)]
        if opposite:
            one = min(opposite, key=lambda one: (one.account != entry.account, one.order))
            left.remove(one)
            found.match(_rule(found, (one, entry)), (), (one, entry))
        else:
            left.append(entry)
    return left


def _may_cancel(found: Findings, one: BookedEntry, other: BookedEntry) -> bool:
    accounts = found.coverage.accounts
    is_explained = "other" not in (one.entry_class, other.entry_class)
    return not is_explained and accounts[one.account].province == accounts[other.account].province


def _match_account(found: Findings, payment: Payment, role: Role, entries: list[BookedEntry]) -> None:
    """The entries of one payment on one bank: those of its own direction, then what came back."""
    side = found.open_side(payment, role)
    back = found.open_side(payment, "return") if role == "debit" else None
    own = [entry for entry in entries if (entry.amount_fen > 0) == (role == "credit")]
    came_back = [entry for entry in entries if (entry.amount_fen > 0) != (role == "credit")]
    total = sum(entry.amount_fen for entry in entries)
    sides = [s for s in (side, back) if s]
    if side and entries and sum(e.amount_fen for e in own) != side.amount_fen and _sum(sides) == total:
        found.match(_rule(found, entries), sides, entries)
        return
    if back and came_back:
        _settle(found, back, came_back)
    else:
        for entry in came_back:
            found.returned.setdefault(payment.reference, len(found.breaks))
            found.break_on_entry("returned", entry)
    if side is None:
        for entry in own:
            found.break_on_entry("unmatched_bank", entry)
    elif own:
        _settle(found, side, own)
    elif side.amount_fen == 0:
        found.match("nothing_moved", [side], [])
    elif role == "credit" and _came_back_unreported(found, payment) == side.amount_fen:
        found.join(found.returned[payment.reference], side)


def _sum(sides: Sequence[Side]) -> int:
    return sum(side.amount_fen for side in sides)


def _rule(found: Findings, entries: Sequence[BookedEntry]) -> MatchRule:
    if any(entry.id in found.confirmed for entry in entries):
        return "confirmed"
    return "several_entries" if len(entries) > 1 else "reference"


def _came_back_unreported(found: Findings, payment: Payment) -> int:
    """What the payer's bank has given back of a payment without that the ledger knows."""
    if payment.reference not in found.returned:
        return 0
    returned = (b for b in found.breaks[found.returned[payment.reference] :] if payment.reference in b.references)
    return sum(b.amount_fen for b in returned if b.kind == "returned" and b.amount_fen > 0)


def _settle(found: Findings, side: Side, entries: list[BookedEntry]) -> None:
    """Entries of a side's own direction: together it, or one of them it and the others too much, or not it."""
    total = sum(entry.amount_fen for entry in entries)
    core = entries if total == side.amount_fen else _core(side, entries)
    if core:
        found.match(_rule(found, core), [side], core)
        taken = {entry.id for entry in core}
        amounts = {entry.amount_fen for entry in core}
        for entry in entries:
            if entry.id not in taken:
                _unplaced(found, entry, "duplicate" if entry.amount_fen in amounts else "over")
    elif side.role == "credit" and total + _came_back_unreported(found, side.payment) == side.amount_fen != total:
        found.join(found.returned[side.payment.reference], side, entries)
    else:
        kind: BreakKind = "under" if abs(total) < abs(side.amount_fen) else "over"
        found.break_on_side("batch_mismatch" if len(side.payment.lines) > 1 else kind, side, entries)


def _core(side: Side, entries: Sequence[BookedEntry]) -> list[BookedEntry]:
    """The earliest entry that is the whole side, or one of each amount where those are; empty where neither is."""
    for entry in entries:
        if entry.amount_fen == side.amount_fen:
            return [entry]
    each = {entry.amount_fen: entry for entry in reversed(entries)}
    return sorted(each.values(), key=lambda entry: entry.order) if sum(each) == side.amount_fen else []


def _unplaced(found: Findings, entry: BookedEntry, kind: BreakKind) -> None:
    """An entry that no payment has a place for: its class explains it, or it is a break."""
    if entry.entry_class != "other":
        found.classify(entry)
    else:
        found.break_on_entry(kind, entry)


def _match_batch(found: Findings, entry: BookedEntry, named: list[str], matched: dict[tuple[str, ...], Match]) -> None:
    """One entry for several payments: it is their sum, each as the allocation list says, or a break.

    The difference is never added to one of them.
    """
    payments = [found.payments[reference] for reference in named if reference in found.payments]
    sides = [side for payment in payments if (side := _fitting_side(found, payment, entry))]
    untaken = [side for side in sides if side.key in found.open_sides]
    whole = len(untaken) == len(named) and _sum(untaken) == entry.amount_fen
    if whole and _details_add_up(entry) and all(_detail_fits(found, entry, detail) for detail in entry.payments):
        found.match("batch", untaken, [entry])
        matched[tuple(named)] = found.matches[-1]
        return
    before = matched.get(tuple(named))
    again = before is not None and found.entries[before.entries[0]].amount_fen == entry.amount_fen
    found.break_on_entry("duplicate" if again else "batch_mismatch", entry, untaken)


def _detail_fits(found: Findings, entry: BookedEntry, detail: EntryPayment) -> bool:
    """Whether one line of an allocation list says of its payment what the ledger says; true where it says no amount."""
    if detail.amount_fen is None:
        return True
    payments = [found.payments[r] for r in detail.references if r in found.payments]
    sides = [side for payment in payments if (side := _fitting_side(found, payment, entry))]
    return bool(sides) and _sum(sides) == detail.amount_fen
