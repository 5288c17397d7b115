"""A message that raises where none may is found out, kept as a dead letter with its incident, and stops no other."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.ingest import arrival, batch as batch_file
from jinbao.platform.ingest.dead_letters import dead_letters, replay
from jinbao.platform.ingest.intake import Intake
from jinbao.platform.store.store import StoreUnavailable

SECRET = "440101199001010000"
PLACES = ("reading", "judging", "deciding", "writing")


class Planted(Exception):
    """A fault that a test plants; its words must not be told."""


@pytest.fixture
def plant(monkeypatch):
    """Let the messages of one document raise at one place; returns how to take the fault out again."""

    def plant_at(place, document):
        def faulty(function, reached):
            def call(*given, **named):
                if reached(*given, **named):
                    raise Planted(f"{document} of {SECRET}")
                return function(*given, **named)

            return call

        def meant(message):
            return message.envelope.local_document == document

        def in_batch(batch):
            return any(row.data and row.event_id and document.encode() in row.data for row in batch.rows)

        target, name, reached = {
            "reading": (arrival, "decode", lambda data: document.encode() in data),
            "judging": (Intake, "_consider", lambda _self, _arrival, message: meant(message)),
            "deciding": (PensionRelationship, "decide", lambda _self, message, *_: meant(message)),
            "writing": (batch_file, "_write_intake", lambda _work, batch, *_: in_batch(batch)),
        }[place]
        whole = getattr(target, name)
        monkeypatch.setattr(target, name, faulty(whole, reached))
        return lambda: monkeypatch.setattr(target, name, whole)

    return plant_at


@pytest.fixture
def nation(transfer_of):
    """Seven whole transfers and the faulty application in their midst."""
    whole = [transfer_of(person, application=f"HA-{person}") for person in range(1, 8)]
    faulty = transfer_of(99, application="HA-FAULTY")
    said = [message for transfer in whole for message in transfer.whole()]
    return [*said[:30], faulty.apply(), *said[30:]], faulty


@pytest.mark.parametrize("place", PLACES)
def test_what_raises_becomes_a_dead_letter_and_the_rest_goes_on(new_platform, plant, nation, place):
    messages, faulty = nation
    batches = []
    platform = new_platform(expects_incidents=True)
    platform.ingest._observe = lambda batch, _: batches.append(batch)
    mend = plant(place, faulty.application)
    platform.take(*messages)
    assert platform.rows("SELECT state, COUNT(*) FROM case_board GROUP BY state") == [("completed", 7)]
    [(code, field, data)] = platform.rows("SELECT code, field, bytes FROM intake WHERE outcome = 5")
    assert code == "INTERNAL_ERROR"
    assert data == platform.record(messages[30]).value
    [incident] = [incident for batch in batches for incident in batch.incidents]
    assert field == f"incident {incident.number}"
    assert incident.error == "Planted"
    assert any("test_incidents.py" in where for where in incident.trace)
    assert SECRET not in str(incident)
    told = [t for t in platform.told("41") if t.event_id == messages[30].envelope.event_id]
    assert [(t.outcome, t.code) for t in told] == ([] if place == "reading" else [("dead_letter", "INTERNAL_ERROR")])
    answers = [m for m in platform.inbox("41") if m.NAME == "SubmissionAnswered"]
    assert [(a.outcome, a.code) for a in answers] == ([] if place == "reading" else [("dead_letter", "INTERNAL_ERROR")])

    mend()
    with platform.store.read() as work:
        letters = dead_letters(work, limit=9)
    replay(platform.bus, letters, "li.na")
    platform.run()
    assert platform.rows("SELECT state FROM case_board WHERE application = 'HA-FAULTY'") == [("application_review",)]
    told = [t for t in platform.told("41") if t.event_id == messages[30].envelope.event_id]
    assert told[-1].outcome == "accepted"


@pytest.mark.parametrize("place", PLACES)
def test_what_comes_of_the_others_does_not_depend_on_it(new_platform, plant, nation, place):
    messages, faulty = nation
    plain, sifted = new_platform("plain"), new_platform("sifted", expects_incidents=True)
    plain.take(*messages[:30], *messages[31:])
    plant(place, faulty.application)
    sifted.take(*messages)
    for table in ("case_board", "clocks", "flows", "ledger_entries", "ledger_balances"):
        assert sifted.table(table) == plain.table(table)


def test_a_part_of_a_batch_that_was_judged_and_not_written_leaves_nothing_in_memory(platform, plant, transfer_of):
    """The fault shows only in writing, after the whole batch was judged on the cases in memory."""
    platform.expects_incidents = True
    transfer = transfer_of(1, application="HA-1")
    faulty = transfer.letter(version=1)
    faulty = msgspec.structs.replace(
        faulty, envelope=msgspec.structs.replace(faulty.envelope, local_document="HA-FAULTY")
    )
    plant("writing", "HA-FAULTY")
    platform.take(transfer.apply(), faulty, transfer.letter_received(), transfer.letter())
    assert [outcome for outcome, _ in platform.outcomes()] == [
        "ACCEPTED",
        "DEAD_LETTER",
        "PARKED",
        "ACCEPTED",
        "ACCEPTED",
    ]


def test_many_that_raise_are_all_found(platform, plant, transfer_of):
    platform.expects_incidents = True
    plant("deciding", "HA-FAULTY")
    said = []
    for person in range(1, 60):
        said.append(transfer_of(person, application="HA-FAULTY" if person % 3 else f"HA-{person}").apply())
    platform.take(*said)
    assert Counter(row.outcome for row in platform.received()) == {1: 19, 5: 40}


def test_what_fails_for_dead_letters_too_is_no_messages_fault(platform, monkeypatch, transfer):
    def fail(*_):
        raise Planted

    platform.send(transfer.apply(), transfer.letter())
    monkeypatch.setattr(batch_file, "_write_outbox", fail)
    with pytest.raises(Planted):
        platform.ingest.step(platform.now)
    assert platform.received() == platform.table("consumer_offsets") == []
    monkeypatch.undo()
    platform.run()
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED", "ACCEPTED"]


def test_what_the_database_refuses_is_no_messages_fault(platform, monkeypatch, transfer):
    def fail(*_):
        raise StoreUnavailable("the disk is full")

    platform.send(transfer.apply(), transfer.letter())
    monkeypatch.setattr(batch_file, "_write_intake", fail)
    with pytest.raises(StoreUnavailable):
        platform.ingest.step(platform.now)
    monkeypatch.undo()
    platform.run()
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED", "ACCEPTED"]


@pytest.mark.parametrize("missing", [1, 4, 8])
def test_a_gap_in_a_stream_stops_that_case_by_name_and_no_other(platform, transfer_of, missing):
    """Of nine; the log has no gap in its positions either, which tells of one that is lost at a stream's end."""
    damaged, healthy = transfer_of(1), transfer_of(2, application="HA-2")
    platform.take(*damaged.whole())
    platform.take(healthy.apply())
    kept = platform.rows("SELECT * FROM events WHERE stream = 1 AND version = ?", missing)
    with platform.store.write() as work:
        work.bulk.execute("DELETE FROM events WHERE stream = 1 AND version = ?", missing)
    platform.ingest._start_over()
    platform.take(damaged.tell_person(), *healthy.whole()[1:], damaged.receive(2, 5_000))
    assert (
        platform.rows("SELECT outcome, code, field FROM intake WHERE code IS NOT NULL")
        == [(5, "CASE_DAMAGED", f"version {missing}")] * 2
    )
    assert platform.rows("SELECT state FROM case_board WHERE application = 'HA-2'") == [("completed",)]
    with platform.store.read() as work:
        letters = dead_letters(work, limit=9)
    assert [letter.message.envelope.transfer_id for letter in letters] == [damaged.transfer_id] * 2

    with platform.store.write() as work:
        work.bulk.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(kept[0]))})", *kept[0])
    replay(platform.bus, letters, "li.na")
    platform.run()
    assert [outcome for outcome, _ in platform.outcomes()[-2:]] == ["ACCEPTED"] * 2


def test_a_fact_that_this_program_cannot_read_stops_its_case_only(platform, transfer_of):
    damaged, healthy = transfer_of(1), transfer_of(2, application="HA-2")
    platform.take(damaged.apply())
    with platform.store.write() as work:
        work.bulk.execute("UPDATE events SET topic = 'of-a-newer-program'")
    platform.ingest._start_over()
    platform.take(damaged.letter(), *healthy.whole())
    assert ("DEAD_LETTER", "CASE_DAMAGED") in platform.outcomes()
    assert platform.rows("SELECT state FROM case_board WHERE application = 'HA-2'") == [("completed",)]


def test_what_raised_in_a_partition_that_was_lost_is_forgotten(platform, plant, transfer_of, monkeypatch):
    """Another process has it, which judges for itself; were it to come back, it would be judged anew."""
    plant("deciding", "HA-FAULTY")
    ingest = platform.ingest
    take_over = ingest._take_over_new

    def lost_once_it_has_raised():
        take_over()
        if ingest._incidents:
            ingest._next.clear()

    monkeypatch.setattr(ingest, "_take_over_new", lost_once_it_has_raised)
    platform.send(transfer_of(1, application="HA-FAULTY").apply())
    assert ingest.step(platform.now) == 0
    assert ingest._incidents == {}
