"""Bus that notes what the kit's own parties send: whatever else is on it, the candidate has written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord, Producer
from jinbao.language.words import Words
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic


class NotedBus:
    """The bus for platform, counterpart and kit; all but sending is the bus's own."""

    def __init__(self, real: Bus) -> None:
        self._real = real
        self._counts: dict[str, int] = {}
        """Records of each inbox that are there rightly: the platform writes there, and the kit in its place."""
        self._submitted: Counter[tuple[bytes, bytes]] = Counter()
        """Key and bytes of what the kit's parties have sent to the platform and was not read yet."""
        self.as_others: list[Words] = []
        """What the candidate has written in another's name."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def begin(self) -> None:
        """What is in the inboxes already is nobody's. Raises BusError where a topic is missing."""
        self._counts = {topic: self._length(topic) for topic in map(inbox_topic, PROVINCES)}

    def producer(self) -> Producer:
        """A producer whose records are noted."""
        return _NotingProducer(self, self._real.producer())

    def note(self, records: Sequence[OutgoingRecord]) -> None:
        """Note what one of the kit's parties sends."""
        for record in records:
            if record.topic == SUBMISSIONS_TOPIC:
                self._submitted[record.key, record.value] += 1
            elif record.topic in self._counts:
                self._counts[record.topic] += 1

    def read(self, records: Sequence[BusRecord], candidate: str) -> None:
        """Look at submissions, in order: those that none of the kit's parties has sent are the candidate's."""
        for record in records:
            place = (record.key, record.value)
            if self._submitted[place]:
                self._submitted[place] -= 1
                continue
            try:
                message: Any = decode(record.value)
            except Undecodable:
                continue  # told elsewhere
            if (sender := message.envelope.sender) != candidate:
                self.as_others.append((f"{message.NAME}：sender {sender}", f"{message.NAME}: sender {sender}"))

    def written_elsewhere(self) -> list[Words]:
        """Inboxes in which there is more than platform and kit have sent. Raises BusError."""
        more = [(topic, self._length(topic) - count) for topic, count in self._counts.items()]
        return [(f"主题 {topic}：{count} 条", f"topic {topic}: {count}") for topic, count in more if count > 0]

    def _length(self, topic: str) -> int:
        return sum(self._real.end_offsets(topic).values())


class _NotingProducer:
    """A producer of the bus."""

    def __init__(self, bus: NotedBus, real: Producer) -> None:
        self._bus, self._real = bus, real

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Note them, then send them. Raises BusError."""
        self._bus.note(records)
        self._real.send(records)

    def close(self) -> None:
        """Close it."""
        self._real.close()
