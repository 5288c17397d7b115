"""The Kafka bus's producer: idempotent, acknowledged by all in-sync copies, checked record by record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer, errors

from jinbao.bus.interface import BusError, OutgoingRecord, partition_of
from jinbao.bus.kafka_address import KafkaAddress, connecting, explained, explanation, kind

LARGEST_RECORD_BYTES = 1_000_000
"""Key, value and headers of one record; Kafka's own limit (message.max.bytes 1 MiB) less the batch's framing."""

_FRAMING_BYTES = 64
_PART_BYTES = 16 << 20
_DELIVERY_TIMEOUT_S = 60
_DEFAULTS = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "linger_ms": 5,
    "batch_size": 128 << 10,
    "max_request_size": 1 << 20,
    "max_block_ms": 15_000,
    "request_timeout_ms": 15_000,
    "delivery_timeout_ms": _DELIVERY_TIMEOUT_S * 1_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class KafkaBusProducer:
    """Appends records and waits until the brokers have them. Threads may share it."""

    def __init__(self, address: KafkaAddress, settings: Mapping[str, object], partitions: Callable[[str], int]) -> None:
        self._address = address
        self._settings = {**_DEFAULTS, **settings, **address.producer}
        self._partitions = partitions
        self._lock = threading.Lock()
        self._client: Any = None
        self.closed = False
        with self._lock:
            self._connected()

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Append the records, each partition's in order; when it returns all in-sync brokers have them.

        The client tries again with growing pauses, without doubling a record, for as long as `delivery_timeout_ms`.
        BusError if a topic is unknown or a record too large (then nothing was sent), or if any record was not
        acknowledged in time (then some may have been: sending all of them again is right, and may double those).
        """
        with explained(self._address, f"send {len(records)} records"), self._lock:
            if self.closed:
                raise BusError(
                    f"总线 {self._address}：这个发送者已关闭", f"bus {self._address}: this producer is closed"
                )
            placed = [(record, partition_of(record.key, self._partitions(record.topic))) for record in records]
            for record in records:
                self._check_size(record)
            for part in _in_parts(placed):
                self._send(part)

    def _send(self, placed: Sequence[tuple[OutgoingRecord, int]]) -> None:
        client = self._connected()
        try:
            futures = [
                client.send(record.topic, record.value, record.key, list(record.headers), partition)
                for record, partition in placed
            ]
            self._await(client, futures)
        except BaseException:
            self._discard()
            raise
        failed = [future for future in futures if not future.succeeded()]
        if failed:
            self._discard()
            zh, en = explanation(self._address, failed[0].exception)
            raise kind(failed[0].exception)(
                f"总线 {self._address}：{len(placed)} 条记录中有 {len(failed)} 条未被接收：{zh}",
                f"bus {self._address}: {len(failed)} of {len(placed)} records were not taken: {en}",
            ) from failed[0].exception

    @staticmethod
    def _await(client: Any, futures: Sequence[Any]) -> None:
        """Wait until each record was taken or refused.

        The client's flush ends with UnknownError when a batch was split because the brokers found it too large; the
        futures of its records follow the smaller batches, so each is waited for by itself.
        """
        with suppress(errors.UnknownError):
            client.flush()
        for future in futures:
            if future.is_done:
                continue  # nearly always: asked of every record that is sent
            try:
                future.get(timeout=_DELIVERY_TIMEOUT_S)
            except errors.KafkaError:
                if not future.is_done:
                    raise

    def _connected(self) -> Any:
        if self._client is None:
            with connecting(self._address, "open a producer"):
                self._client = KafkaProducer(**self._settings)
        return self._client

    def _discard(self) -> None:
        """Give the client up with all it still holds: what was reported as not sent must not be sent later.

        Its public `close` sends what is left first, so the sending thread is ended before. The next `send` begins with
        a new client and a new producer id, whose sequence numbers have no gap.
        """
        client, self._client = self._client, None
        client._sender.force_close()
        client.close(timeout=10)

    def _check_size(self, record: OutgoingRecord) -> None:
        size = _size(record)
        if size > LARGEST_RECORD_BYTES:
            raise BusError(
                f"总线 {self._address}：主题 {record.topic} 的一条记录有 {size} "
                f"字节，超过总线的上限 {LARGEST_RECORD_BYTES}；什么都没有发出",
                f"bus {self._address}: a record for topic {record.topic!r} has {size} bytes, more than the "
                f"{LARGEST_RECORD_BYTES} that the bus takes; nothing was sent",
            )

    def close(self) -> None:
        """Release the connections; closing twice is harmless."""
        with self._lock:
            self.closed = True
            if self._client is not None:
                client, self._client = self._client, None
                client.close(timeout=10)


def _size(record: OutgoingRecord) -> int:
    headers = sum(len(name.encode()) + len(value) + 10 for name, value in record.headers)
    return len(record.key) + len(record.value) + headers + _FRAMING_BYTES


def _in_parts(placed: Sequence[tuple[OutgoingRecord, int]]) -> Iterator[Sequence[tuple[OutgoingRecord, int]]]:
    """Split so that each part's bytes fit in memory: the client's own buffer knows no limit."""
    start = held = 0
    for number, (record, _) in enumerate(placed):
        held += _size(record)
        if held > _PART_BYTES:
            yield placed[start : number + 1]
            start, held = number + 1, 0
    if start < len(placed):
        yield placed[start:]
