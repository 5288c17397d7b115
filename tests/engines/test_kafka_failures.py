"""Kafka killed, refusing and limiting: nothing acknowledged is lost, and what fails says why."""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kafka.admin import ConfigResource, KafkaAdminClient
from typer.testing import Result

from jinbao.bus.interface import Bus, BusError, BusRecord, OutgoingRecord
from jinbao.bus.kafka_producer import LARGEST_RECORD_BYTES
from jinbao.bus.open_bus import open_bus
from jinbao.dev import local_kafka
from jinbao.dev.engines import Engines
from jinbao.dev.local_kafka import Node
from jinbao.dev.local_process import LocalProcess

pytestmark = pytest.mark.slow

Build = Callable[..., OutgoingRecord]
Read = Callable[..., list[BusRecord]]


def test_a_record_over_the_limit_is_refused_and_nothing_is_sent(kafka: Bus, topic: str, record: Build) -> None:
    producer = kafka.producer()

    with pytest.raises(BusError, match=rf"topic '{topic}' has \d+ bytes, more than the {LARGEST_RECORD_BYTES}"):
        producer.send([record(), record(value=bytes(LARGEST_RECORD_BYTES))])

    assert sum(kafka.end_offsets(topic).values()) == 0
    producer.send([record(value=bytes(LARGEST_RECORD_BYTES - 200))])
    assert sum(kafka.end_offsets(topic).values()) == 1


def test_a_large_batch_of_large_records_is_sent_in_parts(kafka: Bus, topic: str, record: Build, read: Read) -> None:
    kafka.producer().send([record(b"%d" % n, bytes(900_000)) for n in range(40)])

    assert len(read(kafka.consumer([topic], "g"), 40)) == 40


def test_a_producer_works_again_after_a_send_that_failed(
    kafka: Bus, engines: Engines, topic: str, record: Build, read: Read
) -> None:
    """The broker's own limit is lower than ours: it refuses what we let pass, and none of it comes later."""
    producer = kafka.producer()
    limit_bytes(engines, topic, 2_000)
    noise = os.urandom(5_000)  # does not compress below the limit

    with pytest.raises(BusError, match=r"1 of 1 records were not taken: a record is larger than the brokers take"):
        producer.send([record(value=noise)])
    producer.send([record(value=b"small")])

    assert [r.value for r in read(kafka.consumer([topic], "g"), 1)] == [b"small"]


class Broker:
    """A node of its own, which may be killed; it listens in the clear, and by TLS with user and password."""

    def __init__(self, folder: Path, port: int, controller_port: int, secure_port: int) -> None:
        self.node = Node(1, port, controller_port)
        self.folder = folder
        self.secure = f"127.0.0.1:{secure_port}"
        self.certificate = self_signed(folder)
        local_kafka.prepare([self.node], local_kafka.new_cluster_id(), folder)
        with (folder / "kafka-1" / "server.properties").open("a") as properties:
            properties.write(
                f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port},SECURE://{self.secure}\n"
                f"advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURE://{self.secure}\n"
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL\n"
                f"ssl.keystore.type=PEM\nssl.keystore.location={folder}/both.pem\n"
                "listener.name.secure.sasl.enabled.mechanisms=PLAIN\n"
                "listener.name.secure.plain.sasl.jaas.config="
                'org.apache.kafka.common.security.plain.PlainLoginModule required user_henan="OnlyForThisTest";\n'
            )
        self.process: LocalProcess
        self.start()
        self.wait()

    def start(self) -> None:
        self.process = local_kafka.start_node(self.node, self.folder)

    def wait(self) -> None:
        local_kafka.wait_until_ready([self.node], [self.process], self.folder)

    def kill(self) -> None:
        self.process.stop(signal.SIGKILL, 10)


def test_a_batch_that_the_brokers_find_too_large_is_told_as_that(
    kafka: Bus, engines: Engines, topic: str, record: Build
) -> None:
    """The client splits such a batch and tries again: its own flush wakes up before the halves have an answer."""
    limit_bytes(engines, topic, 2_000)

    with pytest.raises(BusError, match="a record is larger than the brokers take"):
        kafka.producer().send([record(b"k", os.urandom(5_000)) for _ in range(20)])


def test_a_batch_that_the_brokers_find_too_large_arrives_in_smaller_ones(
    kafka: Bus, engines: Engines, topic: str, record: Build, read: Read
) -> None:
    limit_bytes(engines, topic, 4_000)
    sent = [record(b"k", os.urandom(1_000)) for _ in range(40)]

    kafka.producer().send(sent)

    assert [arrived.value for arrived in read(kafka.consumer([topic], "g"), 40)] == [one.value for one in sent]


def limit_bytes(engines: Engines, topic: str, largest: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=engines.bus_url.removeprefix("kafka://").split(","))
    admin.alter_configs([ConfigResource("topic", topic, {"max.message.bytes": str(largest)})])
    admin.close()


@pytest.fixture(scope="module")
def broker(private_folder: Path, free_ports: Callable[[int], list[int]]) -> Iterator[Broker]:
    broker = Broker(private_folder, *free_ports(3))
    yield broker
    broker.kill()


def test_nothing_acknowledged_is_lost_when_the_broker_is_killed(
    broker: Broker, topic: str, record: Build, read: Read
) -> None:
    acknowledged: list[bytes] = []
    stop = threading.Event()
    bus = open_bus(local_kafka.bus_url([broker.node]))
    bus.create_topics({topic: 3})

    def produce() -> None:
        producer = bus.producer()
        while not stop.is_set():
            number = len(acknowledged)
            batch = [record(b"%d" % (n % 5), b"%d" % n) for n in range(number, number + 20)]
            producer.send(batch)
            acknowledged.extend(r.value for r in batch)
            time.sleep(0.01)

    sending = threading.Thread(target=produce)
    sending.start()
    try:
        time.sleep(1)
        before = len(acknowledged)
        broker.kill()
        broker.start()
        deadline = time.monotonic() + 60
        while len(acknowledged) < before + 200 and time.monotonic() < deadline and sending.is_alive():
            time.sleep(0.1)
        stop.set()
        sending.join(60)
        found = read(bus.consumer([topic], "g"), len(acknowledged), within_s=60)
    finally:
        stop.set()
        bus.close()

    assert not sending.is_alive()
    assert before > 0
    assert len(acknowledged) >= before + 200
    assert {r.value for r in found} == set(acknowledged)
    for key in range(5):
        mine = [int(r.value) for r in found if r.key == b"%d" % key]
        assert mine == sorted(set(mine)), "an idempotent producer neither doubles nor reorders"


def test_tls_and_passwords_are_passed_through_and_refusals_explained(
    broker: Broker, topic: str, record: Build, read: Read, jinbao: Callable[..., Result]
) -> None:
    broker.wait()
    trusting = f"sasl_mechanism=PLAIN&ssl_cafile={broker.certificate}"
    bus = open_bus(f"kafka://henan:OnlyForThisTest@{broker.secure}?{trusting}")
    bus.create_topics({topic: 1})
    bus.producer().send([record()])
    assert len(read(bus.consumer([topic], "g"), 1)) == 1
    bus.close()

    wrong = f"kafka://henan:WrongSecret@{broker.secure}?{trusting}&bootstrap_timeout_ms=60000"
    refused = jinbao("bus", "lag", "--bus", wrong)
    assert refused.exit_code == 2
    assert re.search(r"check (them|user, password and mechanism) in the bus URL", refused.stderr)
    assert "WrongSecret" not in refused.output
    with pytest.raises(BusError, match=r"no broker answered in time .*certificate verify failed"):
        open_bus(f"kafka://henan:OnlyForThisTest@{broker.secure}?sasl_mechanism=PLAIN&bootstrap_timeout_ms=2000")


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that is its own authority, and in `both.pem` with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local test")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "both.pem").write_bytes(private + certificate)
    return folder / "certificate.pem"
