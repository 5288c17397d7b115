"""Local document to submission: the same record always becomes the same bytes, another record another message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, strategies as st

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.regional_adapter.exchange.mapping import (
    CannotMapError,
    FormMapping,
    receipt_for,
    to_incoming,
    to_submission,
)
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.rules.unprintable import has_unprintable
from jinbao.rules.working_days import end_of_day
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.messages import ContactLetterIssued, TransferReturned

PERSONAL = {"number": "11010519491231002X", "id_type": "resident_id", "name": "合成甲样本"}


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKeyRing]:
    made = open_key_ring(tmp_path_factory.mktemp("keys"), seed=3)
    yield made
    made.close()


@pytest.fixture(scope="module")
def other_ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKeyRing]:
    """The same seed in another file: as good as the same ring."""
    made = open_key_ring(tmp_path_factory.mktemp("keys"), seed=3)
    yield made
    made.close()


def _returned(**changes: Any) -> LocalDocument:
    fields = {"letter_version": 1, "reason_code": "PERSON_NOT_FOUND", "reason_text": "查无此人"}
    document = LocalDocument(
        1, "TransferReturned", "T-1", 1, UUID(int=5).hex, "clerk", 1_000, UUID(int=6), fields, relationship=UUID(int=7)
    )
    return replace(document, **changes)


def _application(**personal: str) -> LocalDocument:
    fields = {
        "scheme": "110",
        "origin": "44",
        "destination": "41",
        "accepted_on": "2025-03-04",
        "personal": {**PERSONAL, **personal},
    }
    number = "11010519491231002X"
    return LocalDocument(1, "ApplicationAccepted", "A-1", 1, "A-1", "clerk", 1_000, None, fields, person=number)


@given(sequence=st.integers(1, 10**9))
def test_the_place_in_the_local_file_changes_no_byte(ring: Any, other_ring: Any, sequence: int) -> None:
    one = encode(to_submission(_application(), "41", ring))
    two = encode(to_submission(replace(_application(), sequence=sequence), "41", other_ring))
    assert one == two


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "T-2"},
        {"attempt": 2},
        {"case": UUID(int=8).hex},
        {"fields": {"letter_version": 2, "reason_code": "PERSON_NOT_FOUND", "reason_text": "查无此人"}},
    ],
)
def test_another_record_is_another_message(ring: Any, changes: dict[str, Any]) -> None:
    one = to_submission(_returned(), "44", ring)
    two = to_submission(_returned(**changes), "44", ring)
    assert one.envelope.event_id != two.envelope.event_id
    assert one.envelope.event_id != to_submission(_returned(), "45", ring).envelope.event_id


names = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=9)


@given(name=names.filter(lambda name: name.strip() and not has_unprintable(name)))
def test_personal_fields_are_sealed_and_come_back_as_they_were(ring: Any, name: str) -> None:
    message = to_submission(_application(name=name), "41", ring)

    data = encode(message)
    back = to_incoming(decode(data), 5, ring)

    assert back.fields["personal"] == {**PERSONAL, "name": name}
    assert PERSONAL["number"].encode() not in data
    assert back.fields["accepted_on"] == "2025-03-04"
    assert back.arrived_at == 5


def test_the_same_number_is_the_same_relationship_in_every_province(ring: Any) -> None:
    henan, hunan = (to_submission(_application(), p, ring).envelope for p in ("41", "43"))
    assert henan.relationship_id == hunan.relationship_id
    assert henan.transfer_id != hunan.transfer_id


def test_names_follow_the_mapping_valid_on_the_day_of_the_record(ring: Any) -> None:
    new_names = {"TransferReturned": {"thyy": "reason_text", "thdm": "reason_code", "lxhbc": "letter_version"}}
    mappings = (FormMapping(1, date(2000, 1, 1)), FormMapping(2, date(2025, 1, 1), new_names))
    old = _returned(written_at=end_of_day(date(2024, 12, 31)) - 1)
    local = {"lxhbc": 1, "thdm": "PERSON_NOT_FOUND", "thyy": "查无此人"}
    new = _returned(written_at=end_of_day(date(2024, 12, 31)), fields=local)

    before, after = to_submission(old, "44", ring, mappings), to_submission(new, "44", ring, mappings)

    assert isinstance(before, TransferReturned)
    assert isinstance(after, TransferReturned)
    assert before.reason_text == after.reason_text
    assert before.envelope.event_id == after.envelope.event_id
    with pytest.raises(CannotMapError):
        to_submission(_returned(fields=local), "44", ring, mappings)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (
            _returned(fields={"letter_version": 0, "reason_code": "PERSON_NOT_FOUND", "reason_text": "x"}),
            "letter_version",
        ),
        (_returned(fields={"letter_version": 1, "reason_code": "PERSON_NOT_FOUND"}), "reason_text"),
        (_returned(kind="SubmissionAnswered"), None),
        (_returned(case="A-1"), "case"),
        (_returned(relationship=None), "person"),
        (replace(_application(), fields={"personal": "合成"}), "personal"),
        (replace(_application(), fields={"personal": {**PERSONAL, "number": 1.5}}), "personal.number"),
    ],
)
def test_a_document_that_is_no_valid_message_is_refused_by_field(
    ring: Any, document: LocalDocument, field: str | None
) -> None:
    with pytest.raises(CannotMapError) as error:
        to_submission(document, "44", ring)
    assert error.value.field == field


def test_only_letters_and_sheets_get_a_receipt(ring: Any, agency: Any) -> None:
    assert receipt_for(to_submission(_returned(), "44", ring), 9, "41") is None
    fields = {
        "letter_version": 1,
        "letter_number": "L-1",
        "agency": msgspec.to_builtins(agency),
        "personal": PERSONAL,
    }
    letter = to_submission(replace(_application(), kind="ContactLetterIssued", key="L-1", fields=fields), "41", ring)
    assert isinstance(letter, ContactLetterIssued)
    one, again, other = (receipt_for(letter, at, p) for at, p in ((9, "44"), (9, "44"), (9, "45")))
    assert one is not None
    assert one == again
    assert other is not None
    assert one.envelope.event_id != other.envelope.event_id
