"""A client that shares no code with ours: Apache Avro's library, librdkafka, the CloudEvents SDK, and nothing but the
exported schemas."""

from __future__ import annotations

import json
import time
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import avro.io
import avro.schema
from cloudevents.core.bindings import kafka as binding
from cloudevents.core.formats.base import Format
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Message, Producer

from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic

PATIENCE_S = 60.0
Datum = dict[str, Any]


class _Bytes(Format):
    """The SDK's way to leave the value as it is."""

    def read(self, event_factory: Any, data: Any) -> Any:
        raise NotImplementedError

    def write(self, event: Any) -> bytes:
        raise NotImplementedError

    def write_data(self, data: Any, datacontenttype: str | None) -> bytes:
        return bytes(data)

    def read_data(self, body: bytes, datacontenttype: str | None) -> bytes:
        return body

    def get_content_type(self) -> str:
        return "application/avro"


class IndependentClient:
    """Knows the bus's address, the topics' names and a folder of exported schemas."""

    def __init__(self, brokers: str, schemas: Path, **settings: str) -> None:
        """`settings`: librdkafka's own, of its producer."""
        self._schemas = schemas
        index = json.loads((schemas / "index.json").read_text("utf-8"))
        self._newest = {line["name"]: line for line in sorted(index, key=lambda line: line["version"])}
        self.brokers = brokers
        self._producer = Producer({"bootstrap.servers": brokers, **settings})  # else with librdkafka's own partitioner

    def decode(self, data: bytes) -> tuple[str, Datum]:
        """Name and content of a message, by its header alone."""
        schema = self._schema(data[2:10].hex())
        return schema.name, avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(BytesIO(data[10:])))

    def encode(self, name: str, datum: Datum, fingerprint: str | None = None) -> bytes:
        """By the newest schema, or the one that is named."""
        fingerprint = fingerprint or self._newest[name]["fingerprint"]
        stream = BytesIO()
        stream.write(b"\xc3\x01" + bytes.fromhex(fingerprint))
        avro.io.DatumWriter(self._schema(fingerprint)).write(datum, avro.io.BinaryEncoder(stream))
        return stream.getvalue()

    def send(self, name: str, datum: Datum) -> None:
        envelope = datum["envelope"]
        happened: datetime = envelope["occurred_at"]
        attributes = {
            "id": str(UUID(bytes=envelope["event_id"])),
            "source": f"/jinbao/province/{envelope['sender']}",
            "type": f"jinbao.{name}.v{self._newest[name]['version']}",
            "time": happened,
            "subject": str(UUID(bytes=envelope["transfer_id"])),
            "partitionkey": str(UUID(bytes=envelope["relationship_id"])),
            "datacontenttype": "application/avro",
            "specversion": "1.0",
        }
        message = binding.to_binary(CloudEvent(attributes, self.encode(name, datum)), _Bytes())
        self._producer.produce(
            SUBMISSIONS_TOPIC, key=message.key, value=message.value, headers=list(message.headers.items())
        )
        assert self._producer.flush(PATIENCE_S) == 0

    def inbox(self, province: str, expected: int) -> list[Message]:
        consumer = Consumer(
            {"bootstrap.servers": self.brokers, "group.id": f"own-{province}", "auto.offset.reset": "earliest"}
        )
        consumer.subscribe([inbox_topic(province)])
        found: list[Message] = []
        until = time.monotonic() + PATIENCE_S
        while len(found) < expected and time.monotonic() < until:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                found.append(message)
        consumer.close()
        return found

    def _schema(self, fingerprint: str) -> Any:
        return avro.schema.parse((self._schemas / f"{fingerprint}.avsc").read_text("utf-8"))
