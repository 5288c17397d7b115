"""A client with another partitioner must not split a person over two partitions: what lies elsewhere is sent home."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jinbao.bus import embedded
from jinbao.bus.interface import partition_of
from jinbao.platform import queries
from jinbao.platform.ingest.arrival import came_from
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS
from jinbao.platform.outbox.relay import FORWARDED_FROM
from jinbao.schemas.headers import bus_key


@pytest.fixture
def foreign(platform, monkeypatch):
    """Sends messages as a client does that places all of them in one partition of its own choice."""

    def send(*messages, partition):
        with monkeypatch.context() as patched:
            patched.setattr(embedded, "partition_of", lambda key, count: partition)
            platform.send(*messages)

    return send


def home_of(transfer):
    return partition_of(bus_key(transfer.relationship_id), SUBMISSION_PARTITIONS)


def elsewhere(transfer):
    return (home_of(transfer) + 5) % SUBMISSION_PARTITIONS


def test_a_message_in_another_partition_is_applied_in_its_own_and_counted_once(platform, transfer, foreign):
    foreign(transfer.apply(), partition=elsewhere(transfer))
    platform.run()
    rows = [(row.partition, row.outcome, row.stream is None, row.data is None) for row in platform.received()]
    assert rows == [(elsewhere(transfer), 6, 1, 1), (home_of(transfer), 1, 0, 0)]
    assert platform.rows("SELECT partition FROM streams") == [(home_of(transfer),)]
    with platform.store.read() as work:
        assert queries.ingest_counts(work) == {
            "received": 1,
            "accepted": 1,
            "duplicate": 0,
            "parked": 0,
            "rejected": 0,
            "dead_letter": 0,
        }


def test_it_counts_as_received_when_the_bus_first_took_it(platform, transfer, foreign, at):
    """Received on the last day of the term; the platform stood still until four days later."""
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.now = at("2025-03-24")
    foreign(transfer.letter(), partition=elsewhere(transfer))
    platform.run(at("2025-03-28"))
    assert platform.rows("SELECT received_at FROM events ORDER BY position") == [
        (at("2025-03-03"),),
        (at("2025-03-24"),),
    ]
    assert platform.rows("SELECT clock, outcome FROM clocks") == [("application_review", "met")]


def test_a_whole_case_comes_to_the_same_whatever_the_partitioner(new_platform, transfer, monkeypatch):
    said = transfer.whole()
    straight, scattered = new_platform("straight"), new_platform("scattered")
    straight.take(*said)
    for number, message in enumerate(said):
        with monkeypatch.context() as patched:
            patched.setattr(embedded, "partition_of", lambda key, count, number=number: number % count)
            scattered.send(message)
        scattered.run()
    for model in straight.READ_MODELS:
        assert scattered.table(model) == straight.table(model)
    assert [m.envelope.event_id for m in scattered.inbox("44")] == [m.envelope.event_id for m in straight.inbox("44")]


def test_the_mark_does_not_reach_the_provinces_and_a_repeated_forward_is_a_duplicate(platform, transfer, foreign):
    platform.take(transfer.apply())
    letter = transfer.letter()
    foreign(letter, partition=elsewhere(transfer))
    platform.run()
    [delivered] = platform.inbox_records("44")
    assert delivered.headers == platform.record(letter).headers
    foreign(letter, partition=elsewhere(transfer))
    platform.run()
    assert [name for name, _ in platform.outcomes()] == ["ACCEPTED", "FORWARDED", "ACCEPTED", "FORWARDED", "DUPLICATE"]


def test_a_forged_mark_means_nothing(platform, transfer, transfer_of, foreign, at):
    """Neither a place where nothing lay, nor the place of another's message, nor nonsense back-dates anything."""
    other = transfer_of(2, application="HA-2")
    platform.now = at("2025-03-03")
    foreign(other.apply(), partition=elsewhere(other))
    platform.run()
    [(place, offset)] = platform.rows("SELECT partition, bus_offset FROM intake WHERE outcome = 6")
    for number, mark in enumerate((b"%d/%d" % (place, offset), b"1/99", b"-1/x", b"9" * 40, b""), 10):
        forger = transfer_of(number, application=f"HA-{number}")
        record = platform.record(forger.apply())
        platform.now = at("2025-03-10") + number
        platform.producer.send([replace(record, headers=((FORWARDED_FROM, mark), *record.headers))])
        platform.run()
        received_at = platform.received()[-1].received_at
        assert received_at == at("2025-03-10") + number
    assert [came_from(((FORWARDED_FROM, mark),)) for mark in (b"1/99", b"-1/x", b"9" * 40)] == [(1, 99), None, None]


def test_what_cannot_be_read_is_a_dead_letter_wherever_it_lies(platform, transfer, foreign, monkeypatch):
    monkeypatch.setattr(embedded, "partition_of", lambda key, count: 7)
    platform.send_raw(b"garbage")
    monkeypatch.undo()
    platform.run()
    assert platform.outcomes() == [("DEAD_LETTER", "UNDECODABLE")]


def test_a_miss_noted_while_the_platform_was_behind_does_not_outlive_a_message_that_was_in_time(
    platform, transfer, foreign, at
):
    """The sweep's note overtakes the message on its way home; the clock still ends by the message's own time."""
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.now = at("2025-03-24")
    foreign(transfer.letter(), partition=elsewhere(transfer))
    platform.sweep(at("2025-03-28"))
    assert [name for name, _ in platform.outcomes()].count("ACCEPTED") == 3
    assert platform.rows("SELECT outcome, missed_at IS NULL FROM clocks") == [("met", 0)]
