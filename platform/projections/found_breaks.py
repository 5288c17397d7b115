"""Breaks and matches as they stand by what was said of them, and as the pure matcher would say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.bank_account.facts import SideOf
from jinbao.platform.bank_matching.values import Break, SideKey
from jinbao.platform.projections.bank_accounts import COUNTS
from jinbao.platform.projections.bank_findings import About, decode_about, decode_breaks, decode_sides
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.store import UnitOfWork

MOST_NAMED = 200
"""Maximum number of sides, entries or payments that one break names; what it comes to is its difference."""


class FoundBreak(NamedTuple):
    """A break as it stands."""

    break_id: UUID
    account: UUID
    province: str
    kind: str
    state: Literal["open", "investigating", "resolved"]
    finding: int
    found_at: int
    """Position of the event that says so."""
    day: date
    amount_fen: int
    """Of the entry or side on which it hangs; 0 for a missing day."""
    difference_fen: int
    """Bank minus ledger."""
    about: About
    cured_by: UUID | None
    """Event id of the message that cured it, where it is resolved."""
    cleared: tuple[bytes, ...]
    """Where an officer cleared it: the breaks that come to nothing together."""
    operator: str | None
    """Who last looked into it or cleared it, and why."""
    reason: str | None


def found_breaks(
    work: UnitOfWork, province: str | None = None, *, resolved: bool = False, begins: str = ""
) -> list[FoundBreak]:
    """The open breaks, or those that were resolved too, the oldest first; of one province; whose id begins so."""
    conditions = "" if resolved else " AND b.opened_at > b.resolved_at"
    values: list[object] = []
    if province is not None:
        conditions += " AND a.province = ?"
        values.append(province)
    sql = f"{_BREAKS}{conditions} ORDER BY b.day, a.province, b.kind, b.break_id"
    found = map(_found_break, work.bulk.stream(sql, *values))
    return [each for each in found if str(each.break_id).startswith(begins)]


def breaks_by_id(work: UnitOfWork, break_ids: Sequence[bytes]) -> dict[bytes, FoundBreak]:
    """Those breaks that were ever found, and those that were cleared with them."""
    found: dict[bytes, FoundBreak] = {}
    wanted = set(break_ids)
    while wanted:
        rows = work.bulk.select_in(f"{_BREAKS} AND b.break_id", sorted(wanted))
        fresh = {one.break_id.bytes: one for one in map(_found_break, rows)}
        found |= fresh
        wanted = {each for one in fresh.values() for each in one.cleared} - found.keys()
    return found


_BREAKS = (
    "SELECT b.break_id, s.key, a.province, b.kind, b.opened_at, b.investigated_at, b.resolved_at, b.finding, "
    "b.day, b.amount_fen, b.difference_fen, b.about, b.cured_by, b.cleared, b.operator, b.reason "
    "FROM bank_breaks b JOIN bank_accounts a ON a.stream = b.stream JOIN streams s ON s.stream = b.stream "
    "WHERE b.opened_at > 0"
)


def as_found(found: Break, known: FoundBreak | None) -> FoundBreak:
    """A break of the pure matcher as it would be said, with the state that it is known to have where it is open."""
    assert found.account is not None, "whatever is missed on a bank is missed on an account that tells of its days"
    return FoundBreak(
        found.id,
        known.account if known is not None else UUID(bytes=found.account),
        found.province,
        found.kind,
        known.state if known is not None and known.state != "resolved" else "open",
        known.finding if known is not None else 0,
        known.found_at if known is not None else 0,
        found.day,
        found.amount_fen,
        found.difference_fen,
        about_of(found),
        None,
        (),
        known.operator if known is not None else None,
        known.reason if known is not None else None,
    )


def about_of(found: Break) -> About:
    """What a break hangs on and is about, as it is said."""
    anchor = found.anchor
    return About(
        entry=anchor if isinstance(anchor, bytes) else None,
        side=SideOf(anchor.reference, anchor.role) if isinstance(anchor, SideKey) else None,
        sides=sides_of(found.sides[:MOST_NAMED]),
        entries=found.entries[:MOST_NAMED],
        payment_references=found.references[:MOST_NAMED],
        candidates=found.candidates,
    )


def content_of(found: Break | FoundBreak) -> tuple[str, date, int, int, About]:
    """Kind, day, amount, difference, and what it hangs on and is about."""
    about = found.about if isinstance(found, FoundBreak) else about_of(found)
    return found.kind, found.day, found.amount_fen, found.difference_fen, about


def same_break(known: FoundBreak, found: Break) -> bool:
    """Whether a break is still what was said of it."""
    return content_of(known) == content_of(found)


def still_cleared(known: Mapping[bytes, FoundBreak], now: Mapping[bytes, Break]) -> set[bytes]:
    """The breaks that an officer cleared and of which all that he cleared together is there with the same amounts."""
    return {
        break_id
        for break_id, one in known.items()
        if one.cleared and all(each in now and same_amounts(known[each], now[each]) for each in one.cleared)
    }


def same_amounts(known: FoundBreak, found: Break) -> bool:
    """Whether kind, day, amount and difference are still what was said."""
    return content_of(known)[:4] == content_of(found)[:4]


def sides_of(sides: Iterable[SideKey]) -> tuple[SideOf, ...]:
    """Sides as facts name them."""
    return tuple(SideOf(key.reference, key.role) for key in sides)


def _found_break(row: Row) -> FoundBreak:
    break_id, account, province, kind, opened_at, investigated_at, resolved_at, finding, day, *rest = row
    amount_fen, difference_fen, about, cured_by, cleared, operator, reason = rest
    is_open = opened_at > resolved_at
    state: Literal["open", "investigating", "resolved"] = "open" if is_open else "resolved"
    if is_open and investigated_at > resolved_at:
        state = "investigating"
    return FoundBreak(
        UUID(bytes=bytes(break_id)),
        UUID(bytes=bytes(account)),
        province,
        kind,
        state,
        finding,
        opened_at,
        date.fromisoformat(day),
        amount_fen,
        difference_fen,
        decode_about(bytes(about)),
        UUID(bytes=bytes(cured_by)) if cured_by and not is_open else None,
        decode_breaks(bytes(cleared)) if cleared and not is_open else (),
        operator,
        reason,
    )


class FoundMatch(NamedTuple):
    """What was last said to explain an entry."""

    account: bytes
    rule: str
    """Empty where that was dissolved."""
    sides: tuple[SideOf, ...]
    position: int
    """Of the event that says so."""


_COUNTED = (
    f"SELECT 1 FROM bank_entries e WHERE e.entry = m.entry AND e.number >> {ENTRY_BITS} < m.position "
    f"AND {COUNTS.format('e')}"
)
"""Whether the entry of a match is still the one that was matched."""


def found_matches(work: UnitOfWork, entries: Iterable[bytes]) -> dict[bytes, FoundMatch]:
    """Entry → what was last said to explain it, of those entries that count; nothing of one booked anew since."""
    sql = (
        "SELECT m.entry, s.key, m.rule, m.sides, m.position FROM bank_matches m "
        f"JOIN streams s ON s.stream = m.stream WHERE EXISTS ({_COUNTED}) AND m.entry"
    )
    found = {}
    for entry, account, rule, sides, position in work.bulk.select_in(sql, sorted(entries)):
        found[bytes(entry)] = FoundMatch(bytes(account), rule, decode_sides(bytes(sides)) if rule else (), position)
    return found


def is_taken_elsewhere(work: UnitOfWork, entry: bytes, reference: str) -> bool:
    """Whether an officer took another entry for a payment too, and that one is what it is matched with."""
    match = found_matches(work, [entry]).get(entry)
    sql = "SELECT EXISTS (SELECT 1 FROM bank_words WHERE reference = ? AND about <> ?)"
    return not (match and match.rule) and bool(work.bulk.execute(sql, reference, entry).scalar_one())


_MATCHED_BEFORE = (
    "SELECT COUNT(*) FROM bank_matches m WHERE m.rule <> '' AND m.entry IN (SELECT b.entry FROM bank_entries b "
    f"JOIN bank_replaced g ON g.statement = b.statement WHERE b.stream = ?) AND NOT EXISTS ({_COUNTED})"
)
"""Matches of an account's entries that went with their statement: only what was replaced is read."""


class Standing(NamedTuple):
    """How an account stands."""

    matched: int
    proposals: int
    breaks: int


def standing(work: UnitOfWork, account: UUID) -> Standing:
    """Entries that are matched, open breaks that have candidates, and all, up to the last day of the statements."""
    row = work.bulk.execute(
        "SELECT b.stream, MAX(b.last_day) FROM bank_statements b JOIN streams s ON s.stream = b.stream "
        "WHERE s.key = ? GROUP BY b.stream",
        account.bytes,
    ).first()
    if row is None:
        return Standing(0, 0, 0)
    stream, until = row
    sql = "SELECT COUNT(*) FROM bank_matches m WHERE m.stream = ? AND m.rule <> ''"
    matched = work.bulk.execute(sql, stream).scalar_one() - work.bulk.execute(_MATCHED_BEFORE, stream).scalar_one()
    sql = "SELECT about FROM bank_breaks WHERE stream = ? AND opened_at > resolved_at AND day <= ?"
    found = [decode_about(bytes(row[0])) for row in work.bulk.execute(sql, stream, until)]
    return Standing(matched, sum(bool(about.candidates) for about in found), len(found))
