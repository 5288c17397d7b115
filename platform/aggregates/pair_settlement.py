"""Settlement of two provinces for one year, and the ledger entries that follow from a change of it.

At the province that pays, `settlement_owed` falls; at the one that is paid, `settlement_due` rises: in both directions,
so that a debt that turns round needs no other accounts. What is paid is one amount; when nothing is owed any more it is
divided as the cases say, and both accounts of both provinces come to nothing in each part.
"""

from __future__ import annotations

import msgspec

from jinbao.platform.aggregates.money import NOTHING, Lines, PaymentLine, Posting, Vector, put
from jinbao.rules.money import Fen
from jinbao.rules.provinces import pair_name

Parts = tuple[Fen, Fen]
"""(personal, pooling) in fen."""


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What two provinces owe each other for a year, by the latest statement, and what was paid of it."""

    year: int
    first: str
    second: str
    first_owes: Parts
    """What moved from the first to the second."""
    second_owes: Parts
    cases: int
    version: int
    lines: Lines = ()
    """Payments; `backwards` are those that the second made."""

    @property
    def net(self) -> int:
        """Fen that the first owes the second by the statement; negative: the second owes the first."""
        return sum(self.first_owes) - sum(self.second_owes)

    @property
    def open(self) -> int:
        """The same after all payments that either side has reported."""
        return self.net - sum(-p.amount if p.backwards else p.amount for p in self.lines)

    def owes(self, province: str) -> int:
        """Fen that the province still owes the other; negative where it is owed."""
        return self.open if province == self.first else -self.open

    @property
    def is_cleared(self) -> bool:
        """Whether nothing is owed and no payment is known to one side only."""
        return self.open == 0 and all(p.announced and p.arrived for p in self.lines)

    def payer(self, line: PaymentLine) -> str:
        """Who made a payment."""
        return self.second if line.backwards else self.first

    def payee(self, line: PaymentLine) -> str:
        """Who gets it."""
        return self.first if line.backwards else self.second

    def with_line(self, line: PaymentLine) -> Settlement:
        """The same with a payment as it is now."""
        return msgspec.structs.replace(self, lines=put(self.lines, line))


_Key = tuple[str, str, str, int]
"""Account, province, reference, line."""


def _standing(s: Settlement | None) -> dict[_Key, Vector]:
    """What the settlement's own facts have put on the accounts; the cases' sums stand there by themselves."""
    if s is None:
        return {}
    standing: dict[_Key, Vector] = {}
    paid = {False: 0, True: 0}
    for p in s.lines:
        paid[p.backwards] += p.amount
        if p.announced:
            standing["settlement_owed", s.payer(p), p.payment_reference, p.payment_line] = (0, 0, -p.amount)
        if p.arrived:
            standing["settlement_due", s.payee(p), p.payment_reference, p.payment_line] = (0, 0, p.amount)
        if p.announced != p.arrived:
            sign = 1 if p.announced else -1
            standing["in_transit", s.payer(p), p.payment_reference, p.payment_line] = (0, 0, sign * p.amount)
    pair = pair_name(s.first, s.second)
    smaller = min(s.first_owes, s.second_owes, key=sum)
    ways = ((s.first, s.second, s.first_owes, paid[False]), (s.second, s.first, s.second_owes, paid[True]))
    for payer, payee, owes, amount in ways:
        a, b, c = (*owes, amount) if s.is_cleared else (*smaller, 0)
        standing["settlement_owed", payer, pair, 0] = (-a, -b, c)
        standing["settlement_due", payee, pair, 0] = (a, b, -c)
    return standing


def postings(before: Settlement | None, after: Settlement) -> tuple[Posting, ...]:
    """The entries that lead from one state of the settlement to the next; they sum to zero in each part."""
    old, new = _standing(before), _standing(after)
    result = []
    for key in {**old, **new}:
        was, now = old.get(key, NOTHING), new.get(key, NOTHING)
        if was != now:
            result.append(Posting(*key, now[0] - was[0], now[1] - was[1], now[2] - was[2]))
    return tuple(result)
