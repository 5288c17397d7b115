"""The money of one transfer: payment lines, how the sheet splits them, and the ledger entries that follow.

Each payment line is one vector (personal, pooling, unallocated) that moves whole through the accounts. What a line's
vector is follows from the latest information sheet: lines are filled in order of appearance, the personal part first,
then the pooling part; what the sheet does not explain stays unallocated. Entries are the difference between the
balances before and after a fact, so a corrected sheet reclassifies wherever the money stands (domain.md §3).
"""

from __future__ import annotations

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
    reference: str
    line: int
    personal: int
    pooling: int
    unallocated: int


class PaymentLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One line of a payment order of this case, and how far it has come."""

    reference: str
    line: int
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
        if payment.line == line and payment.reference == reference:
            return payment
    return None


def put(lines: Lines, changed: PaymentLine) -> Lines:
    """The lines with one replaced, or added at the end."""
    for i, payment in enumerate(lines):
        if payment.line == changed.line and payment.reference == changed.reference:
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


def _homes(vector: Vector, credited: bool) -> list[tuple[Account, Vector]]:
    """The destination's accounts on which a line's money stands."""
    if not credited:
        return [("suspense", vector)]
    explained: tuple[Account, Vector] = ("destination_fund", (vector[0], vector[1], 0))
    return [explained, ("suspense", (0, 0, vector[2]))] if vector[2] else [explained]


def _negative(vector: Vector) -> Vector:
    return -vector[0], -vector[1], -vector[2]


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


Balances = dict[tuple[str, str, int], Vector]
"""(account, reference, line) → what stands there."""


def balances(lines: Lines, split: Split, credited: bool, only: tuple[str, int] | None = None) -> Balances:
    """Where the money of the case (or of one line) stands.

    `credited`: the destination has booked to its fund what the sheet explains; what it does not explain is in suspense
    until somebody decides.
    """
    result: Balances = {}
    for p, vector in zip(lines, vectors(lines, split), strict=True):
        reference, line = p.reference, p.line
        if only is not None and only != (reference, line):
            continue
        if p.bounced and p.backwards:
            continue  # it left the destination's account and is there again
        if p.announced and p.backwards:
            for home, part in _homes(vector, credited):
                result[home, reference, line] = _negative(part)
        elif p.announced:
            result["origin_fund", reference, line] = _negative(vector)
        if p.arrived and p.backwards:
            result["returned", reference, line] = vector
        elif p.arrived:
            for home, part in _homes(vector, credited):
                result[home, reference, line] = part
        if p.bounced:
            result["returned", reference, line] = vector
        elif p.announced != p.arrived:
            result["in_transit", reference, line] = vector if p.announced else _negative(vector)
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
        if account == "in_transit":
            backwards = any([p.backwards for p in lines if p.line == line and p.reference == reference])  # noqa: C419
            province = destination if backwards else origin
        else:
            province = origin if account in ("origin_fund", "returned") else destination
        a, b, c = new[0] - old[0], new[1] - old[1], new[2] - old[2]
        personal, pooling, unallocated = personal + a, pooling + b, unallocated + c
        result.append(Posting(account, province, reference, line, a, b, c))
    assert personal == pooling == unallocated == 0, "postings must sum to zero in each part"
    return tuple(result)
