"""The deadline sweep: says, as submissions like any other, what the passing of time has brought.

Warnings and misses of running clocks, letters and sheets that count as received, parked messages that waited too long,
clocks that another release of the calendar moves. Ids and times are derived from what is said and the day on which it
is said, so a second sweep says the same and is a duplicate; the aggregate judges by the bus's time, and what was said
too early, by a clock ahead of the bus's, is said again on another day. Of several processes one sweeps; it reads a page
at a time, and begins when the read models have come to where the log ended when the pass was due: a settlement stated
by half of its cases would be a wrong one, and no aggregate could tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.aggregates.catalogue import stopped_by
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.deadlines.settlements import statements_due
from jinbao.platform.ingest.bus_time import AHEAD_US, need_own_time
from jinbao.platform.outbox.signing import Sign, unsigned
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.projections.positions import followed_to, stand_at
from jinbao.platform.projections.unreceipted import DELIVERED
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.store import SWEEPING, Store, UnitOfWork
from jinbao.rules.working_days import DUE_SOON_WORKING_DAYS, day_of, end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.headers import bus_key

ROWS_A_PAGE = 1_000
"""Of each list that the sweep goes through."""
READ_MODELS = ("case_board", "clocks", "settlement_cases")
"""Those that the lists are read from."""
_CALENDAR = "calendar"
"""Mark of the database: up to which start clocks were looked at, where the log then ended, and under which calendar."""
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """How long to wait, in working days; all [assumed], see docs/assumptions.md."""

    warn_before: int = DUE_SOON_WORKING_DAYS
    deemed_receipt_after: int = 1
    parked_expiry_after: int = 10


Cursor = tuple[int | str, ...]
"""Key of the last row that was read of a list; the next page begins after it."""
_Page = tuple[Sequence[m.Submission], Cursor | None]
"""What is to be said by a page's rows, and where the next page begins; None: that was the last."""
_List = Callable[[UnitOfWork, date, Cursor], _Page]

_CASES = f"JOIN case_board b ON b.case_id = c.case_id JOIN streams s ON s.stream = c.case_id >> {TRANSFER_BITS} "


class DeadlineSweep:
    """Reads the clocks and sends platform submissions to the bus; writes nothing itself."""

    def __init__(
        self, bus: Bus, store: Store, law: Law, policy: SweepPolicy | None = None, sign: Sign = unsigned
    ) -> None:
        self._store = store
        self._law = law
        self._days = law.working_days
        self._policy = policy or SweepPolicy()
        self._producer = bus.producer()
        self._sign = sign
        self._turn = store.turn(SWEEPING)
        self._lists: dict[_List, Cursor] = {
            self._redated: ("", 0),
            self._expired: (0, 0),
            self._due: ("", 0),
            self._deemed: (0,),
            self._settlements: (0,),
        }
        """Every list and where it begins."""
        self._unread: dict[_List, Cursor] = {}
        """Lists that this pass has not read to their end, and how far it has come."""
        self._redated_on: date | None = None
        """The day on which clocks of other calendars were looked at."""
        self.position = 0
        """Position of the read models that the last step read."""
        self._due_at: int | None = None
        """Where the log ended when this pass was due; None before the next one is."""
        self._said: set[bytes] = set()
        self._said_on: date | None = None

    @property
    def at_end(self) -> bool:
        """Whether the last step read every list to its end: the next one begins anew."""
        return not self._unread

    @property
    def waits_for(self) -> int | None:
        """The position at which the read models must stand before a pass begins; None where it waits for none."""
        return None if self._unread else self._due_at

    def has_turn(self) -> bool:
        """Whether this process is the one that sweeps; it stays so while it asks. Raises StoreError."""
        return self._turn.mine()

    def run(self, now: int) -> int:
        """Say everything that is due at `now`, page by page; returns the number of submissions sent.

        0 also where the read models are behind: `waits_for` tells.
        """
        said = self.step(now)
        while not self.at_end:
            said += self.step(now)
        return said

    def step(self, now: int) -> int:
        """Go on by a page of each list; returns the number of submissions sent.

        0 also where another process sweeps, or the read models have not come to where the log ended when this pass was
        due; should they be lost under way, it begins anew, from where the log ends then.
        `now`: microseconds since 1970 UTC; a day begins an hour later here, since the bus's clock may be behind. After
        a failure the same pages are read again. Raises BusError (TimeJumped where that clock has jumped), StoreError.
        """
        if not self.has_turn():
            self._unread, self._due_at = {}, None
            return 0
        today = day_of(now - AHEAD_US)
        if today != self._said_on:
            self._said.clear()
            self._said_on = today
        unread = self._unread or self._all_lists(today)
        due_at = self._end_of_log() if self._due_at is None else self._due_at
        with self._store.read() as work:
            if not stand_at(work, READ_MODELS, due_at):
                self._due_at = None if self._unread else due_at
                self._unread = {}
                return 0
            self.position = followed_to(work)
            need_own_time(work, now)
            pages = {a_list: a_list(work, today, after) for a_list, after in unread.items()}
        due = (submission for submissions, _ in pages.values() for submission in submissions)
        fresh = [s for s in due if s.envelope.event_id not in self._said]
        if fresh:
            self._producer.send(self._sign([_record(submission) for submission in fresh]))
        self._said.update(s.envelope.event_id for s in fresh)
        self._unread = {a_list: after for a_list, (_, after) in pages.items() if after is not None}
        self._due_at = due_at if self._unread else None
        if self._redated in pages and self._redated not in self._unread:
            self._redated_on = today
            with self._store.write() as work:
                work.set_mark(_CALENDAR, f"{now - _DAY_US} {due_at} {self._days.version}")
        return len(fresh)

    def _end_of_log(self) -> int:
        with self._store.read() as work:
            return work.events.max_notification_id() or 0

    def close(self) -> None:
        """Let another process sweep, and release the producer."""
        self._turn.close()
        self._producer.close()

    def _settlements(self, work: UnitOfWork, today: date, after: Cursor) -> _Page:
        """What pairs of provinces owe each other for past years; they are few, so it is one page."""
        return statements_due(work, today), None

    def _all_lists(self, today: date) -> dict[_List, Cursor]:
        """Where a pass begins; whether clocks of another calendar have started since is looked at once a day."""
        return {a: after for a, after in self._lists.items() if a != self._redated or self._redated_on != today}

    def _start_of_waiting(self, today: date, working_days: int) -> int:
        """Whoever began to wait before this instant has waited so many whole working days before `today`."""
        return end_of_day(self._days.before(today, working_days) - timedelta(days=1))

    def _due(self, work: UnitOfWork, today: date, after: Cursor) -> _Page:
        """Warnings and misses; not of a clock that a message stops which is parked and came before the instant."""
        ahead = self._policy.warn_before
        horizon = self._days.due(today, ahead).date if ahead else today
        sql = (
            "SELECT s.key, b.transfer_id, s.stream, c.procedure, c.procedure_version, c.clock, c.run, "
            f"c.due, c.clock_id FROM clocks c {_CASES} "
            "WHERE c.ended_at IS NULL AND c.missed_at IS NULL AND c.due <= ? AND (c.warned_at IS NULL OR c.due < ?) "
            "AND (c.due, c.clock_id) > (?, ?) ORDER BY c.due, c.clock_id LIMIT ?"
        )
        rows = work.bulk.execute(sql, horizon.isoformat(), today.isoformat(), *after, ROWS_A_PAGE).fetchall()
        parked = self._parked(work, sorted({row[2] for row in rows}), today)
        found: list[m.Submission] = []
        for relationship, transfer, stream, procedure, version, clock, run, due_text, _ in rows:
            due = date.fromisoformat(due_text)
            missed = due < today
            kind = m.DeadlineMissed if missed else m.DeadlineApproaching
            at = end_of_day(due if missed else self._days.before(due, ahead) - timedelta(days=1))
            stopping = stopped_by(self._law.rule(procedure, version, clock))
            waiting = parked.get((stream, transfer), ())
            if any(name in stopping and received_at < at for name, received_at in waiting):
                continue
            envelope = _envelope(kind.NAME, relationship, transfer, at, today, clock, str(run), due_text)
            found.append(kind(envelope=envelope, clock=clock, clock_run=run, due=due))
        return found, _next(rows, 7, 8)

    def _parked(
        self, work: UnitOfWork, streams: Sequence[int], today: date
    ) -> dict[tuple[int, bytes], list[tuple[str, int]]]:
        """(stream, transfer id) → (type, received_at) of what is parked and has not waited too long."""
        sql = (
            "SELECT p.stream, p.transfer_id, i.type, p.received_at FROM parked p "
            "JOIN intake i ON i.position = p.intake WHERE p.stream"
        )
        expired_before = self._start_of_waiting(today, self._policy.parked_expiry_after)
        found: dict[tuple[int, bytes], list[tuple[str, int]]] = {}
        for stream, transfer, name, received_at in work.bulk.select_in(sql, streams):
            if received_at >= expired_before:
                found.setdefault((stream, transfer), []).append((name, received_at))
        return found

    def _redated(self, work: UnitOfWork, today: date, after: Cursor) -> _Page:
        """Running clocks whose due day another release of the calendar moves, or knows for certain.

        The mark says up to which start they were looked at under this calendar: one that does not move is visited once.
        """
        version = self._days.version
        since = _looked_at(work, today, version)
        sql = (
            "SELECT s.key, b.transfer_id, c.clock, c.run, c.due, c.provisional, c.started_at, "
            f"c.limit_working_days, c.counted_from, c.calendar, c.clock_id FROM clocks c {_CASES} "
            "WHERE c.ended_at IS NULL AND c.calendar <> ? AND c.started_at >= ? "
            "AND (c.calendar, c.clock_id) > (?, ?) ORDER BY c.calendar, c.clock_id LIMIT ?"
        )
        rows = work.bulk.execute(sql, version, since, *after, ROWS_A_PAGE).fetchall()
        found: list[m.Submission] = []
        for relationship, transfer, clock, run, old_text, provisional, started_at, limit, counted_from, _, _ in rows:
            if counted_from is None:
                continue  # of the first release, which did not say from which day it counted
            old, new = date.fromisoformat(old_text), self._days.due(date.fromisoformat(counted_from), limit)
            if (new.date, new.provisional) != (old, bool(provisional)):
                envelope = _envelope(
                    m.ClockRedated.NAME, relationship, transfer, started_at, today, clock, str(run), version
                )
                found.append(
                    m.ClockRedated(
                        envelope=envelope,
                        clock=clock,
                        clock_run=run,
                        calendar=version,
                        old_due=old,
                        new_due=new.date,
                        provisional=new.provisional,
                    )
                )
        return found, _next(rows, 9, 10)

    def _deemed(self, work: UnitOfWork, today: date, after: Cursor) -> _Page:
        """Letters and sheets delivered long enough ago without a receipt."""
        sql = (
            "SELECT s.key, c.transfer_id, c.awaiting, c.letter_version, c.sheet_version, "
            f"{DELIVERED} AS delivered_at, c.awaiting_position "
            f"FROM case_board c JOIN streams s ON s.stream = c.case_id >> {TRANSFER_BITS} "
            "WHERE c.awaiting <> '' AND c.awaiting_position > ? ORDER BY c.awaiting_position LIMIT ?"
        )
        rows = work.bulk.execute(sql, *after, ROWS_A_PAGE).fetchall()
        delivered_before = self._start_of_waiting(today, self._policy.deemed_receipt_after)
        found: list[m.Submission] = []
        for relationship, transfer, awaiting, letter, sheet, delivered, _ in rows:
            if delivered is None or delivered >= delivered_before:
                continue
            until = end_of_day(self._days.due(day_of(delivered), self._policy.deemed_receipt_after).date)
            if awaiting == "letter":
                kind = m.ContactLetterDeemedReceived
                envelope = _envelope(kind.NAME, relationship, transfer, until, today, str(letter))
                found.append(kind(envelope=envelope, letter_version=letter))
            else:
                sheet_kind = m.InformationSheetDeemedReceived
                envelope = _envelope(sheet_kind.NAME, relationship, transfer, until, today, str(sheet))
                found.append(sheet_kind(envelope=envelope, sheet_version=sheet))
        return found, _next(rows, 6)

    def _expired(self, work: UnitOfWork, today: date, after: Cursor) -> _Page:
        """Parked messages about relationships that have waited too long; other kinds say so by their own messages."""
        sql = (
            "SELECT s.key, p.transfer_id, p.event_id, p.sender, p.received_at, p.intake FROM parked p "
            "JOIN streams s ON s.stream = p.stream "
            f"WHERE s.kind = {RELATIONSHIPS.number} AND p.received_at < ? AND (p.received_at, p.intake) > (?, ?) "
            "ORDER BY p.received_at, p.intake LIMIT ?"
        )
        wait = self._policy.parked_expiry_after
        rows = work.bulk.execute(sql, self._start_of_waiting(today, wait), *after, ROWS_A_PAGE).fetchall()
        found = []
        for relationship, transfer, event_id, sender, received_at, _ in rows:
            until = end_of_day(self._days.due(day_of(received_at), wait).date)
            name = m.ParkedMessageExpired.NAME
            envelope = _envelope(name, relationship, transfer, until, today, event_id.hex(), sender)
            found.append(m.ParkedMessageExpired(envelope=envelope, parked_event_id=event_id, parked_sender=sender))
        return found, _next(rows, 4, 5)


def _looked_at(work: UnitOfWork, today: date, version: str) -> int:
    """Up to which start clocks were looked at under that calendar; 0, so that all are, where no mark says it credibly.

    A mark that names no position is of a program that did not wait for the read models, and may have seen no clock; one
    that lies ahead of the time or the log was written by a clock that had jumped, or for another log.
    """
    match (work.mark(_CALENDAR) or "").split(" ", 2):
        case [since, position, under] if under == version and since.isdecimal() and position.isdecimal():
            end = work.events.max_notification_id() or 0
            return int(since) if int(since) <= end_of_day(today) and int(position) <= end else 0
    return 0


def _next(rows: Sequence[Row], *key: int) -> Cursor | None:
    """Where the page after these rows begins; None after the last."""
    return tuple(rows[-1][column] for column in key) if len(rows) == ROWS_A_PAGE else None


def _envelope(
    kind: str, relationship: bytes, transfer: bytes, occurred_at: int, said_on: date, *facts: str
) -> m.Envelope:
    return m.Envelope(
        event_id=platform_event_id(kind, relationship.hex(), transfer.hex(), *facts, said_on.isoformat()),
        relationship_id=relationship,
        transfer_id=transfer,
        sender=m.PLATFORM,
        operator="platform",
        local_document=f"{kind} {' '.join(facts)}",
        occurred_at=occurred_at,
    )


def _record(submission: m.Submission) -> OutgoingRecord:
    data = encode(submission)
    key = bus_key(submission.envelope.relationship_id)
    return OutgoingRecord(m.SUBMISSIONS_TOPIC, key, data, headers_for(submission, data))
