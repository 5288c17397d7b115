"""Bus or database refuse, are not there yet, or die: what is told, what is tried again, and with which code it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest
from kafka.admin import ConfigResource, KafkaAdminClient
from support.clear_engines import clear
from typer.testing import Result

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.dev import engines as local
from jinbao.dev.engines import Engines
from jinbao.platform.store.store import Store, StoreError
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, SUBMISSIONS_TOPIC

pytestmark = pytest.mark.slow

CONFIG = str(Path(__file__).parents[2] / "examples" / "adapter-41.toml")
PATIENCE_S = 60.0
SECRET = "OnlyForThisTest"
Jinbao = Callable[..., Result]
Start = Callable[..., Any]


@pytest.fixture
def own(private_folder: Path) -> Engines:
    """A Kafka and a PostgreSQL of this file's own, which its tests kill: up again, and as if nobody had used them."""
    engines = local.up(private_folder)
    clear(engines)
    return engines


@pytest.fixture
def settings(own: Engines, tmp_path: Path) -> dict[str, str]:
    return {"JINBAO_DATABASE_URL": own.database_url, "JINBAO_BUS_URL": own.bus_url, "JINBAO_DATA": str(tmp_path)}


def put(engines: Engines, *values: bytes) -> None:
    with closing(open_bus(engines.bus_url)) as bus:
        bus.producer().send([OutgoingRecord(SUBMISSIONS_TOPIC, value, value) for value in values])


def rows(engines: Engines) -> int:
    """How many rows the intake has now."""
    with closing(server(engines)) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT to_regclass('intake') IS NULL")
        if cursor.fetchone() == (True,):
            return 0
        cursor.execute("SELECT count(*) FROM intake")
        return int(cursor.fetchone()[0])


def taken_in(engines: Engines, expected: int, within_s: float = PATIENCE_S) -> None:
    """Wait until the intake has so many rows; no place on the bus has two."""
    sql = "SELECT count(*), count(DISTINCT (partition, bus_offset)) FROM intake"
    until, found = time.monotonic() + within_s, None
    with closing(Store(engines.database_url)) as store:
        while found != (expected, expected):
            assert time.monotonic() < until, f"{found}, not {expected}"
            time.sleep(0.1)
            try:
                with store.read() as work:
                    found = tuple(work.bulk.execute(sql).one())
            except StoreError:
                continue


def server(engines: Engines) -> Any:
    connection = psycopg2.connect(engines.database_url.replace("+psycopg2", ""))
    connection.autocommit = True
    return connection


def test_a_database_that_nobody_serves_is_named_without_its_password(
    jinbao: Jinbao, free_ports: Callable[[int], list[int]]
) -> None:
    [port] = free_ports(1)
    result = jinbao("ledger", "--database", f"postgresql+psycopg2://jinbao:{SECRET}@127.0.0.1:{port}/jinbao")
    assert result.exit_code == 1
    assert f"database postgresql+psycopg2://jinbao:***@127.0.0.1:{port}/jinbao: " in result.stderr
    assert "Connection refused" in result.stderr
    assert "check that the server runs" in result.stderr
    assert SECRET not in result.output


def test_a_bus_that_nobody_serves_is_named(jinbao: Jinbao, free_ports: Callable[[int], list[int]]) -> None:
    [port] = free_ports(1)
    result = jinbao("bus", "lag", "--bus", f"kafka://127.0.0.1:{port}?bootstrap_timeout_ms=1000")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"jinbao: bus kafka://127.0.0.1:{port}: cannot connect: no broker answered in time")
    assert "are they running and the address right?" in result.stderr


@pytest.mark.parametrize(
    ("user", "password", "database", "words"),
    [
        ("jinbao", SECRET, "jinbao", "password authentication failed"),
        ("nobody", SECRET, "jinbao", "password authentication failed"),
        ("jinbao", None, "nothing", 'database "nothing" does not exist'),
    ],
)
def test_a_wrong_user_password_or_database_is_a_wrong_setting(
    own: Engines, jinbao: Jinbao, program: Start, user: str, password: str | None, database: str, words: str
) -> None:
    given = quote(password or own.password)
    url = f"postgresql+psycopg2://{user}:{given}@127.0.0.1:{own.postgres_port}/{database}"
    result = jinbao("ledger", "--database", url)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert "user, password and database name in the URL" in result.stderr
    assert given not in result.output


def test_topics_that_are_not_there_are_named_and_waited_for_as_bus_and_database_are(
    own: Engines, private_folder: Path, jinbao: Jinbao, program: Start, settings: dict[str, str]
) -> None:
    result = jinbao("bus", "tail", "jinbao.nothing", **settings)
    assert (result.exit_code, "jinbao.inbox.PP" in result.stderr) == (2, True)
    result = jinbao("bus", "tail", "jinbao.inbox.41", **settings)
    assert (result.exit_code, "no topic 'jinbao.inbox.41'" in result.stderr) == (2, True)
    result = jinbao("adapter", "run", "--once", "--province", "41", "--config", CONFIG, **settings)
    assert result.exit_code == 2
    assert "no topic 'jinbao.identity'; create the topics first" in result.stderr

    adapter = program("adapter", "run", "--province", "41", "--config", CONFIG, **settings)
    adapter.told("waiting", "no topic 'jinbao.submissions'")
    local.down(private_folder)
    platform = program("platform", "run", **settings)
    platform.told("waiting", f"{own.bus_url}: cannot connect: no broker answered")
    assert local.up(private_folder).bus_url == own.bus_url, "the ports were free again"
    platform.told("well")
    adapter.told("well")
    put(own, *(b"early %d" % n for n in range(20)))
    taken_in(own, 20)
    adapter.stop()
    platform.stop()


def test_a_running_platform_goes_on_by_itself_when_bus_and_database_are_back(
    own: Engines, private_folder: Path, program: Start, settings: dict[str, str]
) -> None:
    before = rows(own)
    platform = program("platform", "run", **settings)
    platform.told("status")
    for number, name in enumerate(("postgres", "kafka-1")):
        seen = len(platform.lines)
        local.up(private_folder).processes[name].stop(signal.SIGKILL, 10)
        if name == "postgres":
            put(own, *(b"meanwhile %d" % n for n in range(30)))
        platform.told("trouble", "127.0.0.1", after=seen)
        local.up(private_folder)
        put(own, *(b"after %d %d" % (number, n) for n in range(20)))
        taken_in(own, before + 30 + 20 * (number + 1))
        platform.told("well", after=seen)
    platform.stop()


def test_what_the_brokers_find_too_large_is_told_and_delivered_once_they_take_it(
    own: Engines, program: Start, jinbao: Jinbao, settings: dict[str, str]
) -> None:
    jinbao("platform", "init", **settings)
    taken = rows(own)
    limit(own, 100)
    put(own, bytes(range(256)) * 40)
    result = jinbao("platform", "run", "--once", **settings)
    assert (result.exit_code, "larger than the brokers take (max.message.bytes of the topic)" in result.stderr) == (
        2,
        True,
    )
    platform = program("platform", "run", **settings)
    platform.told("trouble", "1 of 1 records were not taken: a record is larger than the brokers take")
    before = copies(own)
    limit(own, 1_048_576)
    platform.told("well")
    platform.stop()
    assert copies(own) == before + 1
    taken_in(own, taken + 1)


def limit(engines: Engines, largest_bytes: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=engines.bus_url.removeprefix("kafka://").split(","))
    admin.alter_configs([ConfigResource("topic", DEAD_LETTERS_TOPIC, {"max.message.bytes": str(largest_bytes)})])
    admin.close()


def copies(engines: Engines) -> int:
    with closing(open_bus(engines.bus_url)) as bus:
        return bus.end_offsets(DEAD_LETTERS_TOPIC)[DEAD_LETTERS_TOPIC, 0]


def test_a_password_that_is_changed_under_a_running_platform_ends_it_as_a_wrong_setting(
    own: Engines, program: Start, settings: dict[str, str]
) -> None:
    """Whoever supervises it starts it again, with the new password; trying the old one for ever helps nobody."""
    with closing(server(own)) as admin, admin.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS platform")
        cursor.execute(f"CREATE ROLE platform LOGIN SUPERUSER PASSWORD '{SECRET}'")
        url = own.database_url.replace(f"jinbao:{own.password}@", f"platform:{SECRET}@")
        platform = program("platform", "run", **{**settings, "JINBAO_DATABASE_URL": url})
        platform.told("status")
        cursor.execute("ALTER ROLE platform PASSWORD 'another'")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'platform'")
        code, plain = platform.ended()
    assert (code, plain) == (2, ""), "its last line is one of the log too"
    last = platform.lines[-1]
    assert (last["event"], "password authentication failed" in last["error"]) == ("ended", True)
    assert not any("Traceback" in str(line) or SECRET in str(line) for line in platform.lines)
