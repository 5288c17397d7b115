"""Observer: what the candidate was seen to send, message by message, and what the platform made of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import names_header
from jinbao.platform.ingest.batch import Received
from jinbao.platform.outbox.relay import FORWARDED_FROM
from jinbao.platform.outcome import Outcome
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.messages import PLATFORM


@dataclass(slots=True)
class Seen:
    """One message on the topic of submissions."""

    record: BusRecord
    message: Any
    outcomes: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """(outcome, code, field) of each decision on this record, in order; a parked one has a later one."""

    @property
    def kind(self) -> str:
        """The message's name."""
        return str(self.message.NAME)

    @property
    def event_id(self) -> bytes:
        """Its 16 bytes."""
        return bytes(self.message.envelope.event_id)

    @property
    def is_forwarded(self) -> bool:
        """Whether the platform has sent it on to its own partition: this record is the platform's."""
        return names_header(self.record.packed_headers, FORWARDED_FROM)

    @property
    def outcome(self) -> str:
        """What the platform has decided last."""
        return self.outcomes[-1][0] if self.outcomes else "sent"

    def has(self, fields: Mapping[str, Any]) -> bool:
        """Whether it has these fields."""
        return all(getattr(self.message, name, None) == value for name, value in fields.items())


class Observer:
    """Keeps what is seen on the bus, by relationship."""

    def __init__(self, province: str) -> None:
        self.province = province
        self.unreadable: list[BusRecord] = []
        """Records that are no message: nobody but the candidate sends such."""
        self._seen: dict[bytes, list[Seen]] = {}
        self._by_place: dict[tuple[int, int], Seen] = {}
        self._outcomes: dict[tuple[int, int], list[tuple[str, str | None, str | None]]] = {}
        self._inbox: dict[bytes, list[tuple[BusRecord, Any]]] = {}

    def saw_submissions(self, records: Iterable[BusRecord]) -> None:
        """Note what was sent."""
        for record in records:
            try:
                message: Any = decode(record.value)
            except Undecodable:
                self.unreadable.append(record)
                continue
            place = (record.partition, record.offset)
            seen = Seen(record, message, self._outcomes.setdefault(place, []))
            self._seen.setdefault(message.envelope.relationship_id, []).append(seen)

    def saw_outcomes(self, rows: Iterable[Received]) -> None:
        """Note what the platform decided."""
        for row in rows:
            place = (row.partition, row.bus_offset)
            if row.outcome is not Outcome.FORWARDED:
                told = (row.outcome.name.lower(), row.code, row.field)
                self._outcomes.setdefault(place, []).append(told)

    def saw_inbox(self, records: Iterable[BusRecord]) -> None:
        """Note what was delivered to the candidate."""
        for record in records:
            try:
                message: Any = decode(record.value)
            except Undecodable:
                continue  # the kit's own poison
            envelope = getattr(message, "envelope", None)
            if envelope is not None and hasattr(envelope, "relationship_id"):
                self._inbox.setdefault(envelope.relationship_id, []).append((record, message))

    def about(self, relationship: bytes) -> Sequence[Seen]:
        """What anybody has sent about a person, in order."""
        return self._seen.get(relationship, ())

    def by_candidate(self, relationship: bytes) -> list[Seen]:
        """What the candidate has sent about a person, in order."""
        return [seen for seen in self.about(relationship) if seen.message.envelope.sender == self.province]

    def by_others(self, relationship: bytes, kind: str) -> list[Seen]:
        """What the other province has sent of a kind about a person, in order."""
        others = (self.province, PLATFORM)
        sent = (seen for seen in self.about(relationship) if seen.message.envelope.sender not in others)
        return [seen for seen in sent if seen.kind == kind]

    def last(self, relationship: bytes, kind: str) -> Any | None:
        """The last message of a kind about a person, whoever has sent it."""
        found = [seen.message for seen in self.about(relationship) if seen.kind == kind]
        return found[-1] if found else None

    def delivered(self, relationship: bytes, kind: str) -> Sequence[BusRecord]:
        """The records of a kind about a person in the candidate's inbox, in order."""
        return [record for record, message in self._inbox.get(relationship, ()) if kind == message.NAME]

    def event_ids_delivered(self, relationship: bytes, kind: str) -> frozenset[bytes]:
        """Event ids of the messages of a kind about a person that were delivered to the candidate."""
        found = self._inbox.get(relationship, ())
        return frozenset(message.envelope.event_id for _, message in found if kind == message.NAME)

    def kinds_delivered(self) -> frozenset[str]:
        """Every kind of message that was ever delivered to the candidate."""
        return frozenset(message.NAME for about in self._inbox.values() for _, message in about)
