"""What explains each bank entry, and the breaks with what became of them: the fold of what was said of them.

A break is open, investigating once an officer has said so, resolved once it was cured; found again it is open anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, text

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.aggregates.bank_account.facts import (
    BreakInvestigated,
    BreakOpened,
    BreakResolved,
    BreaksCleared,
    EntriesMatched,
    MatchesDissolved,
    SideOf,
)
from jinbao.platform.projections.logged import ENTRY_BITS, Entry
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork

bank_matches = Table(
    "bank_matches",
    read_models,
    Column("entry", LargeBinary(16), primary_key=True),
    Column("stream", BigInteger, nullable=False),
    Column("rule", text_column(16), nullable=False),
    Column("sides", LargeBinary, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("bank_matches_of_account", "stream"),
)
"""By what payments an entry is explained; `rule` is empty once that was dissolved."""
_OPEN = text("opened_at > resolved_at")
bank_breaks = Table(
    "bank_breaks",
    read_models,
    Column("break_id", LargeBinary(16), primary_key=True),
    Column("stream", BigInteger, nullable=False),
    Column("finding", Integer),
    Column("kind", text_column(20)),
    Column("day", text_column(10)),
    Column("amount_fen", BigInteger),
    Column("difference_fen", BigInteger),
    Column("about", LargeBinary),
    Column("opened_at", BigInteger, nullable=False),
    Column("investigated_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger, nullable=False),
    Column("cured_by", LargeBinary(16)),
    Column("cleared", LargeBinary),
    Column("operator", text_column(200)),
    Column("reason", text_column(2000)),
    Index("bank_breaks_open", "stream", sqlite_where=_OPEN, postgresql_where=_OPEN),
)
"""The `…_at` are positions of the log, 0 for never. `cleared` are the breaks that an officer cleared with it."""

_MATCHES = Upsert(bank_matches, ("entry",), {"stream": "set", "rule": "set", "sides": "set", "position": "set"})
_BREAKS = Upsert(
    bank_breaks,
    ("break_id",),
    {
        "stream": "set",
        "finding": "keep",
        "kind": "keep",
        "day": "keep",
        "amount_fen": "keep",
        "difference_fen": "keep",
        "about": "keep",
        "opened_at": "greatest",
        "investigated_at": "greatest",
        "resolved_at": "greatest",
        "cured_by": "keep",
        "cleared": "keep",
        "operator": "keep",
        "reason": "keep",
    },
)


class About(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a break hangs on and is about, as `BreakOpened` says it."""

    entry: bytes | None
    side: SideOf | None
    sides: tuple[SideOf, ...]
    entries: tuple[bytes, ...]
    payment_references: tuple[str, ...]
    candidates: tuple[str, ...]


_encode = msgspec.msgpack.Encoder().encode
_sides_of = msgspec.msgpack.Decoder(tuple[SideOf, ...]).decode
_about_of = msgspec.msgpack.Decoder(About).decode
_breaks_of = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode


def fold_matches(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_matches`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, EntriesMatched):
            for match in fact.matches:
                sides = _encode(match.sides)
                for booked in match.entries:
                    yield booked, entry.stream, match.rule, sides, entry.position
        elif isinstance(fact, MatchesDissolved):
            for booked in fact.entries:
                yield booked, entry.stream, "", b"", entry.position


def fold_breaks(log: Iterable[Entry]) -> Iterator[Row]:
    """What each event changes of its breaks, in the order of `_BREAKS.columns`."""
    for entry in log:
        fact, at = entry.fact, entry.position
        if isinstance(fact, BreakOpened):
            about = About(fact.entry, fact.side, fact.sides, fact.entries, fact.payment_references, fact.candidates)
            found = (fact.finding, fact.break_kind, fact.day.isoformat(), fact.amount_fen, fact.difference_fen)
            yield fact.break_id, entry.stream, *found, _encode(about), at, 0, 0, *_NO_WORD
        elif isinstance(fact, BreakInvestigated):
            word = (None, None, fact.operator, fact.reason_text)
            yield fact.break_id, entry.stream, *_NOTHING_FOUND, 0, at, 0, *word
        elif isinstance(fact, BreakResolved):
            yield fact.break_id, entry.stream, *_NOTHING_FOUND, 0, 0, at, fact.cured_by, b"", None, None
        elif isinstance(fact, BreaksCleared):
            clearing = (fact.cured_by, _encode(fact.break_ids), fact.operator, fact.reason_text)
            for break_id in fact.break_ids:
                yield break_id, entry.stream, *_NOTHING_FOUND, 0, 0, at, *clearing


_NOTHING_FOUND = (None,) * 6
_NO_WORD = (None,) * 4

PROJECTION = Projection(
    "bank_findings", 1, (Part(_MATCHES, fold_matches), Part(_BREAKS, fold_breaks)), kind=BANK_ACCOUNTS
)


class FoundBreak(NamedTuple):
    """A break as it stands."""

    break_id: UUID
    account: UUID
    province: str
    kind: str
    state: Literal["open", "investigating", "resolved"]
    finding: int
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
    conditions = ["b.opened_at > 0"]
    values: list[object] = []
    if not resolved:
        conditions.append("b.opened_at > b.resolved_at")
    if province is not None:
        conditions.append("a.province = ?")
        values.append(province)
    sql = (
        "SELECT b.break_id, s.key, a.province, b.kind, b.opened_at, b.investigated_at, b.resolved_at, b.finding, "
        "b.day, b.amount_fen, b.difference_fen, b.about, b.cured_by, b.cleared, b.operator, b.reason "
        "FROM bank_breaks b JOIN bank_accounts a ON a.stream = b.stream JOIN streams s ON s.stream = b.stream "
        f"WHERE {' AND '.join(conditions)} ORDER BY b.day, a.province, b.kind, b.break_id"
    )
    found = map(_found_break, work.bulk.stream(sql, *values))
    return [each for each in found if str(each.break_id).startswith(begins)]


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
        date.fromisoformat(day),
        amount_fen,
        difference_fen,
        _about_of(bytes(about)),
        UUID(bytes=bytes(cured_by)) if cured_by and not is_open else None,
        _breaks_of(bytes(cleared)) if cleared and not is_open else (),
        operator,
        reason,
    )


class FoundMatch(NamedTuple):
    """What an entry is explained by."""

    rule: str
    sides: tuple[SideOf, ...]


def found_matches(work: UnitOfWork) -> dict[bytes, FoundMatch]:
    """Entry → what explains it, of the entries that count; one booked anew since is to be found anew."""
    sql = (
        "SELECT m.entry, m.rule, m.sides FROM bank_matches m JOIN bank_entries e ON e.entry = m.entry "
        f"WHERE m.rule <> '' AND e.number >> {ENTRY_BITS} < m.position "
        "AND e.statement NOT IN (SELECT statement FROM bank_replaced)"
    )
    rows = work.bulk.stream(sql)
    return {bytes(entry): FoundMatch(rule, _sides_of(bytes(sides))) for entry, rule, sides in rows}
