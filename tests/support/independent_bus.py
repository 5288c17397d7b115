"""The independent client as an adapter's way to the bus: whatever is sent and read goes through its libraries alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition
from support.independent_client import IndependentClient

from jinbao.bus.interface import POLL_BYTES, BusRecord, OutgoingRecord
from jinbao.bus.packed_headers import pack_headers

Place = tuple[str, int]


class IndependentBus:
    """As much of a bus as a province's adapter uses."""

    def __init__(self, client: IndependentClient) -> None:
        self.client = client

    def producer(self) -> IndependentProducer:
        return IndependentProducer(self.client)

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: Callable[[frozenset[Place]], None],
    ) -> IndependentConsumer:
        (topic,) = topics
        return IndependentConsumer(self.client, topic, group, on_assigned)


class IndependentProducer:
    """Decodes what it is given, and sends what it has encoded again."""

    def __init__(self, client: IndependentClient) -> None:
        self._client = client

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        for record in records:
            self._client.send(*self._client.decode(record.value))

    def close(self) -> None:
        """Nothing is kept."""


class IndependentConsumer:
    """Reads one partition of one topic from where it is told."""

    def __init__(
        self,
        client: IndependentClient,
        topic: str,
        group: str,
        on_assigned: Callable[[frozenset[Place]], None],
    ) -> None:
        self._client, self._topic = client, topic
        self._consumer = Consumer({"bootstrap.servers": client.brokers, "group.id": group, "enable.auto.commit": False})
        self._on_assigned = on_assigned
        self._is_assigned = False

    def assignment(self) -> frozenset[Place]:
        return frozenset({(self._topic, 0)})

    def seek(self, partition: Place, offset: int) -> None:
        self._consumer.assign([TopicPartition(*partition, offset)])

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        if not self._is_assigned:
            self._is_assigned = True
            self._on_assigned(self.assignment())
        found = []
        for message in self._consumer.consume(max_records, 0.05):
            assert message.error() is None, message.error()
            value = message.value() or b""
            headers = pack_headers(tuple(message.headers() or ()))
            place = (self._topic, message.partition(), message.offset())
            at = message.timestamp()[1] * 1_000
            found.append(BusRecord(*place, message.key() or b"", self._read(value), headers, at))
        return found

    def at_end(self) -> bool:
        return not self.poll(0)

    def commit(self, next_offsets: Mapping[Place, int]) -> None:
        """The adapter's own store knows how far it is."""

    def close(self) -> None:
        self._consumer.close()

    def _read(self, value: bytes) -> bytes:
        """The message as Apache Avro's library has read and written it; what it cannot read stays as it came."""
        try:
            return self._client.encode(*self._client.decode(value), value[2:10].hex())
        except Exception:  # noise, or a schema that was released later: the adapter sets it aside
            return value
