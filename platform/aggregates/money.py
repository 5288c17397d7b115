"""The money of one transfer: payment lines, how the sheet splits them, and the ledger entries that follow.

Each payment line is one vector (personal, pooling, unallocated) that moves whole through the accounts. What a line's
vector is follows from the latest information sheet: lines are filled in order of appearance, the personal part first,
then the pooling part; what the sheet does not explain stays unallocated. Entries are the difference between the
balances before and after a fact, so a corrected sheet reclassifies wherever the money stands (domain.md §3).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from jinbao.rules.money import Fen
from jinbao.rules.provinces import pair_name

Account = Literal[
    "origin_fund",
    "in_transit",
    "suspense",
    "destination_fund",
    "returned",
    "refunded",
    "settlement_owed",
    "settlement_due",
    "moving",
]
"""Between the funds of a pair of provinces that settle by period: `settlement_owed` is what a province still holds of
the other's money (+), `settlement_due` what it has not yet got from the other (-)."""
Vector = tuple[int, int, int]
"""(personal, pooling, unallocated) in fen."""
NOTHING: Vector = (0, 0, 0)


class Posting(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One side of a ledger entry: what an account gains (or loses) by a fact. All postings of a fact sum to zero."""

    account: str
    province: str
    """Whose books: the origin's for `origin_fund` and `returned`, else the destination's; in transit: the payer's."""
    payment_reference: str
    payment_line: int
    personal_fen: int
    pooling_fen: int
    unallocated_fen: int


class PaymentLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One line of a payment order of this case, and how far it has come."""

    payment_reference: str
    payment_line: int
    amount: Fen
    backwards: bool = False
    """True for money that the destination pays back."""
    announced: bool = False
    """The payer has reported it."""
    arrived: bool = False
    """The receiver has reported it."""
    of: tuple[str, int] | None = None
    """For money paid back: the line that it returns."""
    bounced: bool = False
    """The payer's bank gave it back to the payer: it will not arrive."""


Lines = tuple[PaymentLine, ...]
Split = tuple[Fen, Fen] | None
"""(individual_total, pooling_total) of the latest sheet, or None while there is none."""


def find(lines: Lines, reference: str, line: int) -> PaymentLine | None:
    """The case's payment line of that reference and number."""
    for payment in lines:
        if payment.payment_line == line and payment.payment_reference == reference:
            return payment
    return None


def put(lines: Lines, changed: PaymentLine) -> Lines:
    """The lines with one replaced, or added at the end."""
    for i, payment in enumerate(lines):
        if payment.payment_line == changed.payment_line and payment.payment_reference == changed.payment_reference:
            return (*lines[:i], changed, *lines[i + 1 :])
    return (*lines, changed)


def sent(lines: Lines) -> Fen:
    """Fen that the origin has paid, by its own report or the destination's."""
    total = 0
    for p in lines:
        if not p.backwards and not p.bounced:
            total += p.amount
    return Fen(total)


def received(lines: Lines) -> Fen:
    """Fen that the destination has reported as credited."""
    total = 0
    for p in lines:
        if p.arrived and not p.backwards:
            total += p.amount
    return Fen(total)


def paid_back(lines: Lines, of: tuple[str, int] | None = None) -> Fen:
    """Fen that the destination has reported as paid back, of one line or of all; what bounced is here again."""
    total = 0
    for p in lines:
        if p.announced and p.backwards and not p.bounced and (of is None or p.of == of):
            total += p.amount
    return Fen(total)


def on_the_way(lines: Lines) -> int:
    """Number of lines that the origin has reported and the destination has not."""
    number = 0
    for p in lines:
        if p.announced and not p.arrived and not p.backwards and not p.bounced:
            number += 1
    return number


def on_the_way_back(lines: Lines) -> int:
    """Number of lines that the destination has paid back and the origin has not got."""
    number = 0
    for p in lines:
        if p.backwards and not p.arrived and not p.bounced:
            number += 1
    return number


def kept(lines: Lines) -> Fen:
    """Fen that the destination holds: received less paid back."""
    return Fen(received(lines) - paid_back(lines))


def vectors(lines: Lines, split: Split) -> list[Vector]:
    """How each line divides into personal, pooling and unallocated money."""
    personal: int
    pooling: int
    personal, pooling = split or (0, 0)
    unexplained = pooled = own = 0
    result: list[Vector] = []
    for p in lines:
        amount: int = p.amount
        if p.bounced:
            a, b, c, sign = 0, 0, amount, 0
        elif p.backwards:
            c = min(amount, unexplained)
            b = min(amount - c, pooled)
            a = amount - c - b
            personal, pooling = personal + a, pooling + b
            sign = -1
        else:
            a = min(amount, personal)
            b = min(amount - a, pooling)
            c = amount - a - b
            personal, pooling = personal - a, pooling - b
            sign = 1
        own, pooled, unexplained = own + sign * a, pooled + sign * b, unexplained + sign * c
        result.append((a, b, c))
    return result


Share = tuple[int, int, int]
"""What of a line's (personal, pooling, unallocated) stands on an account: 1, -1 or 0 of each."""
_ALL: Share = (1, 1, 1)
_NONE: Share = (0, 0, 0)


def _negative(share: Share) -> Share:
    return -share[0], -share[1], -share[2]


@lru_cache(maxsize=32)
def _standing(
    backwards: bool, announced: bool, arrived: bool, bounced: bool, credited: bool
) -> Mapping[Account, Share]:
    """The accounts on which a line stands that has come so far.

    `credited`: the destination has booked to its fund what the sheet explains; what it does not explain is in suspense
    until somebody decides.
    """
    standing: dict[Account, Share] = {}
    if bounced and backwards:
        return standing  # it left the destination's account and is there again
    here: dict[Account, Share] = (
        {"destination_fund": (1, 1, 0), "suspense": (0, 0, 1)} if credited else {"suspense": _ALL}
    )
    if announced and backwards:
        standing |= {account: _negative(share) for account, share in here.items()}
    elif announced:
        standing["origin_fund"] = _negative(_ALL)
    if arrived:
        standing |= {"returned": _ALL} if backwards else here
    if bounced:
        standing["returned"] = _ALL
    elif announced != arrived:
        standing["in_transit"] = _ALL if announced else _negative(_ALL)
    return standing


_Stage = tuple[bool, bool, bool, bool, bool]
"""backwards, announced, arrived, bounced, credited."""


@lru_cache(maxsize=256)
def _moves(before: _Stage | None, after: _Stage) -> tuple[tuple[Account, bool, Share], ...]:
    """What a line that comes further moves: account, whether the origin's books hold it, share of each part."""
    old, new = {} if before is None else _standing(*before), _standing(*after)
    moves: list[tuple[Account, bool, Share]] = []
    for account in {**old, **new}:
        was, now = old.get(account, _NONE), new.get(account, _NONE)
        share = now[0] - was[0], now[1] - was[1], now[2] - was[2]
        if share != _NONE:
            moves.append((account, _at_origin(account, after[0]), share))
    assert all(sum(part) == 0 for part in zip(*(share for _, _, share in moves), strict=True)), "moves sum to zero"
    return tuple(moves)


def _at_origin(account: Account, backwards: bool) -> bool:
    """Whether the account is in the origin's books; in transit, the money is in the payer's."""
    return not backwards if account == "in_transit" else account in ("origin_fund", "returned")


def line_postings(
    before: PaymentLine | None, after: PaymentLine, vector: Vector, credited: bool, origin: str, destination: str
) -> tuple[Posting, ...]:
    """The entries of one line that comes further, while it divides as before; they sum to zero in each part."""
    was = None if before is None else (before.backwards, before.announced, before.arrived, before.bounced, credited)
    now = (after.backwards, after.announced, after.arrived, after.bounced, credited)
    result: tuple[Posting, ...] = ()
    for account, at_origin, share in _moves(was, now):
        a, b, c = share[0] * vector[0], share[1] * vector[1], share[2] * vector[2]
        if a or b or c:
            province = origin if at_origin else destination
            result += (Posting(account, province, after.payment_reference, after.payment_line, a, b, c),)
    return result


def between_funds(split: Split, origin: str, destination: str) -> tuple[Posting, ...]:
    """A completed case without a payment of its own: both funds book it, the sum stands between them.

    The pair's name stands where a payment's reference would; at each province fund and settlement make zero, as no bank
    has moved anything.
    """
    a, b = split or (0, 0)
    if not a and not b:
        return ()
    pair = pair_name(origin, destination)
    return (
        Posting("origin_fund", origin, pair, 0, -a, -b, 0),
        Posting("settlement_owed", origin, pair, 0, a, b, 0),
        Posting("destination_fund", destination, pair, 0, a, b, 0),
        Posting("settlement_due", destination, pair, 0, -a, -b, 0),
    )


Balances = dict[tuple[Account, str, int], Vector]
"""(account, reference, line) → what stands there."""


def balances(lines: Lines, split: Split, credited: bool) -> Balances:
    """Where the money of the case stands."""
    result: Balances = {}
    for p, (a, b, c) in zip(lines, vectors(lines, split), strict=True):
        for account, share in _standing(p.backwards, p.announced, p.arrived, p.bounced, credited).items():
            result[account, p.payment_reference, p.payment_line] = (share[0] * a, share[1] * b, share[2] * c)
    return result


def postings(before: Balances, after: Balances, origin: str, destination: str, lines: Lines) -> tuple[Posting, ...]:
    """The entries that lead from one set of balances to another; they sum to zero in each part."""
    result = []
    personal = pooling = unallocated = 0
    for key in {**before, **after}:
        old, new = before.get(key, NOTHING), after.get(key, NOTHING)
        if old == new:
            continue
        account, reference, line = key
        backwards = account == "in_transit" and any(
            [p.backwards for p in lines if p.payment_line == line and p.payment_reference == reference]  # noqa: C419
        )
        province = origin if _at_origin(account, backwards) else destination
        a, b, c = new[0] - old[0], new[1] - old[1], new[2] - old[2]
        personal, pooling, unallocated = personal + a, pooling + b, unallocated + c
        result.append(Posting(account, province, reference, line, a, b, c))
    assert personal == pooling == unallocated == 0, "postings must sum to zero in each part"
    return tuple(result)
