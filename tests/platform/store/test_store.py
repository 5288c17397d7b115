"""The platform's database: one transaction a batch, one ordered log, one writer a stream; always whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform import queries
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.ingest.case_cache import Cases
from jinbao.platform.store.event_log import StreamConflict
from jinbao.platform.store.store import OffsetFenced, Store, StoreError
from jinbao.schemas.codec import decode
from jinbao.schemas.headers import bus_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC


class Stop(StoreError):
    """What a test breaks a transaction with."""


def delivered(platform, provinces=("44", "41", "32", "11", "50")):
    """What reached each inbox, repetitions of the relay left out."""
    return {p: list(dict.fromkeys(r.value for r in platform.inbox_records(p))) for p in provinces}


def test_an_exception_inside_a_transaction_leaves_nothing_behind(platform):
    def write_half():
        with platform.store.write() as work:
            work.streams(RELATIONSHIPS).open([(b"r" * 16, 0)])
            work.advance(SUBMISSIONS_TOPIC, {0: (0, 5)})
            raise Stop("stopped")

    with pytest.raises(Stop):
        write_half()
    assert platform.table("streams") == platform.table("consumer_offsets") == []


def test_a_batch_that_fails_at_any_statement_is_written_whole_the_next_time(new_platform, every_path, neighbours):
    """Each writing statement of a batch fails once; after all of them the database is as if none had."""
    messages = every_path(neighbours[:13])
    undisturbed, failing = new_platform("undisturbed"), new_platform("failing")
    undisturbed.take(*messages)
    countdown, failures = [0], 0

    def fail(_connection, _cursor, statement, _parameters, _context, _executemany):
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            countdown[0] -= 1
            if countdown[0] == 0:
                raise Stop("stopped")

    failing.send(*messages)
    event.listen(Engine, "before_cursor_execute", fail)
    try:
        for nth in range(1, 100):
            countdown[0] = nth
            try:
                failing.ingest.step(failing.now)
            except Stop:
                failures += 1
                countdown[0] = 0
                assert failing.table("events") == failing.table("consumer_offsets") == []
            else:
                break
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert failures >= 6, "streams, events, intake, outbox and offsets are statements of their own"
    failing.run()
    assert failing.but_for_batches() == undisturbed.but_for_batches()
    assert delivered(failing) == delivered(undisturbed)


INGEST_UNTIL_KILLED = """
import sys
from pathlib import Path
from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store

folder, now = Path(sys.argv[1]), int(sys.argv[2])
platform = NationalPlatform(EmbeddedBus(folder / "bus.db"), Store(f"sqlite:///{folder / 'platform.db'}"), batch_size=5)
while True:
    platform.step(now)
"""


@pytest.mark.slow
def test_killed_again_and_again_nothing_is_lost_and_nothing_counts_twice(
    new_platform, every_path, neighbours, transfer_of
):
    messages = every_path(neighbours[:13])
    for person in neighbours[13:40]:
        messages += transfer_of(person, application=f"HA-{person}").whole()
    undisturbed = new_platform("undisturbed", batch_size=5)
    undisturbed.take(*messages)
    killed = new_platform("killed")
    killed.send(*messages)
    killed.ingest.close()
    for progress in (30, 90, 160):
        arguments = [sys.executable, "-c", INGEST_UNTIL_KILLED, str(killed.folder), str(killed.now)]
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while len(killed.received()) < progress and time.monotonic() < deadline:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    assert progress <= len(killed.received()) < len(messages), "killed while it was at work"
    again = new_platform("killed", batch_size=5)
    again.run()
    assert again.but_for_batches() == undisturbed.but_for_batches()
    assert delivered(again) == delivered(undisturbed)
    with again.store.read() as work:
        assert queries.ingest_counts(work)["received"] == len(messages)


def test_positions_and_versions_have_no_gaps(platform, every_path):
    platform.take(*every_path())
    positions = [position for (position,) in platform.rows("SELECT position FROM events ORDER BY position")]
    assert positions == list(range(1, len(positions) + 1))
    for count, last in platform.rows("SELECT COUNT(*), MAX(version) FROM events GROUP BY stream"):
        assert count == last
    intake = [position for (position,) in platform.rows("SELECT position FROM intake ORDER BY position")]
    assert intake == list(range(1, len(intake) + 1))


def test_a_version_that_is_already_there_is_a_conflict(platform, transfer):
    platform.take(transfer.apply())
    [stored] = platform.table("events")
    with pytest.raises(StreamConflict), platform.store.write() as work:
        work.events.append([(work.events.next_position(), *stored[1:])])
    assert platform.table("events") == [stored]


def test_an_offset_that_another_process_moved_fences_this_one(platform):
    with platform.store.write() as work:
        work.advance(SUBMISSIONS_TOPIC, {3: (0, 10)})
    with pytest.raises(OffsetFenced), platform.store.write() as work:
        work.advance(SUBMISSIONS_TOPIC, {3: (0, 5)})
    with pytest.raises(OffsetFenced), platform.store.write() as work:
        work.advance(SUBMISSIONS_TOPIC, {3: (9, 12)})
    with platform.store.write() as work:
        work.advance(SUBMISSIONS_TOPIC, {3: (10, 12)})
        assert work.next_offsets(SUBMISSIONS_TOPIC) == {3: 12}


def test_a_fenced_ingest_writes_nothing_and_goes_on_where_the_database_says(platform, transfer_of, neighbours):
    one, two = (transfer_of(person, application=f"HA-{person}") for person in neighbours[:2])
    platform.take(one.apply())
    platform.send(two.apply(), two.letter())
    with platform.store.write() as work:  # another process took the first of the two in
        work.advance(SUBMISSIONS_TOPIC, {0: (1, 2)})
    platform.ingest.step(platform.now)
    assert len(platform.received()) == 1
    platform.run()
    assert platform.outcomes() == [("ACCEPTED", None), ("PARKED", "PREDECESSOR_MISSING")]
    assert platform.rows("SELECT next_offset FROM consumer_offsets WHERE partition = 0") == [(3,)]


def test_the_librarys_repository_loads_what_the_cases_load(platform, every_path):
    messages = every_path()
    platform.take(*messages)
    ids = sorted({message.envelope.relationship_id for message in messages})
    loaded = 0
    with platform.store.read() as work:
        cases = Cases()
        cases.load(work, {bus_key(relationship_id): 0 for relationship_id in ids}, platform.now)
        for relationship_id in ids:
            case = cases.get(bus_key(relationship_id)).aggregate
            if case.version:
                aggregate = work.streams(RELATIONSHIPS).repository.get(UUID(bytes=relationship_id))
                assert isinstance(aggregate, PensionRelationship)
                assert (aggregate.version, aggregate.transfers) == (case.version, case.transfers)
                loaded += 1
    assert loaded >= 10


def test_the_log_can_be_read_in_sections_as_the_library_does(platform, every_path):
    platform.take(*every_path())
    with platform.store.read() as work:
        last = work.events.max_notification_id()
        sections, start = [], 1
        while section := work.events.select_notifications(start, 7):
            sections += section
            start = section[-1].id + 1
        assert [notification.id for notification in sections] == list(range(1, last + 1))
        only = work.events.select_notifications(1, 1_000, topics=["transfer-completed"])
        assert {notification.topic for notification in only} == {"transfer-completed"}
        assert len(only) == 5


def test_when_something_was_recorded_never_decreases_whatever_the_clock_does(platform, transfer, at):
    """A clock that jumps by more than an hour stops intake; within the hour it may wander."""
    minutes = (0, 50, 20, -5, 60)
    start, minute = at("2025-03-03"), 60_000_000
    for offset, message in zip(minutes, transfer.whole(), strict=False):
        platform.take(message, now=start + offset * minute)
    expected = [start + offset * minute for offset in (0, 50, 50, 50, 60)]
    assert platform.rows("SELECT recorded_at FROM events ORDER BY position") == [(t,) for t in expected]


def test_the_original_bytes_are_kept_with_every_outcome_of_a_message(platform, every_path):
    messages = every_path()
    platform.take(*messages)
    sent = {(message.envelope.event_id, platform.record(message).value) for message in messages}
    kept = [row for row in platform.received() if row.outcome.name in ("ACCEPTED", "PARKED")]
    assert {row.data for row in kept} <= {data for _, data in sent}
    refused = [row for row in platform.received() if row.outcome.name == "REJECTED"]
    assert {(row.event_id, row.data) for row in [*kept, *refused] if row.data} == sent
    assert all(row.data is None for row in platform.received() if row.outcome.name == "DUPLICATE")
    assert not platform.rows("SELECT 1 FROM outbox WHERE LENGTH(records) > 0"), "the relay empties what it delivered"


def test_an_accepted_message_is_one_row_of_the_log(platform, every_path):
    """Fact, bytes, sender and times stand together; the intake has a row only where something came before or else."""
    messages = every_path()
    platform.take(*messages)
    sent = {(message.envelope.sender, message.envelope.event_id): message for message in messages}
    for sender, event_id, data in platform.rows("SELECT sender, submission, bytes FROM events WHERE sender <> '00'"):
        assert sent.pop((sender, event_id)) is not None, "once"
        assert decode(data).envelope.event_id == event_id
    assert platform.rows("SELECT COUNT(*) FROM intake WHERE outcome = 1") == [(0,)]
    waited = platform.rows(
        "SELECT i.outcome, i.event_id = e.submission FROM events e JOIN intake i ON i.position = e.first"
    )
    assert set(waited) == {(3, 1)}


def test_the_same_files_open_again_with_everything_in_them(new_platform, transfer):
    first = new_platform("again")
    *before, last = transfer.whole()
    first.take(*before)
    first.close()
    second = new_platform("again")
    second.take(last)
    assert len(second.table("events")) == 9
    assert second.rows("SELECT state FROM case_board") == [("completed",)]


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4_096])
def test_a_file_that_is_no_database_is_a_store_error_that_names_it(tmp_path, content):
    file = tmp_path / "report.xls"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"report\.xls"):
        Store(f"sqlite:///{file}").create()
    with pytest.raises(StoreError, match=r"report\.xls"), Store(f"sqlite:///{file}").read() as work:
        queries.ingest_counts(work)
    assert file.read_bytes() == content


@pytest.mark.parametrize("url", ["", "platform.db", "mysql://host/name", "sqlite://"])
def test_a_url_of_no_known_database_is_a_store_error(url):
    with pytest.raises(StoreError):
        Store(url).create()


def test_one_bus_serves_one_ingest_at_a_time(platform, transfer):
    platform.take(transfer.apply())
    other = EmbeddedBus(platform.folder / "bus.db", durable=False)
    try:
        with pytest.raises(Exception, match="ingest"):
            other.consumer([SUBMISSIONS_TOPIC], "ingest")
    finally:
        other.close()
