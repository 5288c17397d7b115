"""The database in production: PostgreSQL through psycopg2, written by COPY.

Several processes decide at once and write one after the other: the log's lock is taken last, so that positions have no
gaps and become visible in order. A process that is stopped or cut off while it holds the lock loses its session, to the
server's timeouts or to whoever waits for it, and with it what it was about to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from itertools import chain
from typing import Any

import psycopg2
from psycopg2.extensions import new_type, register_type
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError

from jinbao.language.words import Words
from jinbao.platform.store.binary_copy import Encoder, encode_rows, encoder
from jinbao.platform.store.bulk import Bulk, Changes, Patches, Recovery, Row, Upsert

SELECT_IN_CHUNK = 10_000
FEW_ROWS = 64
"""Rows that one statement carries faster than a temporary table."""
COPY_READ_BYTES = 1 << 20
"""psycopg2's own 8 KiB would take the interpreter's lock for each piece."""
CONNECT_TIMEOUT_S = 10
LOST_PEER_MS = 30_000
SESSION = {
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "client_min_messages": "warning",
    "bytea_output": "hex",
}
LOCK_ATTEMPTS = 6
STUCK_S = 30
"""A session that holds the log's lock and waits so long for its own client belongs to a stopped process."""
_LOCK_NOT_AVAILABLE = "55P03"
_LOCKS = 0x4A42
_LOG = 1
_MODELS = 5
OWN_LOCKS = (_LOG, _MODELS)
"""Beside the tasks' turns, whose numbers stand with each `Task`."""
_END_STUCK = (
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ? AND l.objid = ? AND a.datname = current_database() "
    "AND a.wait_event = 'ClientRead' AND a.state_change < clock_timestamp() - ? * interval '1 second'"
)
_COPY = "jinbao_copy"
_PASSING = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rollback, resources, locks, operator, system."""
_REFUSALS = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist")
_BYTEA, _NUMERIC = 17, 1700


class PostgresBulk(Bulk):
    """Batched statements by COPY; rows that may be there already go through a temporary table, unless they are few."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._staged: set[str] = set()
        """Temporary tables that this transaction has filled; each is empty at its beginning."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows whose values are in the order of the table's columns."""
        if rows:
            self._copy(table, tuple(c.name for c in table.columns), table.name, rows)

    def patch(self, spec: Patches, changes: Changes) -> None:
        """One staged statement for all of them: a NULL costs little there, a statement much."""
        if changes:
            columns = tuple(c.name for c in spec.table.columns if c.name != spec.key)
            rows = [(key, *map(changes[key].get, columns)) for key in sorted(changes)]
            self._through_stage(spec.table, (spec.key, *columns), spec.key, spec.on_conflict(columns), rows)

    def delete(self, table: Table, column: str, values: Sequence[Any]) -> None:
        """Delete the rows whose column has one of the values."""
        if values:
            self.execute(f"DELETE FROM {table.name} WHERE {column} = ANY(?)", list(values))

    def select_in(self, sql: str, values: Sequence[Any], tail: str = "") -> Iterator[Row]:
        """Rows of `sql` + ` = ANY(…)` + `tail`, in chunks of values; each chunk is ordered by the tail."""
        for start in range(0, len(values), SELECT_IN_CHUNK):
            chunk = list(values[start : start + SELECT_IN_CHUNK])
            yield from self.connection.exec_driver_sql(f"{sql} = ANY(?) {tail}", (chunk,))

    def lock_log(self) -> None:
        """An advisory lock: a lock on the table would cancel its vacuum again and again."""
        if self.execute("SELECT pg_try_advisory_xact_lock(?, ?)", _LOCKS, _LOG).scalar_one():
            return
        for attempt in range(LOCK_ATTEMPTS):
            try:
                with self.connection.begin_nested():
                    self.execute("SELECT pg_advisory_xact_lock(?, ?)", _LOCKS, _LOG)
                return
            except OperationalError as error:
                waited = getattr(error.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE
                if not waited or attempt == LOCK_ATTEMPTS - 1:
                    raise
            self.execute(_END_STUCK, _LOCKS, _LOG, STUCK_S)

    def lock_models(self) -> None:
        """An advisory lock, since of two sessions that create the same table one fails, whatever both have asked."""
        self.execute("SELECT pg_advisory_xact_lock(?, ?)", _LOCKS, _MODELS)

    def _upsert(self, spec: Upsert, rows: Sequence[Row]) -> None:
        if len(rows) > FEW_ROWS:
            self._through_stage(spec.table, spec.columns, ", ".join(spec.keys), spec.on_conflict, rows)
            return
        marks = f"({', '.join('?' * len(spec.columns))})"
        sql = f"INSERT INTO {spec.table.name} ({', '.join(spec.columns)}) VALUES {', '.join([marks] * len(rows))} "
        self.execute(sql + spec.on_conflict, *chain.from_iterable(rows))

    def _through_stage(
        self, table: Table, columns: tuple[str, ...], order: str, on_conflict: str, rows: Sequence[Row]
    ) -> None:
        name, names = table.name, ", ".join(columns)
        stage = f"stage_{name}"
        if stage in self._staged:
            self.execute(f"TRUNCATE {stage}")
        else:
            made = f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS"
            self.execute(f"{made} AS SELECT {names} FROM {name} WITH NO DATA")
            self._staged.add(stage)
        self._copy(table, columns, stage, rows)
        self.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {stage} ORDER BY {order} {on_conflict}")

    def _copy(self, table: Table, columns: tuple[str, ...], target: str, rows: Sequence[Row]) -> None:
        stream = BytesIO(encode_rows(_encoders(table, columns), rows))
        sql = f"COPY {target} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
        self.connection.exec_driver_sql(sql, execution_options={_COPY: stream})


class SessionTurn:
    """A task's turn by an advisory lock of a session of its own, in which no transaction is open.

    The server ends the session when the process dies, or asks nothing for `STUCK_S`: then another takes the turn.
    """

    def __init__(self, engine: Engine, task: int) -> None:
        assert task != _LOG
        self._engine = engine
        self._task = task
        self._session: Connection | None = None
        self._held = False

    def take(self) -> bool:
        """Whether this process has the turn now; the session is kept alive, or begun anew where the server ended it."""
        try:
            return self._ask()
        except (OperationalError, InterfaceError):
            self.close()
            return self._ask()

    def _ask(self) -> bool:
        if self._session is None:
            session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            session.detach()  # it never goes back to the pool: nobody else shall have its timeout
            session.exec_driver_sql(f"SET idle_session_timeout = '{STUCK_S}s'")
            self._session = session
        if self._held:
            self._session.exec_driver_sql("SELECT 1")
        else:
            sql = "SELECT pg_try_advisory_lock(?, ?)"
            self._held = self._session.exec_driver_sql(sql, (_LOCKS, self._task)).scalar_one()
        return self._held

    def give_back(self) -> None:
        """Let others have it; a session that the server has ended has given it back already."""
        if self._held and self._session is not None:
            try:
                self._session.exec_driver_sql("SELECT pg_advisory_unlock(?, ?)", (_LOCKS, self._task))
            except (OperationalError, InterfaceError):
                self.close()
        self._held = False

    def close(self) -> None:
        """End the session, and with it the turn."""
        session, self._session, self._held = self._session, None, False
        if session is not None:
            session.invalidate()
            session.close()


@lru_cache(maxsize=64)
def _encoders(table: Table, columns: tuple[str, ...]) -> list[Encoder]:
    return [encoder(table.columns[name]) for name in columns]


WORKING = "jinbao platform"
"""Name of the sessions of processes that write to the log, by which others see that somebody does."""


def open_postgres(url: URL, *, durable: bool, working: bool) -> tuple[Engine, Engine]:
    """Engines for writing (each statement sees what is committed) and for reading (one state, nothing is changed)."""
    limits: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": LOST_PEER_MS}
    if working:
        limits["application_name"] = WORKING
    engine = create_engine(url, connect_args={k: v for k, v in limits.items() if k not in url.query})
    session = {**SESSION, "synchronous_commit": "on" if durable else "off"}

    def prepare(connection: Any, _record: Any) -> None:
        for kind in (_as_bytes, _as_int):
            register_type(kind, connection)
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in session.items()))
        connection.commit()

    event.listen(engine, "connect", prepare)
    event.listen(engine, "before_cursor_execute", _translate, retval=True)
    event.listen(engine, "do_execute", _execute)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine, reading


def _translate(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> tuple[str, Any]:
    return _with_percent(sql) if "?" in sql else sql, values


@lru_cache(maxsize=1_024)
def _with_percent(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _execute(cursor: Any, sql: str, _values: Any, context: Any) -> bool:
    """COPY goes the same way as every statement, so that its errors are told the same way."""
    stream = context.execution_options.get(_COPY)
    if stream is None:
        return False
    cursor.copy_expert(sql, stream, COPY_READ_BYTES)
    return True


_as_bytes = new_type((_BYTEA,), "JINBAO_BYTES", lambda text, _: None if text is None else bytes.fromhex(text[2:]))
_as_int = new_type((_NUMERIC,), "JINBAO_INT", lambda text, _: None if text is None else int(text))
"""The sum of 64-bit integers is of type numeric there."""


def others_working(connection: Connection) -> int:
    """How many sessions of other processes write to the log of this database."""
    sql = (
        "SELECT COUNT(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()"
    )
    found: int = connection.exec_driver_sql(sql, (WORKING,)).scalar_one()
    return found


def recovery(error: BaseException | None) -> Recovery:
    """What may help against an error of the driver; at login it tells no code, only the server's words."""
    code = error.pgcode if isinstance(error, psycopg2.Error) else None
    if code is not None:
        return "retry" if code.startswith(_PASSING) else "none"
    return "reconfigure" if any(words in str(error) for words in _REFUSALS) else "retry"


def advice(error: BaseException | None) -> Words:
    """What to do about an error of the driver."""
    code = error.pgcode if isinstance(error, psycopg2.Error) else None
    if code is None:
        return (
            "请检查服务器是否在运行，以及地址中的主机、端口、用户、密码和库名",
            "check that the server runs, and host, port, user, password and database name in the URL",
        )
    if code == "55P03" or code.startswith("57"):
        return "服务器正在停止、启动或繁忙：请再试", "the server is stopping, starting or busy: try again"
    if code.startswith("53"):
        return "请腾出服务器的磁盘、内存或连接", "free disk space, memory or connections on the server"
    if code == "42P01":
        return "请指明平台的数据库", "name the database of a platform"
    return "请看服务器的日志", "see the server's log"
