"""What every bus promises, held by the embedded one and by Kafka alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from jinbao.bus.interface import Bus, BusError, BusRecord, OutgoingRecord, TopicPartition, partition_of
from jinbao.bus.lag import lag

Build = Callable[..., OutgoingRecord]
Read = Callable[..., list[BusRecord]]


def test_a_record_comes_back_as_it_was_sent(bus: Bus, topic: str, record: Build, read: Read) -> None:
    bus.producer().send([record(b"person", b"\x00\xff", ce_type=b"ContactLetterIssued", ce_id=b"")])

    (found,) = read(bus.consumer([topic], "g"), 1)

    assert (found.topic, found.key, found.value) == (topic, b"person", b"\x00\xff")
    assert found.headers == (("ce_type", b"ContactLetterIssued"), ("ce_id", b""))
    assert (found.partition, found.offset) == (partition_of(b"person", 3), 0)
    assert abs(found.appended_at - time.time() * 1e6) < 60e6


def test_a_reader_sees_everything_from_any_place_and_leaves_no_trace(
    bus: Bus, topic: str, record: Build, read: Read
) -> None:
    bus.producer().send([record(b"%d" % n, b"%d" % n) for n in range(40)])
    reader = bus.reader(topic)
    assert not reader.at_end()
    found: list[BusRecord] = []
    while not reader.at_end():
        found += reader.poll(7, 1.0)
    assert sorted(int(r.value) for r in found) == list(range(40))
    assert reader.poll(7, 0.0) == []
    reader.seek(found[-1].partition, found[-1].offset)
    again = [r for _ in range(50) for r in reader.poll(7, 0.1)]
    assert again == [r for r in found if r.partition == found[-1].partition and r.offset >= found[-1].offset]
    reader.close()
    assert not any(bus.committed(topic, "").values())
    assert len(read(bus.consumer([topic], "g"), 40)) == 40


def test_records_of_a_key_stay_in_one_partition_in_order(bus: Bus, topic: str, record: Build, read: Read) -> None:
    producer = bus.producer()
    for start in range(0, 300, 50):
        producer.send([record(b"%d" % (n % 7), b"%d" % n) for n in range(start, start + 50)])

    found = read(bus.consumer([topic], "g"), 300)

    for partition in range(3):
        mine = [r for r in found if r.partition == partition]
        assert [r.offset for r in mine] == list(range(len(mine)))
        assert [int(r.value) for r in mine] == sorted(int(r.value) for r in mine)
        assert {partition_of(r.key, 3) for r in mine} <= {partition}
        assert bus.end_offsets(topic)[topic, partition] == len(mine)
        assert [r.appended_at for r in mine] == sorted(r.appended_at for r in mine)
    assert len(found) == 300


def test_reading_goes_on_where_the_group_committed(bus: Bus, topic: str, record: Build, read: Read) -> None:
    bus.producer().send([record(b"k", b"%d" % n) for n in range(10)])
    place = (topic, partition_of(b"k", 3))
    assert bus.committed(topic, "g") == {(topic, p): 0 for p in range(3)}
    first = bus.consumer([topic], "g")
    read(first, 10)
    first.commit({place: 4})
    first.close()

    assert bus.committed(topic, "g")[place] == 4
    assert lag(bus, topic, "g")[place] == 6
    second = bus.consumer([topic], "g")
    assert [r.offset for r in read(second, 6)] == [4, 5, 6, 7, 8, 9]
    assert [r.offset for r in read(bus.consumer([topic], "another"), 10)] == list(range(10))


def test_the_caller_may_seek_when_partitions_are_assigned(bus: Bus, topic: str, record: Build, read: Read) -> None:
    bus.producer().send([record(b"k", b"%d" % n) for n in range(10)])
    place = (topic, partition_of(b"k", 3))
    assigned: list[frozenset[TopicPartition]] = []

    def seek(partitions: frozenset[TopicPartition]) -> None:
        assigned.append(partitions)
        consumer.seek(place, 7)

    consumer = bus.consumer([topic], "g", on_assigned=seek)

    assert [r.offset for r in read(consumer, 3)] == [7, 8, 9]
    assert assigned == [frozenset((topic, p) for p in range(3))] == [consumer.assignment()]
    consumer.seek(place, 2)
    assert [r.offset for r in read(consumer, 8)] == list(range(2, 10))


def test_offsets_that_do_not_exist_are_refused(bus: Bus, topic: str, record: Build, read: Read) -> None:
    consumer = bus.consumer([topic], "g")
    read(consumer, 0)
    place = (topic, partition_of(b"k", 3))
    bus.producer().send([record(), record()])

    consumer.seek(place, 2)
    for wrong in (-1, 3):
        with pytest.raises(BusError, match=rf"offset {wrong} of {topic}/\d does not exist"):
            consumer.seek(place, wrong)
    with pytest.raises(BusError, match=r"not assigned|not read"):
        consumer.seek(("elsewhere", 0), 0)


def test_callbacks_run_in_the_callers_thread_and_on_closing(bus: Bus, topic: str, read: Read) -> None:
    told: list[tuple[str, int, int]] = []
    consumer = bus.consumer(
        [topic],
        "g",
        on_assigned=lambda partitions: told.append(("come", len(partitions), threading.get_ident())),
        on_revoked=lambda partitions: told.append(("go", len(partitions), threading.get_ident())),
    )
    read(consumer, 0)
    consumer.close()
    consumer.close()

    assert told == [("come", 3, threading.get_ident()), ("go", 3, threading.get_ident())]
    assert consumer.assignment() == frozenset()
    with pytest.raises(BusError, match="closed"):
        consumer.poll(1)


def test_poll_gives_no_more_than_asked_and_waits_no_longer(bus: Bus, topic: str, record: Build, read: Read) -> None:
    consumer = bus.consumer([topic], "g")
    read(consumer, 0)
    begun = time.monotonic()
    assert consumer.poll(10, 0.2) == []
    assert 0.15 < time.monotonic() - begun < 2

    bus.producer().send([record(b"%d" % n) for n in range(50)])
    sizes = []
    while sum(sizes) < 50:
        sizes.append(len(consumer.poll(7, 5)))
    assert max(sizes) <= 7


def test_a_poll_ends_with_the_record_that_reaches_its_bytes(bus: Bus, topic: str, record: Build, read: Read) -> None:
    consumer, reader = bus.consumer([topic], "g"), bus.reader(topic)
    read(consumer, 0)
    bus.producer().send([record(b"%d" % n, value=b"%05d" % n + b"v" * 50_000) for n in range(60)])
    for part in (consumer, reader):
        found: list[bytes] = []
        while len(found) < 60:
            batch = part.poll(40, 5, max_bytes=200_000)
            assert 1 <= len(batch) <= 4
            found += [r.value[:5] for r in batch]
        assert sorted(found) == [b"%05d" % n for n in range(60)]
        assert part.poll(40, 0.2) == []
        assert part.at_end()


def test_a_seek_forgets_what_was_fetched_and_not_returned(bus: Bus, topic: str, record: Build, read: Read) -> None:
    consumer = bus.consumer([topic], "g")
    read(consumer, 0)
    bus.producer().send([record(b"k", value=b"v" * 50_000) for _ in range(10)])
    [first] = consumer.poll(10, 5, max_bytes=1)
    place = (topic, first.partition)
    assert not consumer.at_end()
    consumer.seek(place, first.offset)
    offsets: list[int] = []
    while len(offsets) < 10:
        offsets += [r.offset for r in consumer.poll(10, 5)]
    assert offsets == list(range(first.offset, first.offset + 10))
    assert consumer.poll(10, 0.2) == []


def test_an_empty_poll_means_that_nothing_waited(bus: Bus, topic: str, record: Build, read: Read) -> None:
    consumer, producer = bus.consumer([topic], "g"), bus.producer()
    read(consumer, 0)
    for _ in range(30):
        producer.send([record(b"%d" % n) for n in range(20)])
        found = 0
        while batch := consumer.poll(7, 0.0):
            found += len(batch)
        assert found == 20


def test_topics_have_one_number_of_partitions_for_good(bus: Bus, topic: str) -> None:
    bus.create_topics({topic: 3})
    assert bus.partitions(topic) == 3
    with pytest.raises(BusError, match="has 3 partitions, not 4"):
        bus.create_topics({topic: 4})
    with pytest.raises(BusError, match="at least one partition"):
        bus.create_topics({"empty": 0})


def test_an_unknown_topic_is_named_and_nothing_is_sent(bus: Bus, topic: str, record: Build) -> None:
    with pytest.raises(BusError, match="no topic 'nowhere'"):
        bus.producer().send([record(), record(topic="nowhere")])
    with pytest.raises(BusError, match="no topic 'nowhere'"):
        bus.consumer(["nowhere"], "g")
    with pytest.raises(BusError, match="no topic 'nowhere'"):
        bus.partitions("nowhere")

    assert sum(bus.end_offsets(topic).values()) == 0


def test_threads_may_send_through_one_producer(bus: Bus, topic: str, record: Build, read: Read) -> None:
    producer = bus.producer()

    def send(name: int) -> None:
        for n in range(10):
            producer.send([record(b"%d" % name, b"%d" % n), record(b"%d" % name, b"%d" % n)])

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = read(bus.consumer([topic], "g"), 80)
    for name in range(4):
        assert [int(r.value) for r in found if r.key == b"%d" % name] == [n for n in range(10) for _ in range(2)]
