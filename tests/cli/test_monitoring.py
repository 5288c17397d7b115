"""Health, metrics and logs of running programs: they tell how it goes, and nothing about anybody."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from support.running import PATIENCE_S, Running
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.national_platform import topics
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key

EXAMPLES = Path(__file__).parents[2] / "examples"
NAME = "张三样本"
PERSON, TRANSFER = b"p" * 16, bytes(range(16))
TRANSFER_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*words: str) -> Running:
        started.append(Running(*words))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


def refused() -> OutgoingRecord:
    """A receipt that nobody but the origin may send, with a name where a careless clerk may put one."""
    envelope = m.Envelope(
        event_id=b"e" * 16,
        relationship_id=PERSON,
        transfer_id=TRANSFER,
        sender="41",
        operator=NAME,
        local_document=NAME,
        occurred_at=1_740_000_000_000_000,
    )
    message = m.ApplicationAccepted(
        envelope=envelope,
        scheme="110",
        origin="41",
        destination="41",
        accepted_on=date(2025, 3, 3),
        personal=m.Sealed(key_id=b"k" * 16, ciphertext=b"c" * 64),
    )
    data = encode(message)
    return OutgoingRecord(m.SUBMISSIONS_TOPIC, bus_key(PERSON), data, headers_for(message, data))


def put(folder: Path, *records: OutgoingRecord) -> None:
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus:
        bus.create_topics(topics())
        with closing(bus.producer()) as producer:
            producer.send(records)


def test_a_running_platform_tells_how_it_goes_and_nothing_about_anybody(
    tmp_path: Path, run: Callable[..., Running]
) -> None:
    put(tmp_path, refused(), OutgoingRecord(m.SUBMISSIONS_TOPIC, b"k", NAME.encode(), (("ce_subject", NAME.encode()),)))
    platform = run("platform", "run", "--data", str(tmp_path))
    rejected = platform.told("message", outcome="rejected")
    dead = platform.told("message", outcome="dead_letter")
    assert (rejected["transfer_id"], rejected["sender"], rejected["code"]) == (TRANSFER_TEXT, "41", "SAME_PROVINCE")
    assert (dead["code"], dead["transfer_id"], dead["level"]) == ("UNDECODABLE", None, "warning")
    assert platform.told("batch", messages=2)["events"] == 0
    platform.until_ready()
    assert platform.get("/healthz") == (200, "ok\n")
    assert platform.get("/nothing")[0] == 404
    found = platform.metrics()
    assert found["jinbao_platform_up",] == 1
    assert found["jinbao_ingest_messages_total", "rejected"] == found["jinbao_messages", "rejected"] == 1
    assert found["jinbao_ingest_messages_total", "dead_letter"] == found["jinbao_messages", "dead_letter"] == 1
    assert found["jinbao_ingest_lag",] == found["jinbao_messages", "parked"] == 0
    assert found["jinbao_clocks", "running"] == found["jinbao_clocks", "overdue"] == 0
    assert found["jinbao_projection_position", "case_board"] == found["jinbao_projection_lag", "case_board"] == 0
    assert found["jinbao_ingest_transaction_seconds_count",] >= 1
    assert found["process_resident_memory_bytes",] > 0
    assert platform.stop()["ingest"]["received"] == 2
    assert NAME not in platform.raw
    assert json.dumps(NAME) not in platform.raw


def test_a_running_adapter_tells_how_it_goes(tmp_path: Path, run: Callable[..., Running]) -> None:
    adapter = run(
        "adapter", "run", "--province", "41", "--config", str(EXAMPLES / "adapter-41.toml"), "--data", str(tmp_path)
    )
    assert "jinbao.submissions" in adapter.told("waiting")["text"]
    status, text = adapter.get("/readyz")
    assert (status, "jinbao.submissions" in text) == (503, True)
    assert adapter.get("/healthz")[0] == 200, "it waits for the platform: a restart would not help"
    put(tmp_path)
    adapter.until_ready()
    inbox = OutgoingRecord(m.inbox_topic("41"), b"k", b"garbage", (("ce_subject", NAME.encode()),))
    put(tmp_path, inbox, refused())
    assert adapter.told("message", what="set_aside")["transfer_id"] is None
    found = adapter.metrics()
    assert found["jinbao_adapter_messages_total", "41", "set_aside"] == 1
    assert found["jinbao_adapter_messages_total", "41", "sent"] == 0
    assert found.keys() >= {
        (f"jinbao_adapter_{name}", "41") for name in ("inbox_lag", "outbox_waiting", "desk_waiting")
    }
    assert adapter.stop()["set_aside"] == 1
    assert NAME not in adapter.raw


def test_a_bus_whose_time_jumped_makes_the_platform_unready_until_that_is_confirmed(
    tmp_path: Path, run: Callable[..., Running], jinbao: Callable[..., Result]
) -> None:
    with closing(EmbeddedBus(tmp_path / "bus.sqlite", clock=lambda: 2_057_000_000_000_000)) as bus:
        bus.create_topics(topics())
        with closing(bus.producer()) as producer:
            producer.send([refused()])
    platform = run("platform", "run", "--data", str(tmp_path))
    assert "confirm-time" in platform.told("trouble")["text"]
    status, text = platform.get("/readyz")
    assert (status, "2035-03-09" in text) == (503, True)
    assert platform.metrics()["jinbao_ingest_time_in_doubt",] == 1
    who = ("--operator", "X", "--reason", "the bus is right")
    assert jinbao("platform", "confirm-time", "--bus-is-right", *who, "--data", tmp_path).exit_code == 0
    platform.told("well")
    platform.until_ready()
    assert platform.metrics()["jinbao_ingest_time_in_doubt",] == 0
    assert platform.stop()["ingest"]["rejected"] == 1


def test_a_database_that_fails_makes_the_platform_unready_but_leaves_it_alive(
    tmp_path: Path, run: Callable[..., Running]
) -> None:
    put(tmp_path)
    platform = run("platform", "run", "--data", str(tmp_path))
    platform.until_ready()
    with closing(sqlite3.connect(tmp_path / "platform.sqlite", timeout=PATIENCE_S)) as database:
        database.execute("ALTER TABLE outbox RENAME TO hidden")
        assert "platform.sqlite" in platform.told("trouble")["text"]
        status, text = platform.get("/readyz")
        assert (status, "platform.sqlite" in text) == (503, True)
        assert platform.get("/healthz")[0] == 200
        assert platform.metrics()["jinbao_platform_up",] == 0
        database.execute("ALTER TABLE hidden RENAME TO outbox")
    platform.until_ready()
    assert platform.metrics()["jinbao_platform_up",] == 1


def test_a_port_that_is_taken_is_named(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = jinbao("platform", "run", "--once", "--data", tmp_path / "data", "--metrics-port", port)
    assert (result.exit_code, f"--metrics-port {port}" in result.stderr) == (2, True)
