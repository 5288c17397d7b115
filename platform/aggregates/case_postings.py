"""Ledger postings of a fact: payment lines, or a whole case that moves."""

from __future__ import annotations

from typing import Any

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.transfer import Transfer


def of_line(fact: Any, before: Transfer | None, after: Transfer) -> tuple[money.Posting, ...]:
    """Of a fact that moves one payment line: it moves alone, since how it divides depends on earlier lines only."""
    assert before is not None, "asked of transfers that have begun"
    line: money.PaymentLine = fact.payment
    was = money.find(before.payments, line.payment_reference, line.payment_line)
    place = after.payments.index(line) + 1
    vector = money.vectors(after.payments[:place], after.payment_split)[-1]
    return money.line_postings(was, line, vector, after.credited, after.origin, after.destination)


def of_lines(fact: Any, before: Transfer | None, after: Transfer) -> tuple[money.Posting, ...]:
    """Of a fact that may change how every payment line divides, or where it stands."""
    assert before is not None, "asked of transfers that have begun"
    if not after.payments and not before.payments:
        return ()  # also a sheet that comes before its money
    return money.postings(
        money.balances(before.payments, before.payment_split, before.credited),
        money.balances(after.payments, after.payment_split, after.credited),
        after.origin,
        after.destination,
        after.payments,
    )


def of_all_that_came(fact: Any, before: Transfer | None, after: Transfer) -> tuple[money.Posting, ...]:
    """Of a fact that begins a case with its money."""
    return whole_case(after, +1)


def whole_case(t: Transfer, sign: int) -> tuple[money.Posting, ...]:
    """Everything that stands in the books of a case, put in (1) or taken out (-1)."""
    here = money.balances(t.payments, t.payment_split, t.credited)
    before, after = ({}, here) if sign > 0 else (here, {})
    return money.postings(before, after, t.origin, t.destination, t.payments)


def moved_between_relationships(t: Transfer, sign: int) -> tuple[money.Posting, ...]:
    """The case's books, and the account on which they wait until another relationship has taken it.

    There each line stands with whoever paid it and with whoever has it or is to get it.
    """
    own = whole_case(t, sign)
    waiting: dict[tuple[str, str, int], money.Vector] = {}
    for p in own:
        on_its_way = p.account == "in_transit" and (p.personal_fen + p.pooling_fen + p.unallocated_fen) * sign > 0
        other = t.origin if p.province == t.destination else t.destination
        key = (other if on_its_way else p.province, p.payment_reference, p.payment_line)
        a, b, c = waiting.get(key, money.NOTHING)
        waiting[key] = (a - p.personal_fen, b - p.pooling_fen, c - p.unallocated_fen)
    return (*own, *(money.Posting("moving", *key, *parts) for key, parts in waiting.items() if parts != money.NOTHING))
