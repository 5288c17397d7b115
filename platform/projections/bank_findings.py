"""What explains each bank entry, and the breaks with what became of them: the fold of what was said of them.

A break is open, investigating once an officer has said so, resolved once it was cured; found again it is open anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from jinbao.platform.projections.logged import Entry
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column

bank_matches = Table(
    "bank_matches",
    read_models,
    Column("entry", LargeBinary(16), primary_key=True),
    Column("stream", BigInteger, nullable=False),
    Column("rule", text_column(16), nullable=False),
    Column("sides", LargeBinary),
    Column("position", BigInteger, nullable=False),
    Index("bank_matches_of_account", "stream", "rule"),
)
"""By what payments an entry is, or was last, explained; `rule` is empty once that was dissolved."""
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

_MATCHES = Upsert(bank_matches, ("entry",), {"stream": "set", "rule": "set", "sides": "keep", "position": "set"})
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
decode_sides = msgspec.msgpack.Decoder(tuple[SideOf, ...]).decode
decode_about = msgspec.msgpack.Decoder(About).decode
decode_breaks = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode


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
                yield booked, entry.stream, "", None, entry.position


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
    "bank_findings", 3, (Part(_MATCHES, fold_matches), Part(_BREAKS, fold_breaks)), kind=BANK_ACCOUNTS
)
