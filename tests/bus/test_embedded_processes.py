"""Several processes on one embedded bus, some of them killed with SIGKILL."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusError, BusRecord

Start = Callable[[str, Path], "subprocess.Popen[str]"]

SENDER = """
import os, sys
from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
producer = EmbeddedBus(sys.argv[1]).producer()
for batch in range({batches}):
    size = 1 + batch * 7 % 50
    name = b"%d/%d/%d" % (os.getpid(), batch, size)
    producer.send([OutgoingRecord("cases", b"%d" % n, b"%s/%d" % (name, n)) for n in range(size)])
    print(batch, flush=True)
"""
READER = """
import sys, time
from jinbao.bus.embedded import EmbeddedBus
consumer = EmbeddedBus(sys.argv[1]).consumer(["cases"], "g")
print("reading", flush=True)
time.sleep(60)
"""


def all_records(bus: EmbeddedBus) -> list[BusRecord]:
    consumer = bus.consumer(["cases"], "check")
    read: list[BusRecord] = []
    while batch := consumer.poll(500):
        read += batch
    consumer.close()
    return read


def whole_batches(read: list[BusRecord]) -> dict[int, set[int]]:
    """Per process the batches that arrived; fails when one is torn, out of order, or an offset is missing."""
    offsets: dict[int, list[int]] = defaultdict(list)
    parts: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    per_key: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for record in read:
        process, batch, size, n = map(int, record.value.split(b"/"))
        offsets[record.partition].append(record.offset)
        parts[process, batch, size].append(n)
        per_key[process, record.key].append(batch)
    assert all(found == list(range(len(found))) for found in offsets.values())
    assert all(sorted(found) == list(range(size)) for (_, _, size), found in parts.items())
    assert all(found == sorted(found) for found in per_key.values())
    arrived: dict[int, set[int]] = defaultdict(set)
    for process, batch, _ in parts:
        arrived[process].add(batch)
    return arrived


def test_two_producer_processes_lose_and_reorder_nothing(bus: EmbeddedBus, path: Path, child: Start) -> None:
    senders = [child(SENDER.format(batches=60), path) for _ in range(2)]
    assert [sender.wait(60) for sender in senders] == [0, 0]

    arrived = whole_batches(all_records(bus))

    assert arrived == {sender.pid: set(range(60)) for sender in senders}


def test_killing_a_producer_loses_no_acknowledged_record_and_tears_none(
    bus: EmbeddedBus, path: Path, child: Start
) -> None:
    acknowledged: dict[int, int] = {}
    for delay_s in (0.01, 0.03, 0.08):
        sender = child(SENDER.format(batches=1_000_000), path)
        assert sender.stdout is not None
        first = sender.stdout.readline()
        time.sleep(delay_s)
        sender.kill()
        lines = [first, *sender.stdout.read().splitlines()]
        sender.wait()
        acknowledged[sender.pid] = len([line for line in lines if line.strip()])

    arrived = whole_batches(all_records(bus))

    for process, count in acknowledged.items():
        assert arrived[process] in (set(range(count)), set(range(count + 1)))


def test_killing_a_consumer_frees_its_group(bus: EmbeddedBus, path: Path, child: Start) -> None:
    reader = child(READER, path)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    with pytest.raises(BusError, match=rf"already read for group 'g' by process {reader.pid}; stop that consumer"):
        bus.consumer(["cases"], "g")

    reader.kill()
    reader.wait()

    bus.consumer(["cases"], "g")


def test_processes_that_open_a_new_file_at_once_share_it(path: Path, child: Start) -> None:
    program = """
import sys
from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
bus = EmbeddedBus(sys.argv[1])
bus.create_topics({"cases": 3})
bus.producer().send([OutgoingRecord("cases", b"k", b"v")])
"""
    assert [process.wait(60) for process in [child(program, path) for _ in range(4)]] == [0] * 4
    bus = EmbeddedBus(path)
    assert [r.offset for r in all_records(bus)] == [0, 1, 2, 3]
    bus.close()
