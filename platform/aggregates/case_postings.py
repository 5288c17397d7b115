"""What a fact moves in the books of its case: payment lines, a whole case on the move, refunds, settled sums."""

from __future__ import annotations

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import MoneyFact
from jinbao.platform.aggregates.transfer import Transfer


def postings_of(fact: Fact, before: Transfer, after: Transfer) -> tuple[money.Posting, ...]:
    """What the fact moves. A payment line moves alone: how it divides depends on earlier lines only."""
    settled: tuple[money.Posting, ...] = ()
    if after.money == "by_period" and isinstance(fact, TransferCompleted):
        settled = money.between_funds(after.split, after.origin, after.destination)
    if not after.payments and not before.payments:
        return settled  # also a sheet that comes before its money
    only = (fact.payment.reference, fact.payment.line) if isinstance(fact, MoneyFact) else None
    moved = money.postings(
        money.balances(before.payments, before.payment_split, before.credited, only),
        money.balances(after.payments, after.payment_split, after.credited, only),
        after.origin,
        after.destination,
        after.payments,
    )
    return moved + settled


def whole_case(t: Transfer, sign: int) -> tuple[money.Posting, ...]:
    """Everything that stands in the books of a case, put in (1) or taken out (-1)."""
    here = money.balances(t.payments, t.payment_split, t.credited)
    before, after = ({}, here) if sign > 0 else (here, {})
    return money.postings(before, after, t.origin, t.destination, t.payments)


def refund(fact: OverlapCleared, t: Transfer) -> tuple[money.Posting, ...]:
    """The destination's fund pays the person the account of the overlapping months; pooling money stays."""
    if fact.refund == 0:
        return ()
    line = (t.destination, fact.reference, fact.line)
    return (
        money.Posting("destination_fund", *line, -fact.refund, 0, 0),
        money.Posting("refunded", *line, fact.refund, 0, 0),
    )


def moved_between_relationships(t: Transfer, sign: int) -> tuple[money.Posting, ...]:
    """The case's books, and the account on which they wait until another relationship has taken it.

    There each line stands with whoever paid it and with whoever has it or is to get it.
    """
    own = whole_case(t, sign)
    waiting: dict[tuple[str, str, int], money.Vector] = {}
    for p in own:
        on_its_way = p.account == "in_transit" and (p.personal + p.pooling + p.unallocated) * sign > 0
        other = t.origin if p.province == t.destination else t.destination
        key = (other if on_its_way else p.province, p.reference, p.line)
        a, b, c = waiting.get(key, money.NOTHING)
        waiting[key] = (a - p.personal, b - p.pooling, c - p.unallocated)
    return (*own, *(money.Posting("moving", *key, *parts) for key, parts in waiting.items() if parts != money.NOTHING))
