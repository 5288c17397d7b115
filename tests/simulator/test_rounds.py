"""A round lets one submission of each relationship through, in an order that no timing changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic
from jinbao.simulator.rounds import Rounds
from jinbao.simulator.virtual_time import STAMP


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    bus = EmbeddedBus(tmp_path / "bus.sqlite", durable=False)
    bus.create_topics({SUBMISSIONS_TOPIC: 4, inbox_topic("44"): 1})
    yield bus
    bus.close()


def submission(key: bytes, value: bytes) -> OutgoingRecord:
    return OutgoingRecord(SUBMISSIONS_TOPIC, key, value, (("ce_id", value),))


def read(bus: Bus, topic: str = SUBMISSIONS_TOPIC) -> list[BusRecord]:
    consumer = bus.consumer([topic], "test")
    try:
        return consumer.poll(10_000)
    finally:
        consumer.close()


def test_each_relationship_gets_one_submission_a_round(bus: Bus, tmp_path: Path) -> None:
    rounds = Rounds(bus, tmp_path / "held.sqlite")
    rounds.now = 1_000
    rounds.seen_by("44").producer().send([submission(b"a", b"1"), submission(b"a", b"2"), submission(b"b", b"3")])
    assert read(bus) == []
    assert rounds.release() == 2
    assert sorted(r.value for r in read(bus)) == [b"1", b"3"]
    rounds.now = 2_000
    assert rounds.release() == 1
    assert rounds.release() == 0
    assert {r.value: dict(r.headers)[STAMP] for r in read(bus)} == {
        b"1": b"1000",
        b"3": b"1000",
        b"2": b"2000",
    }


def test_messages_to_the_inboxes_pass_at_once_with_the_rounds_time(bus: Bus, tmp_path: Path) -> None:
    rounds = Rounds(bus, tmp_path / "held.sqlite")
    rounds.now = 7
    rounds.seen_by("00").producer().send([OutgoingRecord(inbox_topic("44"), b"a", b"letter")])
    (record,) = read(bus, inbox_topic("44"))
    assert (record.value, record.headers) == (b"letter", ((STAMP, b"7"),))
    assert rounds.held() == 0


def test_what_is_held_survives_the_process(bus: Bus, tmp_path: Path) -> None:
    rounds = Rounds(bus, tmp_path / "held.sqlite")
    rounds.seen_by("44").producer().send([submission(b"a", b"1"), submission(b"a", b"2")])
    rounds.close()
    again = Rounds(bus, tmp_path / "held.sqlite")
    assert again.held() == 2
    again.release()
    assert [r.value for r in read(bus)] == [b"1"]


def test_what_a_killed_party_sends_again_takes_no_round(bus: Bus, tmp_path: Path) -> None:
    rounds = Rounds(bus, tmp_path / "held.sqlite")
    producer = rounds.seen_by("44").producer()
    producer.send([submission(b"a", b"1")])
    producer.send([submission(b"a", b"1"), submission(b"a", b"2")])
    assert rounds.release() == 1
    producer.send([submission(b"a", b"1")])
    assert (rounds.held(), rounds.is_quiet()) == (1, False)
    rounds.forget_released()
    producer.send([submission(b"a", b"1")])
    assert rounds.held() == 2, "on another day it is said on purpose"


def test_a_round_that_is_taken_up_again_releases_nothing_more(bus: Bus, tmp_path: Path) -> None:
    rounds = Rounds(bus, tmp_path / "held.sqlite")
    rounds.now = 5
    rounds.seen_by("44").producer().send([submission(b"a", b"1"), submission(b"a", b"2")])
    assert (rounds.release(), rounds.release(), rounds.is_quiet()) == (1, 0, False)
    rounds.now = 6
    assert (rounds.release(), rounds.is_quiet()) == (1, False)
    rounds.now = 7
    assert rounds.is_quiet()


def test_a_fault_may_lose_or_repeat_what_a_party_sends(bus: Bus, tmp_path: Path) -> None:
    def fault(party: str, record: OutgoingRecord) -> Sequence[OutgoingRecord]:
        return () if party == "44" else (record, record)

    rounds = Rounds(bus, tmp_path / "held.sqlite", fault=fault)
    rounds.seen_by("44").producer().send([submission(b"a", b"1")])
    rounds.seen_by("41").producer().send([submission(b"a", b"2")])
    assert rounds.held() == 2


sent = st.lists(st.tuples(st.sampled_from(["00", "41", "44"]), st.sampled_from([b"a", b"b", b"c"])), max_size=15)


@settings(max_examples=25, deadline=None)
@given(sent)
def test_the_order_within_a_round_is_that_of_the_parties_whoever_ran_first(
    tmp_path_factory: pytest.TempPathFactory, messages: list[tuple[str, bytes]]
) -> None:
    """The same messages, sent by the parties in another order of running, are released in the same rounds."""
    by_party = {
        p: [(k, b"%s%d" % (p.encode(), i)) for i, (q, k) in enumerate(messages) if q == p] for p in ["00", "41", "44"]
    }
    releases = []
    for order in (["00", "41", "44"], ["44", "00", "41"]):
        folder = tmp_path_factory.mktemp("rounds")
        bus = EmbeddedBus(folder / "bus.sqlite", durable=False)
        bus.create_topics({SUBMISSIONS_TOPIC: 2})
        rounds = Rounds(bus, folder / "held.sqlite", durable=False)
        for party in order:
            rounds.seen_by(party).producer().send([submission(key, value) for key, value in by_party[party]])
        released = []
        while rounds.release():
            rounds.now += 1
        for record in read(bus):
            released.append((dict(record.headers)[STAMP], record.key, record.value))
        assert len({(instant, key) for instant, key, _ in released}) == len(released) == len(messages)
        releases.append(sorted(released))
        rounds.close()
        bus.close()
    assert releases[0] == releases[1]
