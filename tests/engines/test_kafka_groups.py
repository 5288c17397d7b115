"""Members of one group on Kafka share the partitions; whoever comes or goes, nothing is skipped."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from jinbao.bus.interface import Bus, BusRecord, Consumer, OutgoingRecord, TopicPartition, partition_of
from jinbao.dev.engines import Engines

Build = Callable[..., OutgoingRecord]
Read = Callable[..., list[BusRecord]]
Told = list[tuple[str, str, frozenset[TopicPartition]]]


@pytest.fixture
def member(kafka: Bus, topic: str) -> Callable[[str, Told], Consumer]:
    """A member of the group that writes down what it is told."""

    def join(name: str, told: Told) -> Consumer:
        return kafka.consumer(
            [topic],
            "shared",
            on_assigned=lambda partitions: told.append((name, "come", partitions)),
            on_revoked=lambda partitions: told.append((name, "go", partitions)),
        )

    return join


def settle(topic: str, *members: Consumer, within_s: float = 30.0) -> list[BusRecord]:
    """Poll the members in turn, briefly, in this one thread, until all partitions are held and shared."""
    records: list[BusRecord] = []
    deadline = time.monotonic() + within_s
    while True:
        for each in members:
            records += each.poll(100, 0.0)
        held = [place for each in members for place in each.assignment()]
        if sorted(held) == [(topic, p) for p in range(3)] and all(each.assignment() for each in members):
            return records
        assert time.monotonic() < deadline, f"not settled: {[each.assignment() for each in members]}"
        time.sleep(0.005)


def test_members_that_poll_briefly_in_one_thread_settle_and_share(
    topic: str, member: Callable[[str, Told], Consumer]
) -> None:
    told: Told = []
    first = member("first", told)
    settle(topic, first)
    second = member("second", told)
    settle(topic, first, second)
    third = member("third", told)
    settle(topic, first, second, third)
    second.close()
    settle(topic, first, third)

    holders: dict[TopicPartition, str] = {}
    for name, change, partitions in told:
        for place in partitions:
            assert holders.get(place, name) == name, f"{place} was given to {name} before its holder gave it up: {told}"
            if change == "come":
                holders[place] = name
            else:
                del holders[place]


def test_a_member_that_polls_seldom_joins_all_the_same(
    engines: Engines, topic: str, member: Callable[[str, Told], Consumer]
) -> None:
    """Each step of joining ends while nobody waits for it; also where new partitions are the reason to join anew."""
    seldom: Any = member("seldom", [])
    poll_seldom(seldom, 3)
    admin = KafkaAdminClient(bootstrap_servers=engines.bus_url.removeprefix("kafka://").split(","))
    admin.create_partitions({topic: 4})
    admin.close()
    seldom._client._cluster.request_update()  # else the client looks only every five minutes
    poll_seldom(seldom, 4)


def poll_seldom(consumer: Consumer, partitions: int) -> None:
    for _ in range(30):
        consumer.poll(1, 0.0)
        time.sleep(0.2)
        if len(consumer.assignment()) == partitions:
            return
    pytest.fail(f"the results of joining were thrown away: {consumer.assignment()}")


def test_cooperative_rebalancing_takes_only_what_moves(topic: str, member: Callable[[str, Told], Consumer]) -> None:
    told: Told = []
    first = member("first", told)
    settle(topic, first)
    settle(topic, first, member("second", told))

    assert [len(partitions) for name, change, partitions in told if (name, change) == ("first", "go")] == [1]


def test_nothing_is_skipped_while_members_come_and_go(kafka: Bus, topic: str, record: Build) -> None:
    stop = threading.Event()
    seen: list[tuple[int, int]] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            consumer = kafka.consumer([topic], "storm")
            while not stop.is_set():
                batch = consumer.poll(50, 0.05)
                seen.extend((r.partition, r.offset) for r in batch)
                consumer.commit({(r.topic, r.partition): r.offset + 1 for r in batch})
            consumer.close()
        except BaseException as error:
            errors.append(error)
            raise

    threads: list[threading.Thread] = []
    producer = kafka.producer()
    for n in range(12):
        if n in (0, 3, 6):
            threads.append(threading.Thread(target=work))
            threads[-1].start()
        producer.send([record(b"%d" % (n * 100 + k)) for k in range(100)])
        time.sleep(0.1)
    expected = {(p, o) for (_, p), end in kafka.end_offsets(topic).items() for o in range(end)}
    deadline = time.monotonic() + 30
    while set(seen) != expected and not errors and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()

    assert not errors
    assert set(seen) == expected
    assert len(expected) == 1200


def test_the_partitions_of_a_killed_member_go_to_another(
    kafka: Bus, engines: Engines, topic: str, record: Build, read: Read
) -> None:
    program = (
        "import sys; from jinbao.bus.open_bus import open_bus\n"
        "consumer = open_bus(sys.argv[1]).consumer([sys.argv[2]], 'g')\n"
        "while not consumer.assignment(): consumer.poll(10, 0.1)\n"
        "print('joined', flush=True)\n"
        "while True: consumer.poll(10, 0.1)"
    )
    url = f"{engines.bus_url}?session_timeout_ms=6000"
    child = subprocess.Popen([sys.executable, "-c", program, url, topic], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "joined\n"
    child.kill()
    child.wait()
    kafka.producer().send([record(b"%d" % n) for n in range(30)])

    consumer = kafka.consumer([topic], "g")
    assert len(read(consumer, 30)) == 30
    assert len(consumer.assignment()) == 3


def test_the_brokers_time_counts_not_the_senders(
    engines: Engines, kafka: Bus, topic: str, record: Build, read: Read
) -> None:
    """A record of another client, compressed otherwise and stamped with a time of its own choice."""
    brokers = engines.bus_url.removeprefix("kafka://").split(",")
    foreign = KafkaProducer(bootstrap_servers=brokers, compression_type="gzip")
    foreign.send(topic, b"v", b"k", [("a", b"b")], partition_of(b"k", 3), timestamp_ms=1)
    foreign.close()

    (found,) = read(kafka.consumer([topic], "g"), 1)

    assert (found.key, found.value, found.headers) == (b"k", b"v", (("a", b"b"),))
    assert abs(found.appended_at - time.time() * 1e6) < 60e6
    assert found.appended_at % 1_000 == 0


def test_transactions_of_another_client_count_once_they_are_committed(
    engines: Engines, kafka: Bus, topic: str, read: Read
) -> None:
    """Their markers take offsets of their own, which no poll waits for."""
    brokers = engines.bus_url.removeprefix("kafka://").split(",")
    foreign = KafkaProducer(bootstrap_servers=brokers, transactional_id=topic)
    foreign.init_transactions()
    consumer = kafka.consumer([topic], "g")
    read(consumer, 0)
    for value, end in ((b"aborted", foreign.abort_transaction), (b"committed", foreign.commit_transaction)):
        foreign.begin_transaction()
        foreign.send(topic, value, b"k", partition=0)
        foreign.flush()
        assert consumer.poll(10, 0.3) == []
        end()
    foreign.close()

    assert [r.value for r in read(consumer, 1)] == [b"committed"]
    begun = time.monotonic()
    assert consumer.poll(10, 0.0) == []
    assert time.monotonic() - begun < 2


def test_a_poll_that_waits_asks_nobody_for_the_ends(
    kafka: Bus, topic: str, record: Build, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the log's end an answer of the brokers that is late would hold up the next record for as long."""
    consumer: Any = kafka.consumer([topic], "g")
    read(consumer, 0)
    asked: list[object] = []
    ends = consumer._readable_ends
    monkeypatch.setattr(consumer, "_readable_ends", lambda places: (asked.append(places), ends(places))[1])
    with closing(kafka.producer()) as producer:
        for n in range(5):
            assert consumer.poll(10, 0.05) == []
            producer.send([record(b"k", b"%d" % n)])
            assert [r.value for r in consumer.poll(10, 20.0)] == [b"%d" % n]
    assert asked == []
    assert consumer.poll(10) == []
    assert len(asked) >= 1, "a poll that does not wait says whether anything is left"


def test_a_callback_that_fails_runs_again_before_anything_is_read(
    kafka: Bus, topic: str, record: Build, read: Read
) -> None:
    kafka.producer().send([record(b"k", b"%d" % n) for n in range(5)])
    place = (topic, partition_of(b"k", 3))
    fails = iter([True, True, False])

    def seek(_partitions: frozenset[TopicPartition]) -> None:
        if next(fails):
            raise RuntimeError("the database is away")
        consumer.seek(place, 3)

    consumer = kafka.consumer([topic], "g", on_assigned=seek)

    for _ in range(2):
        with pytest.raises(RuntimeError, match="the database is away"):
            read(consumer, 1)
    assert [r.offset for r in read(consumer, 2)] == [3, 4]
