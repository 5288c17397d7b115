"""Kafka URLs: what they may say, how a mistake is answered, and that no secret is ever shown."""

from __future__ import annotations

import socket
import time

import pytest
from kafka import errors

from jinbao.bus.interface import BusError
from jinbao.bus.kafka_address import explained, parse
from jinbao.bus.open_bus import open_bus


def test_brokers_credentials_and_settings_are_read() -> None:
    address = parse(
        "kafka://henan:p%40ss%3Aw@one:9093,two:9094?sasl_mechanism=PLAIN&ssl_cafile=/ca.pem&ssl_check_hostname=false"
        "&delivery_timeout_ms=5000&session_timeout_ms=6000"
    )

    assert address.client == {
        "bootstrap_servers": ["one:9093", "two:9094"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "henan",
        "sasl_plain_password": "p@ss:w",
        "ssl_cafile": "/ca.pem",
        "ssl_check_hostname": False,
    }
    assert (address.producer, address.consumer) == ({"delivery_timeout_ms": 5000}, {"session_timeout_ms": 6000})


def test_without_credentials_nothing_is_assumed_about_security() -> None:
    assert parse("kafka://one:9092/").client == {"bootstrap_servers": ["one:9092"]}


@pytest.mark.parametrize(
    ("rest", "answer"),
    [
        ("", "name the brokers"),
        ("one", "name the brokers"),
        ("one:9092,two", "name the brokers"),
        ("one:9092?colour=red", "unknown setting 'colour'; known: bootstrap_timeout_ms, "),
        ("one:9092?session_timeout_ms=soon", "session_timeout_ms='soon': a whole number is expected"),
        ("one:9092?ssl_check_hostname=perhaps", "true or false is expected"),
    ],
)
def test_a_mistake_is_named_without_the_password(rest: str, answer: str) -> None:
    with pytest.raises(BusError, match=answer) as refused:
        parse(f"kafka://henan:TopSecret@{rest}")
    assert "TopSecret" not in str(refused.value)


def test_no_secret_is_shown_anywhere() -> None:
    address = parse("kafka://henan:TopSecret@one:9093?ssl_password=KeySecret")

    with pytest.raises(BusError) as raised, explained(address, "connect"):
        raise errors.KafkaError("refused TopSecret and KeySecret")

    for text in (str(raised.value), repr(address), str(address)):
        assert "Secret" not in text


def test_a_refused_connection_is_explained_within_the_time_given() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(BusError, match=r"cannot connect: no broker answered in time .*(REFUSED|timed out)") as refused:
        open_bus(f"kafka://127.0.0.1:{port}?bootstrap_timeout_ms=500")
    assert refused.value.words[1].startswith(f"bus kafka://127.0.0.1:{port}: ")
    assert time.monotonic() - begun < 5


def test_a_missing_certificate_file_is_named() -> None:
    with pytest.raises(BusError, match=r"ssl_cafile=/no/such/ca.pem: no such file"):
        open_bus("kafka://127.0.0.1:9?security_protocol=SSL&ssl_cafile=/no/such/ca.pem")
