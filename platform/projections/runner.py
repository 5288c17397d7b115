"""The runner of a database's projections: follows the event log in batches and keeps every read model up with it.

One runner works at a time. Each projection's position is committed with its rows, so killed anywhere it goes on where
the rows stand. A projection whose version has changed, or that somebody asked to rebuild, is built from the log's
beginning beside the tables that are read, and put in their place in one transaction once it has caught up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eventsourcing.persistence import MapperDeserialisationError
from sqlalchemy import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable, ExecutableDDLElement

from jinbao.language.words import BilingualError, Words
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.log_gaps import Gap, LogGap, gaps_in, gaps_of, known_gaps, log_gaps, note_gaps
from jinbao.platform.projections.logged import Entry, entry_of
from jinbao.platform.projections.positions import (
    Followed,
    Positions,
    ProjectionMoved,
    Stand,
    is_of_log,
    projection_positions,
    wait_for,
)
from jinbao.platform.projections.projection import BUILDING_SUFFIX, Part, Projection
from jinbao.platform.store.store import PROJECTING, Store, StoreError, StoreRefused, StoreUnavailable, UnitOfWork

BATCH_SIZE = 5_000
"""Events read, decoded and folded at once."""
OTHERS_WITHIN_S = 60.0
"""So long is another runner waited for."""
_PAUSE_S = 0.02
_GAPS_SOUGHT_EVERY_S, _GAPS_SOUGHT_SHARE = 30.0, 100.0
"""How often gaps of the whole log are looked for, and how many times longer than that took it works otherwise."""
_TURN_KEPT_S, _TURN_ASKED_AGAIN_S = 5.0, 0.2
"""How often whoever has the turn confirms it (a session that asks nothing for 30 s is ended), and others ask for it."""


class ProjectionFailed(StoreError):
    """Projections cannot take in what comes next in the log: a fold has a defect, or a newer program wrote there."""

    def __init__(self, failures: Mapping[Stand, Exception]) -> None:
        told = [_standing_still(stand, error) for stand, error in failures.items()]
        super().__init__("；".join(zh for zh, _ in told), "; ".join(en for _, en in told))


def _standing_still(stand: Stand, error: Exception) -> Words:
    zh = en = type(error).__name__
    if isinstance(error, BilingualError):
        zh, en = error.words
    elif isinstance(error, MapperDeserialisationError):
        zh = en = f"{en}: {error}"
    return (
        f"读模型 {stand.name} 停在位置 {stand.position}，无法继续（{zh}）：请安装能处理的程序并重启，"
        "它会从该处继续；或运行 jinbao projections rebuild",
        f"read model {stand.name} stands at position {stand.position} and cannot go on ({en}): install a program "
        "that can, and restart; it goes on from there, or run jinbao projections rebuild",
    )


class Runner:
    """Follows the log for all projections of a database. The store stays open: it is the caller's."""

    def __init__(
        self, store: Store, projections: Sequence[Projection] = PROJECTIONS, *, batch_size: int = BATCH_SIZE
    ) -> None:
        """Makes missing tables, and begins to build those of another version. Raises StoreError."""
        self._store = store
        self._projections = {projection.name: projection for projection in projections}
        self._batch_size = batch_size
        self._turn = store.turn(PROJECTING)
        self._parts: dict[tuple[str, bool, int], tuple[Part, ...]] = {}
        self._mine_until = self._others_until = 0.0
        self._failed: ProjectionFailed | None = None
        self._gaps: set[Gap] = set()
        self._looked_again_at = 0.0
        prepare(store, projections)

    @property
    def trouble(self) -> StoreError | None:
        """What is in the way of the read models since the last step, while the others go on; None where nothing is."""
        return self._failed or (LogGap(sorted(self._gaps)) if self._gaps else None)

    def _look_for_gaps(self) -> None:
        """Note what the whole log lacks, as it stands now; seldom, since its length is counted."""
        began = time.monotonic()
        with self._store.read() as work:
            self._gaps, known = set(gaps_of(work)), known_gaps(work)
        if self._gaps != set(known):
            with self._store.write_models() as work:
                work.bulk.execute("DELETE FROM log_gaps")
                note_gaps(work, self._gaps)
        ended = time.monotonic()
        self._looked_again_at = ended + max(_GAPS_SOUGHT_EVERY_S, _GAPS_SOUGHT_SHARE * (ended - began))

    def step(self) -> int:
        """Follow the log by a batch; the number of events folded, 0 where nothing is left or another runner works.

        Projections at the same position share one reading of the log and one transaction. One that fails is left where
        it stands and the others go on: ProjectionFailed is raised once they are at the end. Raises StoreError.
        """
        if not self._has_turn():
            self._failed, self._gaps = None, set()
            return 0
        if time.monotonic() >= self._looked_again_at:
            self._look_for_gaps()
        with self._store.read() as work:
            stands = [stand for stand in Positions(work).all() if self._is_ours(stand)]
            end = work.events.max_notification_id() or 0
        read = {stand.name: stand.position for stand in stands if not stand.building}
        done = sum(self._swap(s) for s in stands if s.building and s.position >= min(read.get(s.name, end), end))
        at: dict[int, list[Stand]] = {}
        for stand in stands:
            at.setdefault(stand.position, []).append(stand)
        failures: dict[Stand, Exception] = {}
        for position, group in sorted(at.items()):
            if position < end:
                done += self._follow(position, group, failures)
        self._failed = ProjectionFailed(failures) if failures else None
        if self._failed is not None and not done:
            raise self._failed from next(iter(failures.values()))
        return done

    def _is_ours(self, stand: Stand) -> bool:
        """Whether its tables and folds are those of this program; another version's are left as they are."""
        projection = self._projections.get(stand.name)
        return projection is not None and projection.version == stand.version

    def catch_up(self) -> None:
        """Return once every read model has followed the log to where it ends now, whoever lets it; give the turn back.

        Raises ProjectionFailed once all others are there, StoreError, StoreUnavailable where another runner has the
        turn and does not get there.
        """
        with self._store.read() as work:
            end = work.events.max_notification_id() or 0
        try:
            wait_for(self._store, end, timeout_s=OTHERS_WITHIN_S, meanwhile=self.step)
        finally:
            self._give_back()

    def rebuild(self, names: Collection[str] = (), told: Callable[[int], None] = lambda position: None) -> None:
        """Build projections anew, all where none is named; returns once they are read and stand where the log ends now.

        Another runner may have the turn and do it. `told` hears how far the last of them has come. Raises StoreError,
        StoreUnavailable where it does not: when nothing moves any more for `OTHERS_WITHIN_S`.
        """
        wanted = {name: request_rebuild(self._store, self._projections[name]) for name in names or self._projections}
        with self._store.read() as work:
            end = work.events.max_notification_id() or 0
        before: list[Stand] = []
        deadline = 0.0
        while True:
            with self._store.read() as work:
                stands = [s for s in Positions(work).all() if s.name in wanted and s.generation >= wanted[s.name]]
            reached = min((stand.position for stand in stands), default=0)
            told(reached)
            if not any(stand.building for stand in stands) and reached >= end:
                break
            if stands != before:
                before, deadline = stands, time.monotonic() + OTHERS_WITHIN_S
            elif time.monotonic() >= deadline:
                raise self._left_undone(stands)
            if not self.step():
                time.sleep(_PAUSE_S)
        self._give_back()

    def _left_undone(self, stands: Sequence[Stand]) -> StoreUnavailable:
        names = ", ".join(sorted({stand.name for stand in stands}))
        return StoreUnavailable(
            f"数据库 {self._store.name}：另一进程在负责读模型，但 {OTHERS_WITHIN_S:.0f} 秒内没有重建 {names}："
            "请停止该进程或安装同一版本的程序，再重试",
            f"database {self._store.name}: another process has the turn of the read models and has not gone on with "
            f"rebuilding {names} for {OTHERS_WITHIN_S:.0f} s: stop it, or let it be of the same version, and try again",
        )

    def close(self) -> None:
        """Let another runner work."""
        self._turn.close()

    def _has_turn(self) -> bool:
        """Whether this runner works; the database is asked now and then only, since positions are fenced anyway."""
        now = time.monotonic()
        if now < self._mine_until:
            return True
        if now < self._others_until:
            return False
        mine = self._turn.mine()
        self._mine_until, self._others_until = (now + _TURN_KEPT_S, 0.0) if mine else (0.0, now + _TURN_ASKED_AGAIN_S)
        return mine

    def _give_back(self) -> None:
        self._mine_until = self._others_until = 0.0
        self._turn.give_back()

    def _follow(self, position: int, group: Sequence[Stand], failures: dict[Stand, Exception]) -> int:
        """Fold a batch into a group of projections; where one of them fails, into each by itself."""
        try:
            with self._store.read() as work:
                kinds = {kind for stand in group if (kind := self._projections[stand.name].kind) is not None}
                log = read_log(work, position, self._batch_size, kinds)
            self._fold(group, log)
        except ProjectionMoved:
            return 0
        except (StoreUnavailable, StoreRefused):
            raise
        except Exception as error:
            if len(group) == 1:
                failures[group[0]] = error
                return 0
        else:
            return len(log.entries)
        return sum(self._follow(position, [stand], failures) for stand in group)

    def _fold(self, group: Sequence[Stand], log: Section) -> None:
        """Write the rows and the positions of a group in one transaction."""
        if not log.entries:
            return
        last, gaps = log.entries[-1], gaps_in(log.entries, group[0].position)
        self._gaps.update(gaps)
        with self._store.write_models() as work:
            positions = Positions(work)
            for stand in group:
                positions.insert_tracking(Followed(stand.name, last.position, stand, last.submission))
            for stand in group:
                own = log.of(self._projections[stand.name].kind)
                for part in self._parts_of(stand) if own else ():
                    part.write(work.bulk, own)
            note_gaps(work, gaps)

    def _parts_of(self, stand: Stand) -> tuple[Part, ...]:
        key = (stand.name, stand.building, stand.generation)
        if key not in self._parts:
            projection = self._projections[stand.name]
            self._parts[key] = (
                projection.generation(stand.generation, building=True) if stand.building else projection.parts
            )
        return self._parts[key]

    def _swap(self, stand: Stand) -> int:
        """Put what was built in place of what is read; 0 where somebody has begun to build it again meanwhile."""
        with self._store.write_models() as work:
            still_there = work.bulk.execute(
                "UPDATE projection_positions SET building = 1 "
                "WHERE name = ? AND building = 1 AND generation = ? AND position = ?",
                stand.name,
                stand.generation,
                stand.position,
            )
            if still_there.rowcount != 1:
                return 0
            for name in (table.name for table in self._projections[stand.name].tables):
                work.bulk.execute(f"DROP TABLE IF EXISTS {name}")
                work.bulk.execute(f"ALTER TABLE {name}{BUILDING_SUFFIX} RENAME TO {name}")
            work.bulk.execute("DELETE FROM projection_positions WHERE name = ? AND building = 0", stand.name)
            work.bulk.execute("UPDATE projection_positions SET building = 0 WHERE name = ?", stand.name)
        return 1


class Section(NamedTuple):
    """Events that follow one another in the log, as the projections fold them."""

    entries: list[Entry]
    by_kind: dict[int, list[Entry]]

    def of(self, kind: StreamKind[StreamFact] | None) -> list[Any]:
        """Those in streams of one kind, `Logged` ones for relationships; all where none is named."""
        return self.entries if kind is None else self.by_kind.get(kind.number, [])


def read_log(work: UnitOfWork, after: int, limit: int, kinds: Iterable[StreamKind[StreamFact]] = KINDS) -> Section:
    """Events above a position, in order; the facts of those kinds are decoded. Raises MapperDeserialisationError."""
    decoded = {kind.number: kind for kind in kinds}
    section = Section([], {})
    for row in work.events.rows_after(after, limit):
        number = row[2]
        entry = entry_of(row, decoded.get(number))
        section.entries.append(entry)
        section.by_kind.setdefault(number, []).append(entry)
    return section


def prepare(store: Store, projections: Sequence[Projection] = PROJECTIONS) -> None:
    """Make the tables of projections that the database does not have; begin to rebuild those that it has otherwise.

    Otherwise is: in another version, or folded from another log (a database that was put back). Raises StoreError.
    """
    with store.write_models() as work:
        work.bulk.lock_models()
        projection_positions.create(work.bulk.connection, checkfirst=True)
        log_gaps.create(work.bulk.connection, checkfirst=True)
        stands = {(stand.name, stand.building): stand for stand in Positions(work).all()}
        for projection in projections:
            live, built = stands.get((projection.name, False)), stands.get((projection.name, True))
            if live is None:
                _begin(work, projection, 1, building=False)
            elif (live if built is None else built).version != projection.version:
                _begin(work, projection, live.generation + 1, building=True)
    with store.read() as work:
        strangers = [stand.name for stand in Positions(work).all() if not is_of_log(work, stand)]
    for projection in projections:
        if projection.name in strangers:
            request_rebuild(store, projection)


def request_rebuild(store: Store, projection: Projection) -> int:
    """Begin to build a projection beside the one that is read; returns the number of that generation.

    The runner builds it, and puts it in place. What was being built of it is dropped. Raises StoreError.
    """
    with store.write_models() as work:
        work.bulk.lock_models()
        generations = [stand.generation for stand in Positions(work).all() if stand.name == projection.name]
        number = max(generations, default=0) + 1
        _begin(work, projection, number, building=True)
    return number


def _begin(work: UnitOfWork, projection: Projection, number: int, *, building: bool) -> None:
    """The row of its position is taken first, then its tables, as the runner does that folds into them."""
    work.bulk.execute(
        "DELETE FROM projection_positions WHERE name = ? AND building = ?", projection.name, int(building)
    )
    for statement in _making(projection, number, building, work.bulk.connection.dialect):
        work.bulk.execute(statement)
    row = (projection.name, int(building), number, projection.version, 0, None)
    work.bulk.insert(projection_positions, [row])


_made: dict[tuple[Projection, int, bool, str], list[str]] = {}


def _making(projection: Projection, number: int, building: bool, dialect: Dialect) -> list[str]:
    """The statements that make its tables anew; worked out once in a process, half a millisecond each."""
    key = (projection, number, building, dialect.name)
    if key not in _made:
        ddl: list[ExecutableDDLElement] = []
        for table in (table for part in projection.generation(number, building=building) for table in part.tables):
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            ddl += [DropTable(table, if_exists=True), CreateTable(table), *map(CreateIndex, indexes)]
        _made[key] = [str(each.compile(dialect=dialect)) for each in ddl]
    return _made[key]
