"""The embedded local system: batches, idempotent documents, incoming order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem, UnknownCaseError
from jinbao.regional_adapter.local.local_system import IncomingDocument

RELATIONSHIP = UUID(int=9)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[EmbeddedLocalSystem]:
    made = EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)
    yield made
    made.close()


def _incoming(number: int, kind: str = "OriginReviewPassed", transfer: int = 1) -> IncomingDocument:
    return IncomingDocument(UUID(int=number), kind, UUID(int=transfer), RELATIONSHIP, "44", "D", 1, 2, {"n": number})


def test_a_batch_is_kept_whole_or_not_at_all(local: EmbeddedLocalSystem, person: Any, application: Any) -> None:
    def work() -> None:
        with local.batch():
            local.register_person(person)
            local.register_application(application)
            local.write_document("TransferWithdrawn", "W", application.number, {"reason_text": "x"}, "clerk", 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()

    assert local.person(person.number) is None
    assert local.applications() == []
    assert local.outgoing(0, 10) == []


def test_a_document_names_the_applicant_or_the_relationship_of_the_incoming_case(
    local: EmbeddedLocalSystem, person: Any, application: Any
) -> None:
    local.register_person(person)
    local.register_application(application)
    local.deliver([_incoming(1)])
    local.write_document("A", "1", application.number, {}, "clerk", 1)
    local.write_document("B", "2", UUID(int=1).hex, {}, "clerk", 1)

    ours, theirs = local.outgoing(0, 10)
    assert (ours.person, ours.relationship) == (person.number, None)
    assert (theirs.person, theirs.relationship) == (None, RELATIONSHIP)


def test_a_document_is_written_after_two_look_ups(local: EmbeddedLocalSystem, person: Any, application: Any) -> None:
    local.register_person(person)
    local.register_application(application)
    local.begun({application.number: UUID(int=1)})
    statements: list[str] = []
    local._db.set_trace_callback(statements.append)
    local.write_document("A", "1", application.number, {}, "clerk", 1)
    assert len([sql for sql in statements if sql.startswith("SELECT")]) == 2


@pytest.mark.parametrize("case", ["no such application", "0" * 31 + "7"])
def test_a_document_of_an_unknown_case_is_refused(local: EmbeddedLocalSystem, case: str) -> None:
    with pytest.raises(UnknownCaseError):
        local.write_document("A", "1", case, {}, "clerk", 1)


def test_the_transfer_that_an_application_became_is_known_by_its_number(
    local: EmbeddedLocalSystem, person: Any, application: Any
) -> None:
    local.register_person(person)
    local.register_application(application)
    transfer = uuid4()
    local.begun({application.number: transfer})
    local.begun({application.number: transfer})
    assert local.transfer_of(application.number) == transfer
    assert local.transfer_of("another number") is None


def test_an_application_waits_until_its_newest_revision_is_handled(
    local: EmbeddedLocalSystem, person: Any, application: Any
) -> None:
    local.register_person(person)
    local.register_application(application)
    (first,) = local.pending_applications()
    local.register_application(application, person_changed=True)
    local.application_handled(first)
    (second,) = local.pending_applications()
    assert second.revision == 2
    local.application_handled(second)
    assert local.pending_applications() == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("12"), st.integers(1, 2), st.integers(0, 2))))
def test_each_content_of_a_record_and_attempt_is_written_once(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, str, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("local")
    local = EmbeddedLocalSystem(folder / "41.sqlite", "41", durable=False)
    local.deliver([_incoming(1)])
    sequences: dict[tuple[str, str, int, int], int] = {}
    for kind, key, attempt, content in writes:
        sequence = local.write_document(
            kind, key, UUID(int=1).hex, {"b": content, "a": 1}, "clerk", len(sequences), attempt=attempt
        )
        assert sequences.setdefault((kind, key, attempt, content), sequence) == sequence

    written = local.outgoing(0, 1_000)
    assert [d.sequence for d in written] == sorted(sequences.values())
    assert [(d.kind, d.key, d.attempt, d.fields["b"]) for d in written] == list(sequences)
    local.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), max_size=5), max_size=6))
def test_incoming_documents_are_kept_once_in_order_of_arrival(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("local")
    local = EmbeddedLocalSystem(folder / "41.sqlite", "41", durable=False)
    for batch in batches:
        local.deliver([_incoming(number) for number in batch])

    kept = local.incoming()
    assert [d.fields["n"] for d in kept] == list(dict.fromkeys(n for batch in batches for n in batch))
    positions = [d.position for d in kept]
    assert positions == sorted(set(positions))
    for since in positions:
        assert [d.position for d in local.incoming(since=since)] == [p for p in positions if p > since]
    local.close()


def test_incoming_documents_are_found_by_kind_and_transfer(local: EmbeddedLocalSystem) -> None:
    local.deliver([_incoming(1), _incoming(2, kind="TransferReturned"), _incoming(3, transfer=2)])
    assert [d.fields["n"] for d in local.incoming("OriginReviewPassed")] == [1, 3]
    assert [d.fields["n"] for d in local.incoming(transfer=UUID(int=2))] == [3]
    assert [d.fields["n"] for d in local.incoming("OriginReviewPassed", transfer=UUID(int=1), since=0)] == [1]
    assert [d.fields["n"] for d in local.incoming(limit=2)] == [1, 2]


def test_a_reopened_file_still_has_everything(local: EmbeddedLocalSystem, person: Any) -> None:
    local.register_person(person)
    local.deliver([_incoming(1)])
    again = EmbeddedLocalSystem(local.path, "41")
    assert again.person(person.number) == person
    assert len(again.incoming()) == 1
    again.close()


def test_messages_of_several_senders_under_one_id_are_all_kept(local: EmbeddedLocalSystem) -> None:
    """Whoever sends something under the id of a message to come does not keep that one out."""
    of_another = replace(_incoming(1), sender="00", kind="DeadlineMissed")
    local.deliver([_incoming(1), of_another, _incoming(1), of_another])
    assert [(d.sender, d.kind) for d in local.incoming()] == [("44", "OriginReviewPassed"), ("00", "DeadlineMissed")]


def test_a_file_that_knew_messages_by_their_id_alone_is_brought_over(local: EmbeddedLocalSystem) -> None:
    local.deliver([_incoming(1), _incoming(2)])
    before = local.incoming()
    with closing(sqlite3.connect(local.path)) as old, old:
        old.execute("ALTER TABLE documents_in RENAME TO new")
        columns = [row[1:3] for row in old.execute("PRAGMA table_info (new)")]
        kinds = {"position": "INTEGER PRIMARY KEY AUTOINCREMENT", "event_id": "BLOB NOT NULL UNIQUE"}
        old.execute(f"CREATE TABLE documents_in ({', '.join(f'{n} {kinds.get(n, k)}' for n, k in columns)})")
        old.execute("INSERT INTO documents_in SELECT * FROM new")
        old.execute("DROP TABLE new")
        old.execute("PRAGMA user_version = 0")
    again = EmbeddedLocalSystem(local.path, "41")
    assert again.incoming() == before
    again.deliver([replace(_incoming(1), sender="00"), _incoming(3)])
    assert [d.sender for d in again.incoming()] == ["44", "44", "00", "44"]
    assert [d.position for d in again.incoming()] == [1, 2, 3, 4]
    again.close()


def test_looking_for_what_an_annulment_has_freed_reads_no_document_that_waits_for_none(
    local: EmbeddedLocalSystem,
) -> None:
    asked: list[str] = []
    local._db.set_trace_callback(asked.append)
    local.freed()
    local._db.set_trace_callback(None)
    plan = " ".join(str(row) for row in local._db.execute(f"EXPLAIN QUERY PLAN {asked[0]}"))
    assert "documents_out USING INDEX documents_out_follows" in plan


def test_a_case_is_found_by_its_transfer_id_before_anything_has_come_in(local: EmbeddedLocalSystem) -> None:
    local.begun({"2025-41-0001": UUID(int=7)})
    assert local.cases_called(UUID(int=7).hex) == ["2025-41-0001"]
    assert local.cases_called(UUID(int=8).hex) == []


def test_a_persons_cases_are_found_by_number_and_name_wherever_they_stand(
    local: EmbeddedLocalSystem, person: Any, application: Any
) -> None:
    local.register_person(person)
    local.register_application(application)
    other = {"personal": {"number": "110105196001010011", "name": "买买提·合成"}}
    local.deliver([replace(_incoming(3, transfer=5), fields=other), _incoming(4, transfer=6)])
    local.write_document("A", "1", UUID(int=6).hex, other, "clerk", 1)
    assert local.cases_of_person(person.name) == local.cases_of_person(person.number) == [application.number]
    for text in other["personal"].values():
        assert local.cases_of_person(text) == [UUID(int=5).hex, UUID(int=6).hex]
    assert local.cases_of_person("买买提") == local.cases_of_person("") == []
