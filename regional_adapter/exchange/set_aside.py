"""Records set aside by an adapter: documents and messages that cannot be worked, with the reason, until they can.

Nothing set aside is lost, receipted or answered for. What only we can mend (a newer schema, a missing key, a failure of
the program) holds back the later messages and documents of its case, which come after it in their order; what its
sender got wrong holds back nothing, since the remedy is a later message.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from jinbao.bus.interface import BusError, BusRecord
from jinbao.bus.packed_headers import pack_headers
from jinbao.keys.key_ring import KeyRingError
from jinbao.schemas.headers import digest_matches, relationship_of
from jinbao.schemas.incidents import incident_of
from jinbao.schemas.messages import Record
from jinbao.storage.sqlite_file import open_for_reading

Source = Literal["message", "document", "file", "desk"]
"""A message from the inbox, a local document to be sent, one to be written as a file, or what the desk works on."""

REASONS: Mapping[str, tuple[str, str]] = {
    "UNDECODABLE": ("不是有效报文", "no message"),
    "UNKNOWN_SCHEMA": ("报文版本较新，本程序尚不认识", "a newer schema than this program knows"),
    "DIGEST_MISMATCH": ("内容与摘要不符", "the bytes do not have the digest that the header names"),
    "INVALID_FIELD": ("字段不合规定", "a field breaks its rule"),
    "NOT_BY_PLATFORM": ("不是平台签名的", "the platform has not signed it"),
    "KEY_MISSING": ("钥匙串中没有这把钥匙", "the key is not in this key ring"),
    "KEY_SERVICE": ("等候密钥服务", "waits for the key service"),
    "CANNOT_OPEN": ("个人信息无法打开", "the personal fields stay closed"),
    "DOES_NOT_FIT": ("按本省格式写不下", "does not fit into the province's own form"),
    "INTERNAL_ERROR": ("程序出错，见日志中的事件编号", "the program failed on it: see the log for the incident"),
    "WAITS_FOR_EARLIER": ("等候同一业务的较早一件", "waits for an earlier one of its case"),
}
"""Why something was set aside, in Chinese and English."""
HOLDS = frozenset({"UNKNOWN_SCHEMA", "KEY_MISSING", "KEY_SERVICE", "INTERNAL_ERROR"})
"""Reasons that hold back what comes later in the same case."""
WAITS = "WAITS_FOR_EARLIER"

SET_ASIDE_TABLE = """
CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT, cases TEXT NOT NULL,
    code TEXT NOT NULL, reason TEXT NOT NULL, incident TEXT, noted_at INTEGER NOT NULL, tried_at INTEGER NOT NULL,
    tries INTEGER NOT NULL, topic TEXT, partition INTEGER, offset INTEGER, key BLOB, value BLOB, headers BLOB,
    UNIQUE (source, subject));
"""
_COLUMNS = (
    "id, source, subject, kind, cases, code, reason, incident, noted_at, tried_at, tries,"
    " topic, partition, offset, key, value, headers"
)
_log = logging.getLogger("jinbao.adapter")


@dataclass(frozen=True, slots=True)
class SetAside:
    """One thing that could not be worked."""

    source: Source
    subject: str
    """Which one: its place on the bus, the document's sequence, or what the desk calls it."""
    code: str
    reason: str = ""
    """More than the code says, for a clerk; holds no personal data."""
    kind: str | None = None
    cases: tuple[str, ...] = ()
    """Relationship and transfer, or the local case, by which later ones of the same case are known."""
    record: BusRecord | None = None
    incident: str | None = None

    @property
    def holds(self) -> bool:
        """Whether later ones of its case wait for it."""
        return self.code in HOLDS


@dataclass(frozen=True, slots=True)
class Kept:
    """What was set aside, as the store has it. Instants are microseconds since 1970 UTC."""

    id: int
    what: SetAside
    noted_at: int
    tried_at: int
    tries: int


@dataclass(slots=True)
class Held:
    """The cases whose later messages or documents must wait."""

    cases: set[str] = field(default_factory=set)

    def concerns(self, cases: Iterable[str]) -> bool:
        """Whether one of them is held."""
        return not self.cases.isdisjoint(cases)

    def note(self, what: SetAside) -> None:
        """Hold the cases of what waits itself or must be mended first."""
        if what.holds or what.code == WAITS:
            self.cases.update(what.cases)


def message_aside(record: BusRecord, code: str, reason: str = "", message: Record | None = None) -> SetAside:
    """A message from the inbox; of one that could not be decoded the platform's key alone tells the case."""
    return SetAside("message", _place(record), code, reason, _kind(record), cases_of(record, message), record)


def wrong_digest(record: BusRecord) -> str | None:
    """The code of a message whose bytes are not those of its digest; None for any other."""
    return None if digest_matches(record.headers, record.value) else "DIGEST_MISMATCH"


def cases_of(record: BusRecord, message: Record | None) -> tuple[str, ...]:
    """By what later messages of the same case are known: its relationship, and its transfer."""
    ids = [("relationship", relationship_of(record.key))]
    envelope = getattr(message, "envelope", None)
    if envelope is not None:
        ids += [("relationship", envelope.relationship_id), ("transfer", envelope.transfer_id)]
    return tuple(dict.fromkeys(f"{name} {UUID(bytes=id_)}" for name, id_ in ids if id_ is not None and any(id_)))


def _place(record: BusRecord) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _kind(record: BusRecord) -> str | None:
    """The type that the headers name, where it can be one."""
    named = dict(record.headers).get("ce_type", b"").decode("ascii", "replace")
    found = re.fullmatch(r"jinbao\.([A-Za-z]{1,60})\.v[0-9]{1,4}", named)
    return found[1] if found else None


def message_failed(error: Exception, record: BusRecord, message: Record | None = None) -> SetAside:
    """An unexpected failure over a message from the inbox."""
    return failed(
        error,
        "message",
        _place(record),
        kind=_kind(record),
        cases=cases_of(record, message),
        record=record,
    )


def concerns_everything(error: Exception) -> bool:
    """Whether disk, bus, key ring or local system failed, and not the one record that was worked on."""
    environment = (OSError, MemoryError, sqlite3.OperationalError, BusError, KeyRingError)
    return isinstance(error, environment) or type(error) is sqlite3.DatabaseError


def failed(
    error: Exception,
    source: Source,
    subject: str,
    *,
    kind: str | None = None,
    cases: tuple[str, ...] = (),
    record: BusRecord | None = None,
) -> SetAside:
    """An unexpected failure over one record: logged by its incident number, and set aside. Raises what is no such."""
    if concerns_everything(error):
        raise error
    incident = incident_of(error)
    place = " > ".join(incident.trace)
    _log.error("incident %s over %s %s (%s): %s at %s", incident.number, source, subject, kind, incident.error, place)
    return SetAside(source, subject, "INTERNAL_ERROR", incident.error, kind, cases, record, incident.number)


_decode_headers = msgspec.msgpack.Decoder(tuple[int, tuple[tuple[str, bytes], ...]]).decode


class SetAsideBook:
    """The table of what was set aside, in the adapter's own file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._is_empty = False
        """Nothing is set aside, as far as was looked; only this object puts anything there."""

    def look_again(self) -> None:
        """Believe the file only: what was written last was not kept."""
        self._is_empty = False

    def keep(self, items: Sequence[SetAside], now: int) -> None:
        """Keep them in order; what is there already keeps its place, and counts one more try."""
        if not items:
            return
        self._is_empty = False
        self._db.executemany(
            "INSERT INTO set_aside (source, subject, kind, cases, code, reason, incident, noted_at, tried_at, tries,"
            " topic, partition, offset, key, value, headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?8, ?8, 1, ?9, ?10, ?11, ?12,"
            " ?13, ?14) ON CONFLICT (source, subject) DO UPDATE SET code = excluded.code, reason = excluded.reason,"
            " kind = excluded.kind, incident = excluded.incident, tried_at = excluded.tried_at, tries = tries + 1",
            [_row(item, now) for item in items],
        )

    def replace(self, source: Source, items: Sequence[SetAside], now: int) -> None:
        """Of one source exactly these are left."""
        known = {kept.what.subject: kept for kept in self.all(source)}
        given = {item.subject: item for item in items}
        self.settle([kept.id for subject, kept in known.items() if subject not in given])
        self.keep([i for s, i in given.items() if s not in known or known[s].what.code != i.code], now)

    def settle(self, ids: Sequence[int]) -> None:
        """They are done with."""
        self._db.executemany("DELETE FROM set_aside WHERE id = ?", [(id_,) for id_ in ids])

    def all(self, source: Source | None = None, *, limit: int = -1) -> list[Kept]:
        """What is set aside, oldest first, of one source or of all."""
        where, values = ("", ()) if source is None else (" WHERE source = ?", (source,))
        sql = f"SELECT {_COLUMNS} FROM set_aside{where} ORDER BY id LIMIT ?"
        return [_kept(row) for row in self._db.execute(sql, (*values, limit))]

    def one(self, id_: int) -> Kept | None:
        """The one of that number."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM set_aside WHERE id = ?", (id_,)).fetchone()
        return None if row is None else _kept(row)

    def state(self) -> tuple[int, ...]:
        """Another value whenever something was set aside, tried again or settled."""
        row: tuple[int, ...] = self._db.execute("SELECT count(*), total(id), total(tries) FROM set_aside").fetchone()
        return row

    def next(self, source: Source, after: int) -> Kept | None:
        """The oldest of a source whose id is above `after`."""
        sql = f"SELECT {_COLUMNS} FROM set_aside WHERE source = ? AND id > ? ORDER BY id LIMIT 1"
        row = self._db.execute(sql, (source, after)).fetchone()
        return None if row is None else _kept(row)

    def held(self, source: Source) -> Held:
        """The cases that wait."""
        if not self.count():
            return Held()
        codes = (*HOLDS, WAITS)
        marks = ", ".join("?" * len(codes))
        sql = f"SELECT DISTINCT cases FROM set_aside WHERE source = ? AND code IN ({marks})"
        return Held({case for (cases,) in self._db.execute(sql, (source, *codes)) for case in _cases(cases)})

    def count(self) -> int:
        """How much is set aside."""
        if self._is_empty:
            return 0
        (count,) = self._db.execute("SELECT count(*) FROM set_aside").fetchone()
        self._is_empty = count == 0
        return int(count)


def set_aside_of(file: Path, cases: Sequence[str]) -> list[SetAside]:
    """What the adapter's file holds back of a case, by any of its names; for whoever looks from outside.

    Nothing where there is no such file, or one of an earlier version. Raises sqlite3.Error.
    """
    names = ", ".join("?" * len(cases))
    sql = (
        f"SELECT {_COLUMNS} FROM set_aside WHERE EXISTS"
        f" (SELECT 1 FROM json_each(set_aside.cases) WHERE value IN ({names})) ORDER BY id"
    )
    return [_kept(row).what for row in _rows(file, sql, cases)]


def kept_in(file: Path, limit: int) -> list[Kept]:
    """The oldest that the adapter's file holds, as `set_aside_of`."""
    return [_kept(row) for row in _rows(file, f"SELECT {_COLUMNS} FROM set_aside ORDER BY id LIMIT ?", (limit,))]


def number_and_oldest(file: Path) -> tuple[int, int]:
    """How much the adapter's file holds, and when the oldest was set aside; zeros for nothing, as `set_aside_of`."""
    rows = _rows(file, "SELECT count(*), coalesce(min(noted_at), 0) FROM set_aside", ())
    return rows[0] if rows else (0, 0)


def _rows(file: Path, sql: str, values: Sequence[str | int]) -> list[Any]:
    """What the table in that file says; nothing where there is none."""
    if not file.is_file():
        return []
    with closing(open_for_reading(file)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'set_aside'").fetchone():
            return []
        return db.execute(sql, tuple(values)).fetchall()


def _row(item: SetAside, now: int) -> tuple[Any, ...]:
    record, place = item.record, (None,) * 6
    if record is not None:
        headers = msgspec.msgpack.encode((record.appended_at, record.headers))
        place = (record.topic, record.partition, record.offset, record.key, record.value, headers)  # type: ignore[assignment]
    what = (item.source, item.subject, item.kind, _as_text(item.cases), item.code, item.reason, item.incident, now)
    return (*what, *place)


def _kept(row: tuple[Any, ...]) -> Kept:
    id_, source, subject, kind, cases, code, reason, incident, noted_at, tried_at, tries, topic, *place = row
    record = None
    if topic is not None:
        partition, offset, key, value, headers = place
        appended_at, pairs = _decode_headers(headers)
        record = BusRecord(topic, partition, offset, key, value, pack_headers(pairs), appended_at)
    what = SetAside(source, subject, code, reason, kind, _cases(cases), record, incident)
    return Kept(id_, what, noted_at, tried_at, tries)


def _as_text(cases: tuple[str, ...]) -> str:
    return msgspec.json.encode(cases).decode()


def _cases(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
