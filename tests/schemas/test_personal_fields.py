"""The record that is sealed: every message has its own, and each fault is named without the value."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.schemas.messages import MESSAGES
from jinbao.schemas.personal_fields import (
    PERSONAL_FIELDS,
    InvalidPersonalFieldsError,
    NewerPersonalFieldsError,
    check_personal_fields,
)

PERSON: dict[str, Any] = {"number": "11010519491231002X", "id_type": "resident_id", "name": "合成甲样本"}


def test_every_message_with_sealed_fields_has_a_record_of_its_own() -> None:
    sealed = {message.NAME for message in MESSAGES if "personal" in message.__struct_fields__}  # type: ignore[attr-defined]
    assert sealed == PERSONAL_FIELDS.keys()


@pytest.mark.parametrize("kind", PERSONAL_FIELDS)
def test_name_number_and_type_are_enough_and_nil_is_absent(kind: str) -> None:
    check_personal_fields(kind, PERSON)
    check_personal_fields(kind, {**PERSON, "sex": "2", "birth": "1949-12-31", "version": 1})
    check_personal_fields(kind, {**PERSON, "sex": None, "birth": None})


@pytest.mark.parametrize("kind", PERSONAL_FIELDS)
def test_a_person_still_kept_under_15_digits_is_told_by_them(kind: str) -> None:
    """What `IdentityCorrected` upgrades must be sayable first; a permit or a wrong date of birth is none."""
    check_personal_fields(kind, {**PERSON, "number": "110105491231002"})
    for number, id_type in (("110105491331002", "resident_id"), ("810105491231002", "residence_permit")):
        with pytest.raises(InvalidPersonalFieldsError, match="number"):
            check_personal_fields(kind, {**PERSON, "number": number, "id_type": id_type})


@pytest.mark.parametrize("kind", PERSONAL_FIELDS)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", None),
        ("number", ""),
        ("number", "11010519491231002x"),
        ("number", "110105194912310021"),
        ("number", 5),
        ("name", None),
        ("name", " "),
        ("name", "合成\x00"),
        ("name", "\u202e甲"),
        ("name", "甲" * 201),
        ("id_type", None),
        ("id_type", "library_card"),
        ("sex", "3"),
        ("birth", "1949-W52-6"),
        ("birth", "0001-01-01"),
        ("version", "2"),
    ],
)
def test_each_fault_is_named_by_its_field_and_never_by_its_value(kind: str, field: str, value: object) -> None:
    with pytest.raises(InvalidPersonalFieldsError) as error:
        check_personal_fields(kind, {**PERSON, field: value})
    assert error.value.field == field
    assert not str(value).strip() or str(value) not in str(error.value)


def test_a_field_that_the_message_does_not_have_is_refused_without_its_name() -> None:
    with pytest.raises(InvalidPersonalFieldsError) as error:
        check_personal_fields("ContactLetterIssued", {**PERSON, "合成乙样本": "x"})
    assert "合成乙" not in str(error.value)


def test_a_later_version_is_not_a_fault_but_not_known_yet() -> None:
    with pytest.raises(NewerPersonalFieldsError):
        check_personal_fields("ContactLetterIssued", {"version": 2})
