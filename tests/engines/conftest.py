"""Real engines for the tests marked `engines`, started once for all test processes, and builders for both buses.

Where Java, Maven or PostgreSQL is missing those tests are skipped with the reason; in CI (CI=true) they fail.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import psycopg2
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from jinbao.bus.interface import Bus, BusRecord, Consumer, OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.cli import main as cli
from jinbao.dev import engines as local
from jinbao.dev.engine_error import EngineMissing
from jinbao.dev.engines import Engines
from jinbao.platform.store.store import Store

os.environ.setdefault("KAFKA_OPTS", "-XX:TieredStopAtLevel=1")
"""These brokers live for seconds: the thorough compiler would take a third of a core for nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the real engines is marked."""
    for item in items:
        if {"engines", "private_folder", "kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engines)


@contextmanager
def missing_engines_skip() -> Iterator[None]:
    try:
        yield
    except EngineMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the engine tests must run in CI: {error}")
        pytest.skip(f"no real engines: {error}")


@contextmanager
def readable_folder(name: str) -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter even when the tests run as root, unlike pytest's own."""
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o755, exist_ok=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[TextIO]:
    """The file under an exclusive lock; made anew when somebody removed it while we waited."""
    while True:
        with path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield file
                return


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """One Kafka node and PostgreSQL, shared by all test processes of the run; the last to finish takes them down."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = Path(tempfile.gettempdir()) / f"jinbao-engines-{run}"
    users = folder.with_suffix(".users")
    with locked(users) as count:
        count.write("+")
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        with missing_engines_skip():
            started = local.up(folder)
        yield started
    finally:
        with locked(users) as count:
            count.write("-")
            count.seek(0)
            marks = count.read()
            if marks.count("+") == marks.count("-"):
                local.down(folder)
                shutil.rmtree(folder, ignore_errors=True)
                users.unlink()


@pytest.fixture(scope="module")
def private_folder() -> Iterator[Path]:
    """A folder for engines that one test file kills or configures; what `up` left running there is taken down."""
    with missing_engines_skip(), readable_folder(f"jinbao-engines-{uuid.uuid4().hex[:12]}") as folder:
        try:
            yield folder
        finally:
            local.down(folder)


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    return lambda count: list(local.free_ports(count))


@pytest.fixture
def topic() -> str:
    """A topic name that no other test has."""
    return f"cases-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def kafka(engines: Engines, topic: str) -> Iterator[Bus]:
    bus = open_bus(f"{engines.bus_url}?session_timeout_ms=6000&heartbeat_interval_ms=300")
    bus.create_topics({topic: 3})
    yield bus
    bus.close()


@pytest.fixture
def embedded(tmp_path: Path, topic: str) -> Iterator[Bus]:
    bus = open_bus(f"embedded:///{tmp_path}/bus.sqlite")
    bus.create_topics({topic: 3})
    yield bus
    bus.close()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.engines)])
def bus(request: pytest.FixtureRequest) -> Bus:
    """The same tests on both buses, with the topic of this test in three partitions."""
    found: Bus = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def record(topic: str) -> Callable[..., OutgoingRecord]:
    def build(key: bytes = b"k", value: bytes = b"v", topic: str = topic, **headers: bytes) -> OutgoingRecord:
        return OutgoingRecord(topic, key, value, tuple(headers.items()))

    return build


@pytest.fixture
def read() -> Callable[..., list[BusRecord]]:
    """Polls until that many records have come, or, for 0, until the consumer holds partitions."""

    def poll(consumer: Consumer, count: int, within_s: float = 30.0) -> list[BusRecord]:
        records: list[BusRecord] = []
        deadline = time.monotonic() + within_s
        while True:
            records += consumer.poll(500, 0.1)
            if len(records) >= count and consumer.assignment():
                return records
            assert time.monotonic() < deadline, f"{len(records)} of {count} records came"

    return poll


class Program:
    """The program `jinbao` in a process of its own, with every line of its log."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jinbao.cli.main", *words, "--log", "json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "JINBAO_LANG": "en", **environment},
        )
        self.lines: list[dict[str, Any]] = []
        self.plain = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                self.lines.append(json.loads(line))
            else:
                self.plain += line

    def told(self, event: str, text: str = "", *, after: int = 0, within_s: float = 60.0) -> str:
        """The first log line of that event that holds the text, from the line number `after` on; waited for."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            for line in self.lines[after:]:
                if line["event"] == event and text in line.get("text", ""):
                    return str(line.get("text", ""))
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {event!r} with {text!r}: {self.lines[-20:]} {self.plain}")

    def ended(self, within_s: float = 60.0) -> tuple[int, str]:
        """Exit code, and what it said besides its log."""
        code = self.process.wait(within_s)
        self._reader.join(10)
        return code, self.plain

    def stop(self) -> None:
        self.process.terminate()
        assert self.ended() == (0, "")


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """Starts `jinbao WORDS` with settings in its environment; what still runs at the end is killed."""
    started: list[Program] = []

    def start(*words: str, **settings: str) -> Program:
        started.append(Program(words, settings))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
def jinbao(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the program in this process, with settings in its environment."""

    def run(*words: object, **settings: str) -> Result:
        with monkeypatch.context() as patched:
            for name, value in {"JINBAO_LANG": "en", **settings}.items():
                patched.setenv(name, value)
            return CliRunner().invoke(cli.app, [*map(str, words)])

    return run


@pytest.fixture
def postgres_url(engines: Any) -> Iterator[str]:
    """A database of its own on the running server."""
    url, name = make_url(engines.database_url), f"store_{uuid.uuid4().hex[:12]}"
    server = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    server.autocommit = True
    server.cursor().execute(f"CREATE DATABASE {name}")
    yield url.set(database=name).render_as_string(hide_password=False)
    server.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.engines)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'platform.sqlite'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url, durable=False)
    opened.create()
    yield opened
    opened.close()
