"""Says, as submissions like any other, what explains banks' entries and what is left: matches, breaks, their end.

It matches as of today what the read models hold and says the difference to what was said before. Ids are derived, so
that a second pass says the same and is a duplicate; the account judges again by what it knows itself. Of several
processes one has the turn. A nation without bank accounts is never read.
"""

from __future__ import annotations

from datetime import date, timedelta

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.ingest.bus_time import AHEAD_US
from jinbao.platform.projections.bank_accounts import has_accounts
from jinbao.platform.projections.found_breaks import found_breaks, found_matches
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.projections.positions import stand_at
from jinbao.platform.projections.statement_reconciliation import reconcile_statements
from jinbao.platform.reconciling.cures import curing_messages
from jinbao.platform.reconciling.differences import (
    BookedAt,
    breaks_to_say,
    gone_breaks,
    matches_to_say,
    resolved,
)
from jinbao.platform.store.store import Store, Task, UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, BankMessage

READ_MODELS = ("case_board", "bank_accounts", "bank_findings", "payment_reports")
"""Those that matching reads."""
RECONCILING: Task = (5, "reconciling")
_MARK = "reconciled"
"""Mark of the database: the position of the log at which a pass had nothing left to say, and the day."""
_AGAIN_US = 60_000_000
"""What was said and is not recorded after so long is said again."""
_ONE_DAY = timedelta(days=1)


class StatementReconciler:
    """Reads statements and payments, and sends what is found to the bus; writes nothing but how far it has come."""

    def __init__(self, bus: Bus, store: Store, calendar: WorkingDays) -> None:
        self._store = store
        self._calendar = calendar
        self._producer = bus.producer()
        self._turn = store.turn(RECONCILING)
        self._said: dict[bytes, int] = {}
        """Event id → when it was last said."""
        self._reconciled = ""
        """As the mark has it."""

    def has_turn(self) -> bool:
        """Whether this process is the one that reconciles; it stays so while it asks. Raises StoreError."""
        return self._turn.mine()

    def step(self, now: int) -> int:
        """Say what has changed since; returns the number of submissions sent.

        0 also where another process has the turn, where the read models are behind the log, or what was said is on its
        way still. `now`: microseconds since 1970 UTC. Raises BusError, StoreError.
        """
        if not self.has_turn():
            return 0
        today = day_of(now - AHEAD_US)
        with self._store.read() as work:
            if not has_accounts(work):
                return 0
            end = work.events.max_notification_id() or 0
            reconciled = f"{end} {today}"
            if reconciled == self._reconciled or not stand_at(work, READ_MODELS, end):
                return 0
            to_say = self._differences(work, today)
        fresh = [message for message in to_say if now - self._said.get(message.envelope.event_id, 0) >= _AGAIN_US]
        if fresh:
            self._producer.send([_record(message) for message in fresh])
        self._said.update((message.envelope.event_id, now) for message in fresh)
        if not to_say:
            self._said.clear()
            with self._store.write() as work:
                work.set_mark(_MARK, reconciled)
            self._reconciled = reconciled
        return len(fresh)

    def _differences(self, work: UnitOfWork, today: date) -> list[BankMessage]:
        matching = reconcile_statements(work, today, self._calendar).matching
        occurred_at = end_of_day(today - _ONE_DAY)
        known = {one.break_id.bytes: one for one in found_breaks(work, resolved=True)}
        booked = _booked_at(work, [entry for match in matching.matches for entry in match.entries])
        to_say: list[BankMessage] = [
            *matches_to_say(found_matches(work), matching.matches, booked, occurred_at),
            *breaks_to_say(known, matching.breaks, occurred_at),
        ]
        cured = curing_messages(work, gone_breaks(known, matching.breaks), matching)
        to_say += [resolved(one, cured_by, occurred_at) for one, cured_by in cured]
        return to_say

    def close(self) -> None:
        """Let another process do it, and release the producer."""
        self._turn.close()
        self._producer.close()


def reconciled_to(work: UnitOfWork) -> int:
    """The position of the log at which nothing was left to say of banks' statements; 0 where that was never so."""
    return int((work.mark(_MARK) or "0").split(" ")[0])


def _booked_at(work: UnitOfWork, entries: list[bytes]) -> dict[bytes, BookedAt]:
    sql = (
        f"SELECT e.entry, s.key, e.number >> {ENTRY_BITS} FROM bank_entries e JOIN streams s ON s.stream = e.stream "
        "WHERE e.statement NOT IN (SELECT statement FROM bank_replaced) AND e.entry"
    )
    return {bytes(entry): BookedAt(bytes(account), at) for entry, account, at in work.bulk.select_in(sql, entries)}


def _record(message: BankMessage) -> OutgoingRecord:
    data = encode(message)
    return OutgoingRecord(SUBMISSIONS_TOPIC, record_key(message.envelope), data, headers_for(message, data))
