"""A client that shares no code with ours — Apache Avro's library, librdkafka, the CloudEvents SDK, and nothing but the
exported schemas — sends a whole case, and it comes to what it came to through the Python adapters."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from confluent_kafka import Producer
from support.independent_client import PATIENCE_S, IndependentClient
from typer.testing import CliRunner

from jinbao.bus.interface import BusRecord, partition_of
from jinbao.bus.open_bus import open_bus
from jinbao.cli import main as program
from jinbao.dev import engines as local
from jinbao.platform import queries
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS, NationalPlatform
from jinbao.platform.projections import case_board, fund_ledger
from jinbao.platform.store.store import Store
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, SubmissionOutcomes, inbox_topic
from jinbao.simulator.digest import nation_digest

pytestmark = [pytest.mark.engines, pytest.mark.slow]

EXAMPLES = Path(__file__).parents[2] / "examples"
DESTINATION, ORIGIN = "41", "44"


@pytest.fixture
def jinbao() -> Callable[..., Any]:
    def run(*words: object) -> Any:
        result = CliRunner().invoke(program.app, [*map(str, words), "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


@pytest.fixture
def by_adapters(tmp_path: Path, jinbao: Callable[..., Any]) -> Path:
    """The examples' cases, carried to their end by the Python adapters on the embedded engines."""
    folder = tmp_path / "adapters"

    def work() -> None:
        done = 1
        while done:
            done = jinbao("platform", "run", "--once", "--data", folder)["done"]
            for province in (DESTINATION, ORIGIN):
                config = EXAMPLES / f"adapter-{province}.toml"
                words = ("adapter", "run", "--province", province, "--config", config, "--once", "--data", folder)
                done += jinbao(*words)["done"]

    jinbao("adapter", "import", EXAMPLES / "applications-41.csv", "--data", folder)
    jinbao("adapter", "import", EXAMPLES / "history-44.csv", "--data", folder)
    work()
    bank = [sys.executable, str(EXAMPLES / "bank.py"), str(folder / "local" / ORIGIN / "out"), str(folder / "slips")]
    subprocess.run(bank, check=True, capture_output=True)
    jinbao("adapter", "import", folder / "slips" / "到账回单-41.csv", "--data", folder)
    work()
    return folder


def everything(folder: Path, topic: str) -> list[BusRecord]:
    with closing(open_bus(f"embedded:///{folder}/bus.sqlite")) as bus, closing(bus.reader(topic)) as reader:
        found: list[BusRecord] = []
        while not reader.at_end():
            found += reader.poll(500)
        return sorted(found, key=lambda record: (record.appended_at, record.partition, record.offset))


def standing(store: Store) -> dict[str, Any]:
    """What the platform knows at the end, but for instants and positions."""
    with store.read() as work:
        cases = [case._replace(waiting_since=0, opened_at=0, changed_at=0) for case in case_board.case_list(work)]
        return {
            "digest": nation_digest(store),
            "cases": sorted(case._replace(case_id=0) for case in cases),
            "ledger": fund_ledger.ledger(work),
            "money": fund_ledger.money(work),
            "ingest": queries.ingest_counts(work),
        }


@pytest.fixture
def national(private_folder: Path) -> Iterator[tuple[NationalPlatform, str]]:
    """A platform on a Kafka and a PostgreSQL of its own, and the brokers' address."""
    engines = local.up(private_folder)
    with (
        closing(open_bus(engines.bus_url)) as bus,
        closing(Store(engines.database_url)) as store,
        closing(NationalPlatform(bus, store)) as platform,
    ):
        yield platform, engines.bus_url.removeprefix("kafka://")


def by_person(messages: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """What was said about each person, in its order; between persons there is none."""
    found: dict[Any, list[Any]] = {}
    for key, value in messages:
        found.setdefault(key, []).append(value)
    return found


def take_in(platform: NationalPlatform, messages: int) -> None:
    """Step until that many messages have their outcome and all of them are delivered."""
    until = time.monotonic() + PATIENCE_S
    received = 0
    while received < messages:
        assert time.monotonic() < until, f"{received} of {messages} were received"
        while platform.step(time.time_ns() // 1_000):
            pass
        with platform.store.read() as work:
            received = queries.ingest_counts(work)["received"]


def test_an_independent_client_gets_the_same_result_as_the_python_adapters(
    tmp_path: Path, jinbao: Callable[..., Any], by_adapters: Path, national: tuple[NationalPlatform, str]
) -> None:
    platform, brokers = national
    jinbao("schemas", "export", tmp_path / "schemas")
    client = IndependentClient(brokers, tmp_path / "schemas")
    said: Sequence[BusRecord] = everything(by_adapters, SUBMISSIONS_TOPIC)

    for number, record in enumerate(said, 1):
        name, datum = client.decode(record.value)
        assert client.encode(name, datum) == record.value, f"{name}: other bytes than the Python adapter's"
        client.send(name, datum)
        take_in(platform, number)

    with closing(Store(f"sqlite:///{by_adapters}/platform.sqlite")) as store:
        expected = standing(store)
    assert standing(platform.store) == expected
    assert expected["ingest"]["accepted"] == expected["ingest"]["received"] == len(said)
    assert {case.state for case in expected["cases"]} >= {"completed"}
    with platform.store.read() as work:
        forwarded = work.bulk.execute("SELECT COUNT(*) FROM intake WHERE outcome = 6").scalar_one()
    assert forwarded > 0, "librdkafka places keys otherwise than Java does"
    for province in (DESTINATION, ORIGIN):
        inbox = everything(by_adapters, inbox_topic(province))
        told = [r for r in inbox if not isinstance(decode(r.value), SubmissionOutcomes)]
        own = [message for r in said if (message := decode(r.value)).envelope.sender == province]  # type: ignore[attr-defined]
        heard = client.inbox(province, len(told) + len(own))
        contents = [(message, *client.decode(message.value() or b"")) for message in heard]
        others = [(m.key(), m.value()) for m, name, _ in contents if name != SubmissionOutcomes.NAME]
        assert by_person(others) == by_person((r.key, r.value) for r in told)
        outcomes = [datum["outcomes"] for _, name, datum in contents if name == SubmissionOutcomes.NAME]
        assert [[(one["event_id"], one["outcome"]) for one in batch] for batch in outcomes] == [
            [(message.envelope.event_id, "accepted")] for message in own
        ], "each of its messages came in a batch of its own"
        assert all(datum["envelope"]["sender"] != province for _, _, datum in contents)


def test_librdkafka_can_be_told_to_place_keys_as_java_does(national: tuple[NationalPlatform, str]) -> None:
    placed: dict[bytes, int] = {}
    producer = Producer({"bootstrap.servers": national[1], "partitioner": "murmur2"})
    for number in range(50):
        key = str(UUID(int=number)).encode()
        producer.produce(
            SUBMISSIONS_TOPIC, key=key, value=b"", on_delivery=lambda _, m, k=key: placed.update({k: m.partition()})
        )
    assert producer.flush(PATIENCE_S) == 0
    assert placed == {key: partition_of(key, SUBMISSION_PARTITIONS) for key in placed}
    assert len(placed) == 50
