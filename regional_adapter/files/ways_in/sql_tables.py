"""The two tables in a province's own database: `jinbao_in` holds what it hands in, `jinbao_out` what came back.

A row of `jinbao_in` is open until its outcome stands in it. Open rows are sought by that alone and never by a highest
id, so a row that is committed late under a lower id is found like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Identity,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    case,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from jinbao.language.words import BilingualError

MOST_CHARACTERS = 65_536
"""Of a row's fields; longer ones are not read."""
POSTGRESQL, SQLITE = "postgresql", "sqlite"
_DRIVERS = {POSTGRESQL: "postgresql+psycopg2", SQLITE: "sqlite+pysqlite"}
_CONNECT_TIMEOUT_S = 3
_SESSION = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
"""Whoever of the province holds a row is not waited for: it is tried again."""
_PART = 2_000
"""Rows that are in memory at a time when all are read."""
_NUMBER = BigInteger().with_variant(Integer, SQLITE)
_OPEN = text("outcome IS NULL")
_TABLES = MetaData()

HANDED_IN = Table(
    "jinbao_in",
    _TABLES,
    Column("id", _NUMBER, Identity(), primary_key=True),
    Column("form", String(40), nullable=False, comment="name of the form"),
    Column("record_key", String(200), nullable=False, comment="rows of one key are taken together"),
    Column("fields", Text, nullable=False, comment="a JSON object: the province's columns"),
    Column("outcome", String(10), comment="empty: open; accepted, rejected or skipped"),
    Column("code", String(20)),
    Column("field", String(200)),
    Column("reason", Text),
    Column("remedy", Text),
    Column("settled_at", String(32)),
    Index("jinbao_in_open", "form", "record_key", "id", postgresql_where=_OPEN, sqlite_where=_OPEN),
)
COME_BACK = Table(
    "jinbao_out",
    _TABLES,
    Column("id", _NUMBER, Identity(), primary_key=True),
    Column("document", String(200), nullable=False, unique=True, comment="the same document is there once"),
    Column("form", String(80), nullable=False),
    Column("record_key", String(200), nullable=False),
    Column("fields", Text, nullable=False, comment="a JSON list of objects: the document's rows"),
    Column("written_at", String(32), nullable=False),
)


class TablesTrouble(BilingualError):
    """The database does not answer, or has no such tables."""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row that has no outcome yet."""

    id: int
    form: str
    key: str
    fields: str | None
    """None where it is too long to be read."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row."""

    row: OpenRow
    outcome: Literal["accepted", "rejected", "skipped"]
    code: str | None = None
    field: str | None = None
    reason: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A document for the province."""

    document: str
    form: str
    key: str
    fields: str


class ProvinceTables:
    """The open database of a province."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """Raises TablesTrouble where the URL is none of SQLite or PostgreSQL; nothing is opened before it is asked.

        `durable`: an SQLite file outlives a machine that loses its power.
        """
        try:
            self._url: URL = make_url(url)
        except ArgumentError:
            raise _wrong_url() from None
        name = self._url.get_backend_name()
        if name not in _DRIVERS:
            raise _wrong_url()
        self._engine: Engine = _engine(self._url, name)
        if not durable and name == SQLITE:
            event.listen(self._engine, "connect", lambda db, _: db.execute("PRAGMA synchronous = OFF"))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def connect(self) -> Connection:
        """A connection as the province's own programs have one."""
        return self._engine.connect()

    def create(self) -> None:
        """Make the tables where they are missing. Raises TablesTrouble."""
        with self._working():
            _TABLES.create_all(self._engine)

    def hand_in(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Insert rows (form, key, fields) as the province does, in one transaction. Raises TablesTrouble."""
        if rows:
            names = ("form", "record_key", "fields")
            with self._working(), self._engine.begin() as db:
                db.execute(HANDED_IN.insert(), [dict(zip(names, row, strict=True)) for row in rows])

    def open_forms(self) -> list[str]:
        """Names of the forms of which rows are open. Raises TablesTrouble."""
        query = select(HANDED_IN.c.form).where(HANDED_IN.c.outcome.is_(None)).distinct()
        with self._working(), self._engine.connect() as db:
            return sorted(db.execute(query).scalars())

    def open_rows(self, form: str, most: int) -> list[OpenRow]:
        """Open rows of a form by key and id, each key's together: about so many. Raises TablesTrouble."""
        with self._working(), self._engine.connect() as db:
            c, query = HANDED_IN.c, _open_rows_of(form)
            query = query.order_by(c.record_key, c.id)
            rows = [OpenRow(*row) for row in db.execute(query.limit(most))]
            if len(rows) < most:
                return rows
            last = rows[-1].key
            whole = [row for row in rows if row.key != last]
            return whole or [OpenRow(*row) for row in db.execute(query.where(c.record_key == last))]

    def every_open_row(self, form: str) -> Iterator[OpenRow]:
        """All open rows of a form, a part at a time in memory. Raises TablesTrouble."""
        with self._working(), self._engine.connect() as db:
            query = _open_rows_of(form).execution_options(yield_per=_PART)
            yield from (OpenRow(*row) for row in db.execute(query))

    def settle(self, settled: Sequence[Settled], at: str) -> None:
        """Write outcomes into their rows; one that was changed meanwhile stays open. Raises TablesTrouble."""
        c = HANDED_IN.c
        same = (c.fields == bindparam("was")) | bindparam("unread", type_=Integer).is_not(None)
        change = (
            HANDED_IN.update()
            .where(c.id == bindparam("number"), c.outcome.is_(None), same)
            .values({name: bindparam(f"new_{name}") for name in ("outcome", "code", "field", "reason", "remedy")})
            .values(settled_at=at)
        )
        values = [
            {
                "number": one.row.id,
                "was": one.row.fields,
                "unread": 1 if one.row.fields is None else None,
                "new_outcome": one.outcome,
                "new_code": one.code,
                "new_field": one.field,
                "new_reason": one.reason,
                "new_remedy": one.remedy,
            }
            for one in settled
        ]
        if values:
            with self._working(), self._engine.begin() as db:
                db.execute(change, values)

    def put_back(self, returned: Sequence[Returned], at: str) -> None:
        """Add documents that are not there yet. Raises TablesTrouble."""
        if not returned:
            return
        rows = {r.document: r for r in returned}
        c = COME_BACK.c
        with self._working(), self._engine.begin() as db:
            there = set(db.execute(select(c.document).where(c.document.in_(rows))).scalars())
            new = [
                {"document": r.document, "form": r.form, "record_key": r.key, "fields": r.fields, "written_at": at}
                for r in rows.values()
                if r.document not in there
            ]
            if new:
                db.execute(COME_BACK.insert(), new)

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            where = self._url.render_as_string(hide_password=True)
            said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error).__name__
            raise TablesTrouble(f"数据表 {where}：{said}", f"tables in {where}: {said}") from None


def ddl(dialect: str) -> str:
    """The statements that make both tables in SQLite or PostgreSQL."""
    bind = _engine(make_url(f"{_DRIVERS[dialect]}://"), dialect)
    made = []
    for table in _TABLES.sorted_tables:
        made.append(str(CreateTable(table).compile(bind)).strip())
        made += [str(CreateIndex(index).compile(bind)).strip() for index in table.indexes]
    return "\n\n".join("\n".join(map(str.rstrip, statement.splitlines())) + ";" for statement in made)


def _open_rows_of(form: str) -> Select[Any]:
    c = HANDED_IN.c
    fields = case((func.length(c.fields) > MOST_CHARACTERS, None), else_=c.fields)
    return select(c.id, c.form, c.record_key, fields).where(c.outcome.is_(None), c.form == form)


def _engine(url: URL, name: str) -> Engine:
    url = url.set(drivername=_DRIVERS[name])
    if name == SQLITE:
        return create_engine(url, connect_args={"timeout": _CONNECT_TIMEOUT_S})
    arguments = {"connect_timeout": _CONNECT_TIMEOUT_S, "options": _SESSION}
    return create_engine(url, connect_args=arguments, pool_pre_ping=True, executemany_mode="values_plus_batch")


def _wrong_url() -> TablesTrouble:
    return TablesTrouble(
        "files.tables：应为 sqlite:///FILE 或 postgresql://USER@HOST/DATABASE",
        "files.tables: write sqlite:///FILE or postgresql://USER@HOST/DATABASE",
    )
