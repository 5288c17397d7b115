"""Virtual time: readers take a record's stamp for the bus's time, and nobody can stamp what another stamps again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.simulator.virtual_time import STAMP, MessageTimes, VirtualTimeBus, stamped


def test_a_consumer_reads_the_instant_of_the_stamp_and_where_there_is_none_the_buss(tmp_path: Path) -> None:
    forged = OutgoingRecord("t", b"key", b"1", ((STAMP, b"1"), ("ce_id", b"x")))
    with closing(EmbeddedBus(tmp_path / "bus.sqlite", durable=False, clock=lambda: 99)) as bus:
        bus.create_topics({"t": 1})
        bus.producer().send([stamped(forged, 12_345), OutgoingRecord("t", b"key", b"2")])
        with closing(VirtualTimeBus(bus).consumer(["t"], "group")) as consumer:
            records = consumer.poll(10)
    assert [(record.value, record.appended_at) for record in records] == [(b"1", 12_345), (b"2", 99)]
    assert records[0].headers == (("ce_id", b"x"), (STAMP, b"12345"))
    times = MessageTimes()
    assert times.checked(records, now=7) == records, "no clock of its own is asked"
    assert times.recorded_at(records, now=7) == 12_345
