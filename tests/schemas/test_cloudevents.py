"""Our records through the CloudEvents SDK's own Kafka binding, both its present and its former interface."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.base import Format
from cloudevents.v1 import kafka as former

from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key
from jinbao.schemas.messages import FundsRemitted

KEY = "10111213-1415-1617-1819-1a1b1c1d1e1f"
EXPECTED = {
    "specversion": "1.0",
    "id": "00010203-0405-0607-0809-0a0b0c0d0e0f",
    "source": "/jinbao/province/44",
    "type": "jinbao.FundsRemitted.v1",
    "subject": "20212223-2425-2627-2829-2a2b2c2d2e2f",
    "partitionkey": KEY,
    "datacontenttype": "application/avro",
}


class Avro(Format):
    """A format of the SDK's that hands the bytes on."""

    def read(self, event_factory, data):  # type: ignore[no-untyped-def]
        raise NotImplementedError("no structured mode on this bus")

    def write(self, event):  # type: ignore[no-untyped-def]
        raise NotImplementedError("no structured mode on this bus")

    def write_data(self, data, datacontenttype):  # type: ignore[no-untyped-def]
        return data

    def read_data(self, body, datacontenttype):  # type: ignore[no-untyped-def]
        assert datacontenttype == "application/avro"
        return body

    def get_content_type(self) -> str:
        return "application/avro"


@pytest.fixture
def message(remitted: FundsRemitted) -> kafka.KafkaMessage:
    """As a Kafka client reads it: headers, key and value."""
    data = encode(remitted)
    return kafka.KafkaMessage(dict(headers_for(remitted, data)), bus_key(remitted.envelope.relationship_id), data)


@pytest.mark.parametrize("read", [kafka.from_binary, kafka.from_kafka])
def test_the_binding_reads_our_records(read: object, message: kafka.KafkaMessage) -> None:
    event = read(message, Avro())  # type: ignore[operator]
    attributes = event.get_attributes()
    assert {name: attributes[name] for name in EXPECTED} == EXPECTED
    assert attributes["time"] == datetime(2025, 1, 2, 4, 0, 0, 123456, UTC)
    assert event.get_data() == message.value


def test_the_binding_writes_what_it_read_as_we_did(message: kafka.KafkaMessage) -> None:
    written = kafka.to_binary(kafka.from_binary(message, Avro()), Avro())
    assert (written.key, written.value) == (KEY, message.value)
    assert written.headers == message.headers


def test_the_former_binding_reads_them_too(message: kafka.KafkaMessage) -> None:
    event = former.from_binary(former.KafkaMessage(message.headers, KEY, message.value), data_unmarshaller=bytes)
    assert {name: event[name] for name in EXPECTED} == EXPECTED
    assert event.get_data() == message.value
