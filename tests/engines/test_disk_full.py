"""A disk fills up under each store: it is told, nothing is lost or doubled, and all goes on once there is room again.

The disk is a small tmpfs, so that the system itself refuses; where this user may not mount one, the tests are skipped.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from typer.testing import Result

from jinbao.bus.interface import BusUnavailable, OutgoingRecord, Producer
from jinbao.bus.open_bus import open_bus
from jinbao.dev import local_kafka
from jinbao.dev.engines import Engines
from jinbao.dev.local_kafka import Node
from jinbao.dev.postgres_binaries import server_user
from jinbao.platform.national_platform import topics
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store, StoreError
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic

pytestmark = pytest.mark.slow

CONFIG = str(Path(__file__).parents[2] / "examples" / "adapter-41.toml")
PATIENCE_S = 60.0
RECORD_BYTES = 20_000
_random = random.Random(7)
Jinbao = Callable[..., Result]
Start = Callable[..., Any]


class SmallDisk:
    """A file system of its own, of so many MiB."""

    def __init__(self, folder: Path, size_mib: int) -> None:
        self.folder = folder
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=755", "tmpfs", str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            folder.rmdir()
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")

    def grow(self, size_mib: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size_mib}m", str(self.folder)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        self.folder.rmdir()


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path, int], SmallDisk]]:
    made: list[SmallDisk] = []

    def mount(folder: Path, size_mib: int) -> SmallDisk:
        made.append(SmallDisk(folder, size_mib))
        return made[-1]

    yield mount
    for disk in made:
        disk.close()


def noise(count: int) -> list[bytes]:
    """Messages that nobody can read and nothing can compress."""
    return [_random.randbytes(RECORD_BYTES) for _ in range(count)]


def put(url: str, topic: str, count: int) -> None:
    with closing(open_bus(url)) as bus:
        bus.create_topics(topics())
        bus.producer().send([OutgoingRecord(topic, uuid.uuid4().bytes, value) for value in noise(count)])


def send_each(producer: Producer, values: Sequence[bytes], acknowledged: list[bytes]) -> None:
    for value in values:
        producer.send([OutgoingRecord("cases", b"k", value)])
        acknowledged.append(value)


def taken_in(url: str, expected: int) -> None:
    """Wait until the intake has so many rows, and hold it against the counts; no place on the bus has two."""
    sql = "SELECT count(*), count(DISTINCT bus_offset * 100 + partition) FROM intake"
    until, found = time.monotonic() + PATIENCE_S, None
    with closing(Store(url)) as store:
        while found != (expected, expected):
            assert time.monotonic() < until, f"{found}, not {expected}"
            time.sleep(0.1)
            try:
                with store.read() as work:
                    found = tuple(work.bulk.execute(sql).one())
                    counts = ingest_counts(work)
            except StoreError:
                continue
    assert counts["received"] == counts["dead_letter"] == expected


def test_the_embedded_database_on_a_full_disk(
    tmp_path: Path, small_disk: Callable[[Path, int], SmallDisk], program: Start, jinbao: Jinbao
) -> None:
    disk, bus_url = small_disk(tmp_path / "disk", 4), f"embedded:///{tmp_path}/bus.sqlite"
    settings = {"JINBAO_DATA": str(disk.folder), "JINBAO_BUS_URL": bus_url}
    put(bus_url, SUBMISSIONS_TOPIC, 300)

    result = jinbao("platform", "run", "--once", **settings)
    assert result.exit_code == 1
    full = "database or disk is full; nothing of this call was kept: free space"
    assert f"database sqlite:///{disk.folder}/platform.sqlite: {full}" in result.stderr

    platform = program("platform", "run", **settings)
    platform.told("trouble", full)
    disk.grow(64)
    platform.told("well")
    taken_in(f"sqlite:///{disk.folder}/platform.sqlite", 300)
    platform.stop()


def test_the_embedded_bus_on_a_full_disk(tmp_path: Path, small_disk: Callable[[Path, int], SmallDisk]) -> None:
    disk = small_disk(tmp_path / "disk", 4)
    with closing(open_bus(f"embedded:///{disk.folder}/bus.sqlite")) as bus:
        bus.create_topics({"cases": 1})
        producer, sent = bus.producer(), list[bytes]()
        with pytest.raises(BusUnavailable, match="disk is full; nothing of this call was kept: free space"):
            send_each(producer, noise(300), sent)
        disk.grow(64)
        producer.send([OutgoingRecord("cases", b"k", b"last")])
        with closing(bus.reader("cases")) as reader:
            assert [record.value for record in reader.poll(1_000)] == [*sent, b"last"]


def test_an_adapters_own_files_on_a_full_disk(
    tmp_path: Path, small_disk: Callable[[Path, int], SmallDisk], program: Start, jinbao: Jinbao
) -> None:
    """What cannot be read is kept as it came; here there is no room to keep it."""
    disk, bus_url = small_disk(tmp_path / "disk", 4), f"embedded:///{tmp_path}/bus.sqlite"
    settings = {"JINBAO_DATA": str(disk.folder), "JINBAO_BUS_URL": bus_url}
    words = ("adapter", "run", "--province", "41", "--config", CONFIG)
    put(bus_url, inbox_topic("41"), 300)

    result = jinbao(*words, "--once", **settings)
    assert result.exit_code == 1
    assert f"{disk.folder}: cannot be read or written: database or disk is full" in result.stderr

    adapter = program(*words, **settings)
    adapter.told("trouble", f"{disk.folder}: cannot be read or written: database or disk is full")
    disk.grow(64)
    adapter.told("well")
    until = time.monotonic() + PATIENCE_S
    while sum(line.get("what") == "set_aside" for line in adapter.lines) < 300:
        assert time.monotonic() < until, "what it had read before it could keep it was not read again"
        time.sleep(0.1)
    adapter.stop()
    result = jinbao(*words, "--once", "--json", **settings)
    assert '"set_aside": 300' in result.stdout


@pytest.fixture
def database_on(engines: Engines) -> Iterator[Callable[[Path], str]]:
    """Makes a database whose tables lie in a folder; the server's log of transactions lies elsewhere, as it should."""
    name = f"small_{uuid.uuid4().hex[:12]}"
    with closing(psycopg2.connect(engines.database_url.replace("+psycopg2", ""))) as admin:
        admin.autocommit = True
        cursor = admin.cursor()

        def make(folder: Path) -> str:
            servant = server_user()
            if servant is not None:
                shutil.chown(folder, servant)
            folder.chmod(0o700)
            cursor.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
            cursor.execute(f"CREATE DATABASE {name} TABLESPACE {name}")
            return f"{engines.database_url.rpartition('/')[0]}/{name}"

        yield make
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"DROP TABLESPACE IF EXISTS {name}")


def test_postgresql_on_a_full_disk(
    private_folder: Path,
    tmp_path: Path,
    small_disk: Callable[[Path, int], SmallDisk],
    database_on: Callable[[Path], str],
    program: Start,
    jinbao: Jinbao,
) -> None:
    disk = small_disk(private_folder / "disk", 14)
    url, bus_url = database_on(disk.folder), f"embedded:///{tmp_path}/bus.sqlite"
    settings = {"JINBAO_DATA": str(tmp_path), "JINBAO_BUS_URL": bus_url, "JINBAO_DATABASE_URL": url}
    put(bus_url, SUBMISSIONS_TOPIC, 600)

    result = jinbao("platform", "run", "--once", **settings)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert "free disk space, memory or connections on the server" in result.stderr

    platform = program("platform", "run", **settings)
    platform.told("trouble", "No space left on device")
    disk.grow(128)
    platform.told("well")
    taken_in(url, 600)
    platform.stop()


class Broker:
    """A Kafka node whose log lies on a disk of its own."""

    def __init__(self, folder: Path, log: Path, ports: list[int]) -> None:
        self.node, self.folder = Node(1, *ports), folder
        self.process = None
        local_kafka.prepare([self.node], local_kafka.new_cluster_id(), folder)
        home = folder / "kafka-1"
        shutil.copytree(home / "log", log / "kafka", dirs_exist_ok=True)
        with (home / "server.properties").open("a") as properties:
            properties.write(f"log.dirs={log}/kafka\nlog.segment.bytes=1048576\n")
        self.start()

    def start(self) -> None:
        self.process = local_kafka.start_node(self.node, self.folder)
        local_kafka.wait_until_ready([self.node], [self.process], self.folder)

    def wait_until_it_gives_up(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.process.running():
            assert time.monotonic() < until
            time.sleep(0.1)


def test_kafka_on_a_full_disk(
    private_folder: Path, small_disk: Callable[[Path, int], SmallDisk], free_ports: Callable[[int], list[int]]
) -> None:
    """The broker ends itself; whoever sends is told, sends again, and what was acknowledged is all there."""
    disk = small_disk(private_folder / "kafka-disk", 24)
    broker = Broker(private_folder, disk.folder, free_ports(2))
    with closing(
        open_bus(f"{local_kafka.bus_url([broker.node])}?request_timeout_ms=3000&delivery_timeout_ms=8000")
    ) as bus:
        bus.create_topics({"cases": 1})
        producer, sent = bus.producer(), list[bytes]()
        with pytest.raises(BusUnavailable, match=r"1 of 1 records were not taken|cannot send 1 records"):
            send_each(producer, noise(2_000), sent)
        broker.wait_until_it_gives_up()
        disk.grow(128)
        broker.start()
        producer.send([OutgoingRecord("cases", b"k", b"last")])
        found: list[bytes] = []
        with closing(bus.reader("cases")) as reader:
            while not reader.at_end():
                found += [record.value for record in reader.poll(1_000, 1.0)]
    broker.process.stop(signal.SIGKILL, 10)
    assert len(sent) > 100
    assert [value for value in found if value in set(sent)] == sent
    assert found[-1] == b"last"
