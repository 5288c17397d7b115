"""The deadline sweep: says, as submissions like any other, what the passing of time has brought.

Warnings and misses of running clocks, letters and sheets that count as received, parked messages that waited too long.
Ids and times are derived from what is said, so a second sweep says the same and is a duplicate; the aggregate judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.answers import derived_id
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """How long to wait, in working days; all [assumed], see docs/assumptions.md."""

    warn_before: int = 3
    deemed_receipt_after: int = 1
    parked_expiry_after: int = 10


class DeadlineSweep:
    """Reads the clocks and sends platform submissions to the bus; writes nothing itself."""

    def __init__(self, bus: Bus, store: Store, working_days: WorkingDays, policy: SweepPolicy | None = None) -> None:
        self._store = store
        self._days = working_days
        self._policy = policy or SweepPolicy()
        self._producer = bus.producer()
        self._said: set[bytes] = set()
        self._said_on: date | None = None

    def step(self, now: int) -> int:
        """Say what is due at `now` (microseconds since 1970 UTC); returns the number of submissions sent."""
        today = day_of(now)
        if today != self._said_on:
            self._said.clear()
            self._said_on = today
        with self._store.read() as work:
            due = [
                *self._redated(work),
                *self._clocks(work, today),
                *self._deemed(work, today),
                *self._expired(work, today),
            ]
        fresh = [s for s in due if s.envelope.event_id not in self._said]
        if not fresh:
            return 0
        self._producer.send([_record(submission) for submission in fresh])
        self._said.update(s.envelope.event_id for s in fresh)
        return len(fresh)

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()

    def _clocks(self, work: UnitOfWork, today: date) -> Iterator[m.Submission]:
        """Warnings and misses; a clock whose responsible agency has a parked message of the case is left alone."""
        ahead = self._policy.warn_before
        horizon = self._days.due(today, ahead).date if ahead else today
        sql = (
            "SELECT s.relationship_id, b.transfer_id, c.clock, c.run, c.due, c.warned_at FROM clocks c "
            "JOIN case_board b ON b.case_id = c.case_id "
            f"JOIN streams s ON s.stream = c.case_id >> {TRANSFER_BITS} "
            "WHERE c.ended_at IS NULL AND c.due <= ? AND c.missed_at IS NULL AND (c.warned_at IS NULL OR c.due < ?) "
            "AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.stream = s.stream "
            "AND p.transfer_id = b.transfer_id AND p.sender = c.responsible) ORDER BY c.due, c.clock_id"
        )
        for relationship, transfer, clock, run, due_text, _warned in work.bulk.connection.exec_driver_sql(
            sql, (horizon.isoformat(), today.isoformat())
        ):
            due = date.fromisoformat(due_text)
            missed = due < today
            kind = m.DeadlineMissed if missed else m.DeadlineApproaching
            at = end_of_day(due if missed else self._days.before(due, self._policy.warn_before) - timedelta(days=1))
            envelope = _envelope(kind.NAME, relationship, transfer, at, clock, str(run), due_text)
            yield kind(envelope=envelope, clock=clock, clock_run=run, due=due)

    def _redated(self, work: UnitOfWork) -> Iterator[m.Submission]:
        """Running clocks whose due day another release of the calendar moves, or knows for certain."""
        version = self._days.version
        sql = (
            "SELECT s.relationship_id, b.transfer_id, c.clock, c.run, c.due, c.provisional, c.started_at, "
            "c.limit_working_days, c.counted_from FROM clocks c JOIN case_board b ON b.case_id = c.case_id "
            f"JOIN streams s ON s.stream = c.case_id >> {TRANSFER_BITS} "
            "WHERE c.ended_at IS NULL AND c.calendar <> ? AND c.counted_from IS NOT NULL ORDER BY c.clock_id"
        )
        for (
            relationship,
            transfer,
            clock,
            run,
            old_text,
            provisional,
            started_at,
            limit,
            counted_from,
        ) in work.bulk.connection.exec_driver_sql(sql, (version,)):
            old, new = date.fromisoformat(old_text), self._days.due(date.fromisoformat(counted_from), limit)
            if (new.date, new.provisional) != (old, bool(provisional)):
                envelope = _envelope(m.ClockRedated.NAME, relationship, transfer, started_at, clock, str(run), version)
                yield m.ClockRedated(
                    envelope=envelope,
                    clock=clock,
                    clock_run=run,
                    calendar=version,
                    old_due=old,
                    new_due=new.date,
                    provisional=new.provisional,
                )

    def _deemed(self, work: UnitOfWork, today: date) -> Iterator[m.Submission]:
        """Letters and sheets delivered long enough ago without a receipt."""
        sql = (
            "SELECT s.relationship_id, b.transfer_id, b.awaiting, b.letter_version, b.sheet_version, "
            "(SELECT o.delivered_at FROM outbox o WHERE o.province = "
            "CASE b.awaiting WHEN 'letter' THEN b.origin ELSE b.destination END "
            "AND o.last_position >= b.awaiting_position AND o.first_position <= b.awaiting_position "
            "ORDER BY o.last_position LIMIT 1) AS delivered_at "
            f"FROM case_board b JOIN streams s ON s.stream = b.case_id >> {TRANSFER_BITS} "
            "WHERE b.awaiting <> '' ORDER BY b.awaiting_position"
        )
        for relationship, transfer, awaiting, letter, sheet, delivered in work.bulk.connection.exec_driver_sql(sql):
            if delivered is None:
                continue
            until = self._days.due(day_of(delivered), self._policy.deemed_receipt_after).date
            if until >= today:
                continue
            if awaiting == "letter":
                kind = m.ContactLetterDeemedReceived
                envelope = _envelope(kind.NAME, relationship, transfer, end_of_day(until), str(letter))
                yield kind(envelope=envelope, letter_version=letter)
            else:
                sheet_kind = m.InformationSheetDeemedReceived
                envelope = _envelope(sheet_kind.NAME, relationship, transfer, end_of_day(until), str(sheet))
                yield sheet_kind(envelope=envelope, sheet_version=sheet)

    def _expired(self, work: UnitOfWork, today: date) -> Iterator[m.Submission]:
        """Parked messages that have waited too long."""
        sql = "SELECT relationship_id, transfer_id, event_id, sender, received_at FROM parked ORDER BY intake"
        for relationship, transfer, event_id, sender, received_at in work.bulk.connection.exec_driver_sql(sql):
            until = self._days.due(day_of(received_at), self._policy.parked_expiry_after).date
            if until < today:
                name = m.ParkedMessageExpired.NAME
                envelope = _envelope(name, relationship, transfer, end_of_day(until), event_id.hex(), sender)
                yield m.ParkedMessageExpired(envelope=envelope, parked_event_id=event_id, parked_sender=sender)


def _envelope(kind: str, relationship: bytes, transfer: bytes, occurred_at: int, *facts: str) -> m.Envelope:
    return m.Envelope(
        event_id=derived_id(kind, relationship.hex(), transfer.hex(), *facts),
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
