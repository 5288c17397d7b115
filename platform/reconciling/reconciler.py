"""Says, as submissions like any other, what explains banks' entries and what is left: matches, breaks, their end.

It matches as of today what the read models hold and says the difference to what was said before: everything at first,
then what may have changed since nothing was left to say. Ids are derived, so that a second pass says the same and is a
duplicate; the account judges again by what it knows itself. Of several processes one has the turn.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.bank_matching.coverage import Coverage
from jinbao.platform.ingest.bus_time import AHEAD_US
from jinbao.platform.outbox.signing import Sign, unsigned
from jinbao.platform.projections.bank_accounts import COUNTS, first_day_changed, has_accounts
from jinbao.platform.projections.found_breaks import breaks_by_id, found_breaks, found_matches
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.projections.positions import Positions, stand_at
from jinbao.platform.projections.statement_matching import Matched, match_statements
from jinbao.platform.reconciling.cures import curing_messages
from jinbao.platform.reconciling.differences import (
    BookedAt,
    breaks_to_say,
    gone_breaks,
    matches_to_say,
    resolved,
)
from jinbao.platform.reconciling.progress import Progress, keep_progress, kept_progress, progress_change
from jinbao.platform.reconciling.scope import touched, unsettled
from jinbao.platform.store.store import Store, Task, UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, BankMessage

READ_MODELS = ("case_board", "bank_accounts", "bank_findings", "payment_reports")
"""Those that matching reads."""
RECONCILING: Task = (6, "reconciling")
_AGAIN_US = 60_000_000
"""What was said and is not recorded after so long is said again."""
_ONE_DAY = timedelta(days=1)


class _Said(NamedTuple):
    """What a pass has said, and how things stand once all of it is recorded."""

    events: frozenset[bytes]
    then: Progress


class StatementReconciler:
    """Reads statements and payments, and sends what is found to the bus; writes nothing but how far it has come."""

    def __init__(self, bus: Bus, store: Store, calendar: WorkingDays, sign: Sign = unsigned) -> None:
        self._store = store
        self._calendar = calendar
        self._producer = bus.producer()
        self._sign = sign
        self._turn = store.turn(RECONCILING)
        self._said: dict[bytes, int] = {}
        """Event id → when it was last said."""
        self._under_way: _Said | None = None
        self._progress: Progress | None = None
        self._is_begun = False

    def has_turn(self) -> bool:
        """Whether this process is the one that reconciles; it stays so while it asks. Raises StoreError."""
        return self._turn.mine()

    def step(self, now: int) -> int:
        """Say what has changed since; returns the number of submissions sent.

        0 also where another process has the turn, where the read models stand apart, or what was said is on its way
        still. `now`: microseconds since 1970 UTC. Raises BusError, StoreError.
        """
        if not self.has_turn():
            return 0
        today = day_of(now - AHEAD_US)
        with self._store.read() as work:
            position = _together(work)
            if position is None or not has_accounts(work):
                return 0
            before = self._before(work, position)
            if before is not None and (before.position, before.day) == (position, today):
                return 0
            scope = None
            if before is not None and not first_day_changed(work, before.position):
                scope = touched(work, before.unsettled, before.position, before.day)
            matched = match_statements(work, today, self._calendar, scope)
            to_say = _to_say(work, matched, end_of_day(today - _ONE_DAY))
        coverage = Coverage(matched.accounts, today, self._calendar)
        then = Progress(position, today, unsettled(matched, coverage))
        if not to_say:
            self._done(then)
            return 0
        self._under_way = _Said(frozenset(message.envelope.event_id for message in to_say), then)
        fresh = [message for message in to_say if now - self._said.get(message.envelope.event_id, 0) >= _AGAIN_US]
        if fresh:
            self._producer.send(self._sign([_record(message) for message in fresh]))
        self._said.update((message.envelope.event_id, now) for message in fresh)
        return len(fresh)

    def _before(self, work: UnitOfWork, position: int) -> Progress | None:
        """From where to go on: what was said last, once all of it is recorded, needs no second look."""
        if not self._is_begun:
            self._progress, self._is_begun = kept_progress(work), True
        said = self._under_way
        if said is not None and _are_recorded(work, said):
            self._progress, self._under_way = said.then, None
        if self._progress is not None and self._progress.position > position:
            self._progress = None
        return self._progress

    def _done(self, progress: Progress) -> None:
        """Note that nothing was left to say."""
        self._progress, self._under_way = progress, None
        self._said.clear()
        with self._store.read() as work:
            change = progress_change(work, progress)
        with self._store.write() as work:
            keep_progress(work, progress, change)

    def close(self) -> None:
        """Let another process do it, and release the producer."""
        self._turn.close()
        self._producer.close()


def _together(work: UnitOfWork) -> int | None:
    """The position at which the read models stand; None where one is ahead of another, or of the log."""
    stands = {stand.position for stand in Positions(work).all() if stand.name in READ_MODELS and not stand.building}
    position = stands.pop() if len(stands) == 1 else None
    return position if position is not None and stand_at(work, READ_MODELS, position) else None


def _to_say(work: UnitOfWork, matched: Matched, occurred_at: int) -> list[BankMessage]:
    """The difference between what was said of what was matched, and what is found of it now."""
    matching = matched.matching
    known = {one.break_id.bytes: one for one in found_breaks(work)}
    known |= breaks_by_id(work, [found.id.bytes for found in matching.breaks if found.id.bytes not in known])
    booked = _booked_at(work, [entry for match in matching.matches for entry in match.entries])
    to_say: list[BankMessage] = [
        *matches_to_say(found_matches(work, matched.entries), matching.matches, booked, occurred_at),
        *breaks_to_say(known, matching.breaks, occurred_at),
    ]
    cured = curing_messages(work, gone_breaks(known, matching.breaks), matching)
    return to_say + [resolved(one, cured_by, occurred_at) for one, cured_by in cured]


def _are_recorded(work: UnitOfWork, said: _Said) -> bool:
    """Whether each of those messages has become an event."""
    waiting = set(said.events)
    for (submission,) in work.bulk.stream("SELECT submission FROM events WHERE position > ?", said.then.position):
        waiting.discard(bytes(submission))
        if not waiting:
            return True
    return False


def _booked_at(work: UnitOfWork, entries: list[bytes]) -> dict[bytes, BookedAt]:
    sql = (
        f"SELECT e.entry, s.key, e.number >> {ENTRY_BITS} FROM bank_entries e JOIN streams s ON s.stream = e.stream "
        f"WHERE {COUNTS.format('e')} AND e.entry"
    )
    return {bytes(entry): BookedAt(bytes(account), at) for entry, account, at in work.bulk.select_in(sql, entries)}


def _record(message: BankMessage) -> OutgoingRecord:
    data = encode(message)
    return OutgoingRecord(SUBMISSIONS_TOPIC, record_key(message.envelope), data, headers_for(message, data))
