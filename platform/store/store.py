"""The platform's database, chosen by URL, and its unit of work: everything of a batch in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from jinbao.language.system_errors import system_reason
from jinbao.language.words import Words
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.limits import CODE as LIMIT_REACHED
from jinbao.platform.store import schema, sqlite, tree
from jinbao.platform.store.bulk import Bulk, Recovery, Upsert
from jinbao.platform.store.errors import StoreError as StoreError
from jinbao.platform.store.event_log import EventLog, StreamRecorder
from jinbao.platform.store.tables import consumer_offsets, marks
from jinbao.platform.store.turn import KeptTurn
from jinbao.storage.sqlite_file import FileInUse, UseLock

Task = tuple[int, str]
"""What one process does at a time: number and name."""
RELAYING: Task = (2, "relay")
"""Carrying the outbox to the bus."""
SWEEPING: Task = (3, "sweep")
"""Saying what the passing of time brings."""
PROJECTING: Task = (4, "projections")
"""Letting the read models follow the log."""

_SIMULATED = "simulated"
_STOP: Words = (
    "请先停止平台的所有进程，之后再启动",
    "stop every process of the platform first, and start them again afterwards",
)
_MARKS = Upsert(marks, ("name",), {"value": "set"})
_OFFSETS = Upsert(consumer_offsets, ("topic", "partition"), {"next_offset": "set"})


class StoreUnavailable(StoreError):
    """It may work when it is tried again: the database does not answer, its disk is full, another process holds it."""


class StoreRefused(StoreError):
    """The database does not accept this user, password or database name: other settings are needed."""


class OffsetFenced(Exception):
    """Another process has taken this partition over: what this one was about to write is void."""


_KINDS: Mapping[Recovery, type[StoreError]] = {
    "retry": StoreUnavailable,
    "reconfigure": StoreRefused,
    "none": StoreError,
}


class Turn:
    """The right to do a task that one process does at a time; no transaction is open meanwhile.

    It ends with the process; on PostgreSQL also when the process has not asked for half a minute.
    """

    def __init__(self, store: Store, kept: KeptTurn) -> None:
        self._store = store
        self._kept = kept
        self.give_back = kept.give_back
        self.close = kept.close

    def mine(self) -> bool:
        """Whether this process has the turn now, taken where nobody had it. Raises StoreError."""
        with self._store.explained():
            try:
                return self._kept.take()
            except OSError as error:
                raise StoreUnavailable(
                    f"数据库 {self._store.name}：锁文件建立不了：{system_reason(error)[0]}；请使目录可写",
                    f"database {self._store.name}: its lock file cannot be made: {error.strerror}; "
                    "make the folder writable",
                ) from error


class UnitOfWork:
    """One open transaction: the event log, batched statements, and fenced consumer offsets."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self.events = EventLog(self.bulk)

    def streams(self, kind: StreamKind[StreamFact]) -> StreamRecorder:
        """The streams of one kind."""
        return StreamRecorder(self.bulk, kind)

    def lock(self) -> None:
        """Wait for the log's lock: whoever writes to the log, or numbers rows, takes it last and holds it shortly."""
        self.bulk.lock_log()

    def next_value(self, table: str, column: str) -> int:
        """One more than the column's highest value; stable, since writers hold the lock."""
        found: int = self.bulk.execute(f"SELECT COALESCE(MAX({column}), 0) FROM {table}").scalar_one()
        return found + 1

    def last_recorded_at(self) -> int:
        """When log or intake were last written to, microseconds since 1970 UTC; 0 for an empty one."""
        newest = " UNION ALL ".join(
            f"SELECT * FROM (SELECT recorded_at FROM {table} ORDER BY position DESC LIMIT 1) {table}_last"
            for table in ("events", "intake")
        )
        return self.bulk.execute(f"SELECT MAX(recorded_at) FROM ({newest}) newest").scalar() or 0

    def mark_simulated(self) -> None:
        """Note that a simulated nation lives here, whose time is not ours; for writers that hold the lock."""
        if not self.is_simulated():
            self.bulk.insert(marks, [(_SIMULATED, None)])

    def mark(self, name: str) -> str | None:
        """What was noted about this database under that name; None where nothing was."""
        found: str | None = self.bulk.execute("SELECT value FROM marks WHERE name = ?", name).scalar()
        return found

    def set_mark(self, name: str, value: str) -> None:
        """Note something about this database, in place of what was noted; for writers that hold the lock."""
        self.bulk.upsert(_MARKS, [(name, value)])

    def is_simulated(self) -> bool:
        """Whether a simulated nation lives here."""
        return bool(self.bulk.execute("SELECT EXISTS (SELECT 1 FROM marks WHERE name = ?)", _SIMULATED).scalar_one())

    def first_bytes(self, stream: int, sender: str, event_id: bytes) -> bytes:
        """The bytes with which a submission first came."""
        sql = "SELECT bytes FROM events WHERE stream = ? AND submission = ? AND sender = ?"
        data: bytes | None = self.bulk.execute(sql, stream, event_id, sender).scalar()
        if data is not None:
            return data
        sql = (
            "SELECT bytes FROM intake WHERE stream = ? AND event_id = ? AND sender = ? AND bytes IS NOT NULL "
            f"AND (code IS NULL OR code <> '{LIMIT_REACHED}') ORDER BY position LIMIT 1"
        )
        first: bytes = self.bulk.execute(sql, stream, event_id, sender).scalar_one()
        return first

    def forwarded_at(self, event_id: bytes, digest: bytes, partition: int, bus_offset: int) -> int | None:
        """When the bus took a message that was forwarded from there; None where no such one was."""
        sql = (
            "SELECT received_at FROM intake WHERE stream IS NULL AND event_id = ? AND digest = ? "
            "AND partition = ? AND bus_offset = ?"
        )
        found: int | None = self.bulk.execute(sql, event_id, digest, partition, bus_offset).scalar()
        return found

    def next_offsets(self, topic: str) -> dict[int, int]:
        """Partition → the offset to be read next."""
        sql = "SELECT partition, next_offset FROM consumer_offsets WHERE topic = ?"
        return {row[0]: row[1] for row in self.bulk.execute(sql, topic)}

    def advance(self, topic: str, moves: Mapping[int, tuple[int, int]]) -> None:
        """Move the consumer on: partition → (the offset it started from, the one to be read next).

        Raises OffsetFenced when one is not where this consumer left it. Stable, since writers hold the lock.
        """
        found = self.next_offsets(topic)
        for partition, (expected, _) in moves.items():
            if found.get(partition, 0) != expected:
                raise OffsetFenced(f"partition {partition} of {topic} is no longer at offset {expected}")
        self.bulk.upsert(_OFFSETS, [(topic, partition, end) for partition, (_, end) in moves.items()])


@dataclass(frozen=True)
class _Backend:
    """What differs between the databases."""

    writing: Engine
    reading: Engine
    models: Engine
    """For writing the read models."""
    bulk: Callable[[Connection], Bulk]
    turn: Callable[[Task], KeptTurn]
    apart: bool
    advice: Callable[[BaseException | None], Words]
    recovery: Callable[[BaseException | None], Recovery]
    file: Path | None = None
    """Where the database is one."""


class Store:
    """The platform's database. `durable=False` leaves flushing to the operating system (simulations).

    `working`: by a process that writes to the log, which others see until it is closed; `mapped`: see `open_sqlite`.
    """

    def __init__(self, url: str, *, durable: bool = True, working: bool = False, mapped: bool = False) -> None:
        """Opens no connection yet. Raises StoreError when the URL names no database that this program knows.

        Raises StoreUnavailable where `working` and somebody has the database to himself.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError(
                "数据库地址读不懂；应为 sqlite:///FILE 或 postgresql+psycopg2://USER@HOST/DATABASE",
                "the database URL cannot be read; write sqlite:///FILE or postgresql+psycopg2://USER@HOST/DATABASE",
            ) from error
        self.url = parsed
        self.name = parsed.render_as_string()
        """The URL, its password masked."""
        self._backend = _backend(parsed, self.name, durable, working, mapped)
        self._writers: AbstractContextManager[object] = nullcontext() if self._backend.apart else threading.Lock()
        """In one file one writes at a time: the threads of a process wait in line, without SQLite's growing pauses."""
        self._use: UseLock | None = None
        if working:
            self._use = self._lock_file(alone=False)

    @property
    def apart(self) -> bool:
        """Whether the database is a process of its own: this one can go on while it writes."""
        return self._backend.apart

    def create(self) -> None:
        """Make the tables of a new database; hold one that has some to this program's schema version.

        Raises StoreError where the version is another, or the database cannot be used.
        """
        with self.write() as work:
            if schema.version(work.bulk.connection) is None and not schema.is_used(work.bulk.connection):
                schema.make(work.bulk.connection)
        self.check()

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the tables to this program's schema version; returns the versions before and after.

        Raises StoreError where the database is newer than this program, or has tables without a version.
        """
        with self.write() as work:
            before = schema.version(work.bulk.connection)
            if before is None and schema.is_used(work.bulk.connection):
                raise self._refusal(before)
            if before is not None and not schema.is_known(before):
                raise self._refusal(before)
            schema.upgrade(work.bulk.connection)
            tree.adopt(work.bulk, work.last_recorded_at())
        return before, schema.HEAD

    def check(self) -> None:
        """Raise StoreError unless the database has exactly this program's tables."""
        with self.read() as work:
            found = schema.version(work.bulk.connection)
        if found != schema.HEAD:
            raise self._refusal(found)

    def _refusal(self, found: str | None) -> StoreError:
        if found is None:
            zh = "没有本平台的表，或其表早于结构编号；请另指数据库"
            en = "has no tables of this platform, or some of before its schema had versions; name another database"
        elif schema.is_known(found):
            zh = f"结构为 {found}，本程序需要 {schema.HEAD}；请停止所有进程，运行 jinbao platform upgrade"
            en = f"has schema {found}, this program needs {schema.HEAD}; stop every process and run: "
            en += "jinbao platform upgrade"
        else:
            zh = f"结构为 {found}，本程序（{schema.HEAD}）不认识：请安装更新的程序"
            en = f"has schema {found}, which this program (schema {schema.HEAD}) does not know: install the newer one"
        return StoreError(f"数据库 {self.name} {zh}", f"database {self.name} {en}")

    @contextmanager
    def write(self, *, lock: bool = True) -> Iterator[UnitOfWork]:
        """A transaction that writes; committed at the end, or rolled back.

        It holds the log's lock from its beginning, or from `UnitOfWork.lock` on where `lock` is False: then it decides
        beside others and only writes alone. Raises StoreError when the database cannot be reached or written.
        """
        with self.explained(), self._writers, self._backend.writing.connect() as connection, connection.begin():
            work = UnitOfWork(self._backend.bulk(connection))
            if lock:
                work.lock()
            yield work

    @contextmanager
    def write_models(self) -> Iterator[UnitOfWork]:
        """A transaction that writes read models, while others write the log. Raises StoreError as `write` does."""
        with self.explained(), self._backend.models.connect() as connection, connection.begin():
            yield UnitOfWork(self._backend.bulk(connection))

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that sees one state of the database and changes nothing. Raises StoreError as `write` does.

        On SQLite log and read models are two files, each with a snapshot of its own from its first statement on:
        whoever compares them reads the models first and the log after, so that no row speaks of what the log lacks.
        """
        with self.explained(), self._backend.reading.connect() as connection, connection.begin():
            yield UnitOfWork(self._backend.bulk(connection))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody write to the log meanwhile. Raises StoreUnavailable where a process works on the database."""
        lock = self._lock_file(alone=True)
        try:
            if self._backend.apart:
                with self.read() as work:
                    self._need_nobody(work)
            yield
        finally:
            if lock is not None:
                lock.close()

    def _need_nobody(self, work: UnitOfWork) -> None:
        from jinbao.platform.store import postgres

        others = postgres.others_working(work.bulk.connection)
        if others:
            raise StoreUnavailable(
                f"数据库 {self.name} 正被平台的 {others} 个连接使用：{_STOP[0]}",
                f"database {self.name} is in use by {others} connections of the platform: {_STOP[1]}",
            )

    def _lock_file(self, *, alone: bool) -> UseLock | None:
        """The lock beside a database file; None for a database that is a process of its own."""
        if self._backend.file is None:
            return None
        try:
            return UseLock(self._backend.file, alone=alone)
        except FileInUse:
            if alone:
                what_zh, what = f"正在使用：{_STOP[0]}", f"is in use: {_STOP[1]}"
            else:
                what_zh, what = "正在升级，完成后再试", "is being upgraded: try again when that is done"
            raise StoreUnavailable(f"数据库 {self.name} {what_zh}", f"database {self.name} {what}") from None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What the database cannot help; a statement that it does not understand is a defect, or another's database."""
        try:
            yield
        except DBAPIError as error:
            broken = isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
            if not broken and not isinstance(error, ProgrammingError):
                raise
            what, _, more = str(error.orig).strip().partition("\n")
            reason = f"{what} ({' '.join(more.split())})" if more else what
            kind = _KINDS[self._backend.recovery(error.orig)]
            zh, en = self._backend.advice(error.orig)
            raise kind(f"数据库 {self.name}：{reason}；{zh}", f"database {self.name}: {reason}; {en}") from error

    def turn(self, task: Task) -> Turn:
        """This process's turn at a task; not taken yet."""
        return Turn(self, self._backend.turn(task))

    def close(self) -> None:
        """Close all connections."""
        for engine in {self._backend.writing, self._backend.reading, self._backend.models}:
            engine.dispose()
        if self._use is not None:
            self._use.close()


def _backend(url: URL, name: str, durable: bool, working: bool, mapped: bool) -> _Backend:
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        try:
            engines, file = sqlite.open_sqlite(url, durable=durable, mapped=mapped), Path(url.database)
        except OSError as error:
            raise StoreError(
                f"数据库 {name}：建立不了：{system_reason(error)[0]}",
                f"database {name}: it cannot be made: {error.strerror}",
            ) from error
        return _Backend(
            *engines,
            sqlite.SqliteBulk,
            lambda task: sqlite.FileTurn(file, task[1]),
            False,
            sqlite.advice,
            sqlite.recovery,
            file,
        )
    if url.drivername == "postgresql+psycopg2" and url.database:
        from jinbao.platform.store import postgres  # its driver takes a while to load, and most runs need none

        writing, reading = postgres.open_postgres(url, durable=durable, working=working)
        return _Backend(
            writing,
            reading,
            writing,
            postgres.PostgresBulk,
            lambda task: postgres.SessionTurn(writing, task[0]),
            True,
            postgres.advice,
            postgres.recovery,
        )
    raise StoreError(
        f"数据库 {name}：本程序打开 sqlite:///FILE 和 postgresql+psycopg2://USER@HOST/DATABASE",
        f"database {name}: this program opens sqlite:///FILE and postgresql+psycopg2://USER@HOST/DATABASE",
    )
