"""The same day on a real Kafka and PostgreSQL, started for it and taken down again."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg2
from case_messages import arriving, fill, submissions
from delays import DELAY_S, RATE_PER_S, caught_up_rate, delays
from measures import limit_rate, plain_replay_rate, rebuild_rate, replay_rate
from naive import naive_on_postgres
from sqlalchemy import URL, make_url

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.dev import engines
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store, StoreError

PATIENCE_S = 300.0
PARTITIONS = 32


def measure(events: int, seed: int, naive_events: int) -> dict[str, object]:
    """Every key of the real engines."""
    with _running() as (bus_url, database, folder):
        with closing(open_bus(bus_url)) as bus:
            fill(bus, events, folder, seed)
        rates = {n: ingest_rate(bus_url, _new(database, f"ingest_{n}"), events, n) for n in (1, 2, 3)}
        store = Store(_text(database.set(database="ingest_1")))
        result: dict[str, object] = {
            "ingest_per_s": round(rates[1]),
            "ingest_2_processes_per_s": round(rates[2]),
            "ingest_3_processes_per_s": round(rates[3]),
            "peer_per_s": _peer(bus_url, folder, events, seed),
            "naive_per_s": round(naive_on_postgres(_new(database, "naive"), naive_events))
            if importlib.util.find_spec("psycopg")
            else None,
        }
        target = Store(_text(_new(database, "limit_rows")))
        result["limit_per_s"] = round(limit_rate(store, target, events))
        result["replay_per_s"] = round(replay_rate(store))
        result["plain_replay_per_s"] = round(plain_replay_rate(store))
        result["rebuild_per_s"] = round(rebuild_rate(store))
        target.close()
        with closing(open_bus(bus_url)) as bus:
            url = _text(database.set(database="ingest_1"))
            result |= delays(bus, store, url, arriving(DELAY_S * RATE_PER_S, folder, seed), RATE_PER_S)
            url = _text(_new(database, "caught_up"))
            with closing(Store(url)) as again:
                result["caught_up_per_s"] = round(caught_up_rate(bus, again, url, events))
        store.close()
        return result


def ingest_rate(bus_url: str, database: URL, events: int, processes: int) -> float:
    """By that many processes of one group, from the first fifth of the log to its end, by the log's own time."""
    group = f"{bus_url}{'&' if '?' in bus_url else '?'}session_timeout_ms=6000&heartbeat_interval_ms=1000"
    words = [sys.executable, str(Path(__file__).with_name("ingest_process.py")), group, _text(database)]
    workers = [subprocess.Popen(words, stdin=subprocess.PIPE) for _ in range(processes)]
    store = Store(_text(database))
    try:
        deadline = time.monotonic() + PATIENCE_S
        while _received(store) < events:
            if time.monotonic() > deadline or any(worker.poll() is not None for worker in workers):
                raise SystemExit(f"ingest by {processes} processes did not come through")
            time.sleep(0.25)
    finally:
        for worker in workers:
            worker.communicate()
    with store.read() as work:
        sql = "SELECT MIN(recorded_at), MAX(recorded_at) FROM events WHERE position > ?"
        first, last = work.bulk.execute(sql, events // 5).one()
        counted = work.bulk.execute("SELECT COUNT(*) FROM events WHERE recorded_at > ?", first).scalar_one()
    store.close()
    return float(counted * 1_000_000 / (last - first))


def _received(store: Store) -> int:
    """How many messages have their outcome, whatever it is; none while the database is not there yet."""
    try:
        with store.read() as work:
            return ingest_counts(work)["received"]
    except StoreError:
        return 0


def _peer(bus_url: str, folder: Path, events: int, seed: int) -> int | None:
    """Quix Streams on the same cases; None where it is not installed."""
    if importlib.util.find_spec("quixstreams") is None:
        return None
    import quix  # needs it

    ring = EmbeddedKeyRing(folder / "peer.sqlite", bytes(64), seed=seed)
    with closing(open_bus(bus_url)) as bus, closing(ring):
        bus.create_topics({quix.TOPIC: PARTITIONS, quix.BOARD: PARTITIONS})
        producer = bus.producer()
        chunk = []
        for message in submissions(events, ring, seed):
            envelope = message.envelope
            said = {
                "type": message.NAME,
                "event_id": envelope.event_id.hex(),
                "transfer_id": envelope.transfer_id.hex(),
                "sender": envelope.sender,
                "occurred_at": envelope.occurred_at,
                "amount": getattr(message, "amount", 0),
            }
            chunk.append(OutgoingRecord(quix.TOPIC, envelope.relationship_id.hex().encode(), json.dumps(said).encode()))
        producer.send(chunk)
        producer.close()
    broker = bus_url.removeprefix("kafka://").partition("?")[0]
    words = [sys.executable, str(Path(__file__).with_name("quix.py")), broker, str(events), str(folder / "quix")]
    return round(float(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1]))


@contextmanager
def new_databases() -> Iterator[Iterator[tuple[str, str]]]:
    """(bus, database) again and again while the engines run: the same bus, each time a new database."""
    with _running() as (bus_url, database, _):
        yield ((bus_url, _text(_new(database, f"run_{i}"))) for i in count())


@contextmanager
def _running() -> Iterator[tuple[str, URL, Path]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's user must enter it
        try:
            found = engines.up(folder)
            yield found.bus_url, make_url(found.database_url), folder
        finally:
            engines.down(folder)


def _new(database: URL, name: str) -> URL:
    server = psycopg2.connect(
        host=database.host,
        port=database.port,
        user=database.username,
        password=database.password,
        dbname=database.database,
    )
    server.autocommit = True
    server.cursor().execute(f"CREATE DATABASE {name}")
    server.close()
    return database.set(database=name)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
