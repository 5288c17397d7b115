"""The embedded bus in one process: order, offsets, headers, groups, and errors that say what to do."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusError, OutgoingRecord, TopicPartition, partition_of
from jinbao.bus.open_bus import open_bus

Build = Callable[..., OutgoingRecord]


def test_a_record_comes_back_as_it_was_sent(bus: EmbeddedBus, record: Build) -> None:
    bus.producer().send([record(b"person", b"\x00\xff", ce_type=b"ContactLetterIssued", ce_id=b"")])

    (read,) = bus.consumer(["cases"], "g").poll(10)

    assert (read.topic, read.key, read.value) == ("cases", b"person", b"\x00\xff")
    assert read.headers == (("ce_type", b"ContactLetterIssued"), ("ce_id", b""))
    assert (read.partition, read.offset) == (partition_of(b"person", 3), 0)
    assert abs(read.appended_at - time.time() * 1e6) < 60e6


def test_offsets_are_dense_and_in_order_in_each_partition(bus: EmbeddedBus, record: Build) -> None:
    producer = bus.producer()
    for start in range(0, 60, 6):
        producer.send([record(bytes([n]), bytes([n])) for n in range(start, start + 6)])

    read = bus.consumer(["cases"], "g").poll(100)

    for partition in range(3):
        mine = [r for r in read if r.partition == partition]
        assert [r.offset for r in mine] == list(range(len(mine)))
        assert [r.value for r in mine] == sorted(r.value for r in mine)
        assert bus.end_offsets("cases")["cases", partition] == len(mine)
    assert len(read) == 60


def test_append_times_never_decrease_when_the_clock_goes_back(path: Path, record: Build) -> None:
    times = iter([500, 300, 700])
    bus = EmbeddedBus(path, clock=lambda: next(times))
    bus.create_topics({"cases": 1})
    producer = bus.producer()
    for _ in range(3):
        producer.send([record(), record()])

    assert [r.appended_at for r in bus.consumer(["cases"], "g").poll(10)] == [500, 500, 500, 500, 700, 700]
    bus.close()


def test_a_batch_is_taken_as_a_whole_or_not_at_all(bus: EmbeddedBus, record: Build) -> None:
    with pytest.raises(BusError, match="no topic 'nowhere'"):
        bus.producer().send([record(), record(topic="nowhere")])
    with pytest.raises(sqlite3.ProgrammingError):
        bus.producer().send([record(), record(value=object())])

    assert sum(bus.end_offsets("cases").values()) == 0
    bus.producer().send([record()])
    assert [r.offset for r in bus.consumer(["cases"], "g").poll(9)] == [0]


def test_a_full_partition_does_not_starve_the_others(bus: EmbeddedBus, record: Build) -> None:
    by_partition = {partition_of(bytes([n]), 3): bytes([n]) for n in range(50)}
    bus.producer().send([record(by_partition[p]) for p, many in ((0, 90), (1, 4), (2, 4)) for _ in range(many)])
    consumer = bus.consumer(["cases"], "g")

    assert Counter(r.partition for r in consumer.poll(12)) == {0: 4, 1: 4, 2: 4}
    bus.producer().send([record(by_partition[p]) for p in (1, 2)])
    singles = [consumer.poll(1)[0].partition for _ in range(4)]
    assert {1, 2} <= set(singles)


def test_reading_goes_on_where_the_group_committed(bus: EmbeddedBus, record: Build) -> None:
    bus.producer().send([record(topic="inbox", value=bytes([n])) for n in range(5)])
    first = bus.consumer(["inbox"], "g")
    first.poll(3)
    first.commit({("inbox", 0): 2})
    first.close()

    assert bus.committed("inbox", "g") == {("inbox", 0): 2}
    assert bus.committed("inbox", "other") == {("inbox", 0): 0}
    assert [r.offset for r in bus.consumer(["inbox"], "g").poll(10)] == [2, 3, 4]


def test_the_caller_may_seek_when_partitions_are_assigned(bus: EmbeddedBus, record: Build) -> None:
    bus.producer().send([record(topic="inbox") for _ in range(5)])
    calls: list[object] = []

    def start_at_the_end(partitions: frozenset[TopicPartition]) -> None:
        calls.append(partitions)
        for partition in partitions:
            consumer.seek(partition, 4)

    consumer = bus.consumer(["inbox"], "g", on_assigned=start_at_the_end, on_revoked=calls.append)

    assert [r.offset for r in consumer.poll(10)] == [4]
    assert consumer.poll(10) == []
    consumer.close()
    consumer.close()
    assert calls == [frozenset({("inbox", 0)})] * 2
    assert consumer.assignment() == frozenset()


def test_poll_waits_for_the_first_record_no_longer_than_told(bus: EmbeddedBus, record: Build) -> None:
    consumer = bus.consumer(["inbox"], "g")
    started = time.monotonic()
    assert consumer.poll(1, timeout_s=0.05) == []
    assert 0.05 <= time.monotonic() - started < 1

    sender = threading.Timer(0.05, lambda: bus.producer().send([record(topic="inbox")]))
    sender.start()
    assert len(consumer.poll(1, timeout_s=20)) == 1
    sender.join()


def test_a_second_consumer_of_the_group_is_refused_until_the_first_leaves(bus: EmbeddedBus, path: Path) -> None:
    first = bus.consumer(["cases"], "g")
    bus.consumer(["cases"], "another group")
    bus.consumer(["inbox"], "g")
    other_bus = EmbeddedBus(path)
    for second in (bus, other_bus):
        with pytest.raises(BusError, match=rf"'cases' is already read for group 'g' by process {os.getpid()} \(this"):
            second.consumer(["cases"], "g")

    first.close()
    other_bus.consumer(["cases"], "g")
    other_bus.close()


def test_a_refused_consumer_keeps_no_lock(bus: EmbeddedBus) -> None:
    bus.consumer(["inbox"], "g")
    with pytest.raises(BusError, match="already read"):
        bus.consumer(["cases", "inbox"], "g")
    bus.consumer(["cases"], "g")


def test_trimmed_records_are_gone_and_their_offsets_stay_used(bus: EmbeddedBus, record: Build) -> None:
    producer = bus.producer()
    producer.send([record(topic="inbox") for _ in range(5)])
    assert bus.trim({("inbox", 0): 3}) == 3
    assert [r.offset for r in bus.consumer(["inbox"], "g").poll(10)] == [3, 4]

    assert bus.trim({("inbox", 0): 5}) == 2
    late = bus.consumer(["inbox"], "late")
    assert late.poll(10) == []
    producer.send([record(topic="inbox")])
    assert [r.offset for r in late.poll(10)] == [5]
    with pytest.raises(BusError, match="ends at 6, not 7"):
        bus.trim({("inbox", 0): 7})


def test_topics_are_created_once_with_one_number_of_partitions(bus: EmbeddedBus) -> None:
    bus.create_topics({"cases": 3, "more": 2})
    assert (bus.partitions("cases"), bus.partitions("more")) == (3, 2)
    with pytest.raises(BusError, match="'cases' has 3 partitions, not 4"):
        bus.create_topics({"newer": 1, "cases": 4})
    for lookup in (bus.partitions, bus.end_offsets, lambda topic: bus.consumer([topic], "g")):
        with pytest.raises(BusError, match=r"no topic 'newer' \(there are: cases, inbox, more\); start "):
            lookup("newer")


def test_offsets_of_another_file_are_noticed(bus: EmbeddedBus) -> None:
    consumer = bus.consumer(["inbox"], "g")
    with pytest.raises(BusError, match=r"offset 3 of inbox/0 does not exist .* another bus file"):
        consumer.seek(("inbox", 0), 3)
    with pytest.raises(BusError, match="cases/0 is not assigned"):
        consumer.seek(("cases", 0), 0)


def test_a_file_that_is_no_bus_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "letter.txt"
    text.write_text("a contact letter, not a database " * 100)
    with pytest.raises(BusError, match=r"letter\.txt: cannot open it: .*not a database; .*choose another file"):
        EmbeddedBus(text)
    assert text.read_text().startswith("a contact letter")

    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE person (name TEXT)")
    connection.close()
    with pytest.raises(BusError, match="a database of something else"):
        EmbeddedBus(other)


def test_a_path_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BusError, match="cannot open it: Not a directory; check the path"):
        EmbeddedBus(tmp_path / "file" / "bus.sqlite")


def test_a_full_disk_refuses_the_batch_and_keeps_what_was_acknowledged(bus: EmbeddedBus, record: Build) -> None:
    producer = bus.producer()
    producer.send([record(topic="inbox", value=b"first")])
    producer._connection.execute("PRAGMA max_page_count = 40")
    with pytest.raises(BusError, match=r"cannot send 500 records: .* full; nothing of this call was kept: free space"):
        producer.send([record(topic="inbox", value=bytes(1000))] * 500)
    producer._connection.execute("PRAGMA max_page_count = 100000")
    producer.send([record(topic="inbox", value=b"second")])

    read = bus.consumer(["inbox"], "g").poll(10)
    assert [(r.offset, r.value) for r in read] == [(0, b"first"), (1, b"second")]


def test_a_bus_held_by_a_long_transaction_is_reported_as_locked(
    bus: EmbeddedBus, path: Path, record: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinbao.bus.embedded_log.BUSY_TIMEOUT_S", 0.05)
    producer = bus.producer()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusError, match="cannot send 1 records: database is locked; another process holds it"):
        producer.send([record()])
    holder.close()
    producer.send([record()])


def test_threads_may_send_through_one_producer(bus: EmbeddedBus, record: Build) -> None:
    producer = bus.producer()

    def send(name: bytes) -> None:
        for n in range(20):
            producer.send([record(name, bytes([n]))])

    threads = [threading.Thread(target=send, args=(bytes([name]),)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    read = bus.consumer(["cases"], "g").poll(1000)
    for _, group in itertools.groupby(sorted(read, key=lambda r: (r.key, r.partition, r.offset)), lambda r: r.key):
        assert [r.value[0] for r in group] == list(range(20))
    assert len(read) == 80


def test_urls_open_the_embedded_bus_and_explain_what_else_they_name(tmp_path: Path) -> None:
    opened = open_bus(f"embedded:///{tmp_path}/in/a/new/folder/bus.sqlite")
    opened.create_topics({"cases": 1})
    opened.close()
    assert (tmp_path / "in/a/new/folder/bus.sqlite").exists()
    for wrong in ("", "embedded:///", "embedded://x", "sqlite:///x"):
        with pytest.raises(BusError, match="not a bus URL"):
            open_bus(wrong)


def test_a_poll_ends_with_the_record_that_reaches_its_bytes(bus: EmbeddedBus, record: Build) -> None:
    values = [b"%d" % n * 400 for n in range(10)]
    bus.producer().send([record(value=value, topic="inbox") for value in values])
    consumer, reader = bus.consumer(["inbox"], "g"), bus.reader("inbox")
    for part in (consumer, reader):
        polls = []
        while batch := part.poll(10, max_bytes=1_000):
            polls.append([r.value for r in batch])
        assert [len(poll) for poll in polls] == [3, 3, 3, 1]
        assert [value for poll in polls for value in poll] == values
