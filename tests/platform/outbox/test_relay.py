"""The relay killed between sending and marking sends again: every reader counts it once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from jinbao.bus import embedded
from jinbao.bus.interface import partition_of
from jinbao.platform import queries
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS
from jinbao.platform.outbox import relay as relay_module
from jinbao.platform.outbox.relay import FORWARDED_FROM, Relay
from jinbao.schemas import messages as m
from jinbao.schemas.headers import bus_key


class Killed(Exception):
    pass


class DiesAfterSending:
    """The bus, for a relay that dies as soon as its records are there."""

    def __init__(self, bus):
        self._producer = bus.producer()

    def producer(self):
        return self

    def send(self, records):
        self._producer.send(records)
        raise Killed

    def close(self):
        self._producer.close()


@pytest.fixture
def killed_relay(platform):
    """Takes in what lies on the bus, and lets the relay die between sending and marking."""

    def run():
        while platform.national.ingest.step(platform.now):
            pass
        with closing(Relay(DiesAfterSending(platform.bus), platform.store)) as relay, pytest.raises(Killed):
            relay.step(platform.now)

    return run


def test_a_message_for_a_province_comes_twice_with_the_same_id(platform, transfer, killed_relay):
    platform.take(transfer.apply())
    platform.send(transfer.letter())
    killed_relay()
    platform.run()
    first, second = platform.inbox_records("44")
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


def test_a_forwarded_message_is_applied_once_and_its_second_copy_is_a_duplicate(
    platform, transfer, killed_relay, monkeypatch
):
    home = partition_of(bus_key(transfer.relationship_id), SUBMISSION_PARTITIONS)
    with monkeypatch.context() as patched:
        patched.setattr(embedded, "partition_of", lambda key, count: (home + 5) % SUBMISSION_PARTITIONS)
        platform.send(transfer.apply())
    platform.now += 1_000_000
    killed_relay()
    platform.run()
    assert [name for name, _ in platform.outcomes()] == ["FORWARDED", "ACCEPTED", "DUPLICATE"]
    assert platform.rows("SELECT count(*), min(version), max(version) FROM events") == [(1, 1, 1)]
    assert len({row.received_at for row in platform.received()}) == 1, "received when the bus first took it"
    with platform.store.read() as work:
        counts = queries.ingest_counts(work)
    assert (counts["received"], counts["accepted"], counts["duplicate"]) == (2, 1, 1), "the bus has it twice"


def test_a_dead_letter_is_one_in_the_intake_and_its_copies_on_the_topic_name_the_same_place(platform, killed_relay):
    platform.send_raw(b"garbage")
    killed_relay()
    platform.run()
    assert platform.outcomes() == [("DEAD_LETTER", "UNDECODABLE")]
    with closing(platform.bus.reader(m.DEAD_LETTERS_TOPIC)) as reader:
        copies = reader.poll(10)
    assert len(copies) == 2
    assert len({dict(copy.headers)["jinbao-dead-letter-from"] for copy in copies}) == 1


def test_an_answer_comes_twice_with_the_same_id(platform, transfer, killed_relay):
    platform.send(transfer.apply(origin="41"))
    killed_relay()
    platform.run()
    assert len({answer.envelope.event_id for answer in platform.inbox("41")}) == 1
    assert len(platform.inbox("41")) == 2


class Meanwhile:
    """The bus, for a relay beside which something happens while it speaks to it."""

    def __init__(self, bus, happens):
        self._producer, self._happens = bus.producer(), happens

    def producer(self):
        return self

    def send(self, records):
        self._happens()
        self._producer.send(records)

    def close(self):
        self._producer.close()


def waiting(platform):
    return platform.rows("SELECT id FROM outbox WHERE delivered_at IS NULL AND LENGTH(records) > 0 ORDER BY id")


def test_others_write_while_it_sends_and_only_what_was_sent_is_marked(platform, transfer_of):
    platform.send(transfer_of(1).apply(origin="41"))
    platform.ingest.step(platform.now)
    with platform.store.write() as work:
        work.bulk.execute("UPDATE outbox SET id = 5")
        work.bulk.execute("UPDATE tree_heads SET outbox = 7")

    def write():
        with platform.store.write() as work:
            for number in (3, 7):
                sql = "INSERT INTO outbox SELECT ?, province, 0, 0, records, 0, NULL, NULL FROM outbox WHERE id = 5"
                work.bulk.execute(sql, number)

    with closing(Relay(Meanwhile(platform.bus, write), platform.store)) as relay:
        assert relay.step(platform.now) == 2, "to the origin, and to the sender what became of it"
    assert waiting(platform) == [(3,), (7,)]
    assert platform.rows("SELECT delivered_at, LENGTH(records) FROM outbox WHERE id = 5") == [(platform.now, 0)]


@pytest.mark.parametrize(("limit", "value"), [("ROWS_A_STEP", 1), ("BYTES_A_STEP", 1)])
def test_a_step_is_bounded_and_marks_no_more_than_it_carried(platform, transfer_of, monkeypatch, limit, value):
    monkeypatch.setattr(relay_module, limit, value)
    for n, province in enumerate(("41", "43", "51"), 1):
        platform.send(transfer_of(n, origin=province, destination=province).apply())
    platform.ingest.step(platform.now)
    assert waiting(platform) == [(1,), (2,), (3,)]
    assert platform.national.relay.step(platform.now) == 2, "the letter, and what became of the application"
    assert waiting(platform) == [(2,), (3,)]
    platform.run()
    assert (waiting(platform), [len(platform.inbox(p)) for p in ("41", "43", "51")]) == ([], [1, 1, 1])


def test_of_several_relays_one_sends_at_a_time(platform, transfer):
    platform.send(transfer.apply(origin="41"))
    platform.ingest.step(platform.now)
    counts = []

    def other():
        counts.append(platform.national.relay.step(platform.now))

    with closing(Relay(Meanwhile(platform.bus, other), platform.store)) as relay:
        counts.append(relay.step(platform.now))
    assert counts == [0, 2]
    assert len(platform.inbox("41")) == 1


def test_a_senders_headers_travel_on_but_for_a_forged_place(platform, transfer):
    platform.take(transfer.apply())
    record = platform.record(transfer.letter())
    foreign = ((FORWARDED_FROM, b"0/0"), ("signature", b"own"))
    platform.producer.send([replace(record, headers=(*record.headers, *foreign))])
    platform.run()
    assert platform.outcomes()[-1] == ("ACCEPTED", None)
    [told] = [r for r in platform.inbox_records("44") if dict(r.headers).get("signature")]
    assert FORWARDED_FROM not in dict(told.headers)
