"""What the personal fields of each message must hold: the schema of the one record that `Sealed` hides.

Checked by the adapter before it seals and after it opens, so that no province has to believe what another has sealed.
Errors name the field and what was expected, never the value. `schemas/avro/README.md` tells it to other languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from jinbao.language.words import BilingualError, FieldError
from jinbao.rules.identity import check_identity
from jinbao.rules.type_fault import Told, fault_in
from jinbao.rules.unprintable import UNPRINTABLE
from jinbao.schemas.messages.records import Record

VERSION = 1
"""Newest version of these records; its number stands in the field `version` of the record from 2 on."""

_Line = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=200, pattern=rf"\A[^{UNPRINTABLE}]*[^\s{UNPRINTABLE}][^{UNPRINTABLE}]*\Z"),
    Told(
        "1 到 200 个字的文字，不能全为空白，不含控制字符",
        "text of 1 to 200 characters that is not blank and has no control characters",
    ),
]
_FIRST_GENERATION = re.compile("[0-9]{15}").fullmatch
"""A number of 15 digits: whoever keeps a person under it says so, until `IdentityCorrected` upgrades it."""
_UNKNOWN = ("有该报文所没有的项", "holds a field that this message does not have")
_EARLIEST_BIRTH, _LATEST_BIRTH = date(1850, 1, 1), date(2099, 12, 31)


class InvalidPersonalFieldsError(FieldError):
    """Personal fields that no message of that type may have: which field, and what was expected there."""


class NewerPersonalFieldsError(BilingualError):
    """Personal fields of a version that this program does not know yet."""


class PersonFields(Record, frozen=True, gc=False, kw_only=True):
    """Who the message is about, as letter and sheet say it."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    """Social security number in its one stored form (`rules.identity`), or the 15 digits that are still kept."""
    id_type: Literal["resident_id", "residence_permit", "other"]
    name: _Line
    sex: Literal["1", "2", "9"] | None = None
    """AAC004."""
    birth: date | None = None


class ApplicantFields(PersonFields, frozen=True, gc=False, kw_only=True):
    """The person with what an application, a certificate or an account's opening say besides."""

    address: _Line | None = None
    telephone: _Line | None = None
    employer_name: _Line | None = None
    employer_number: _Line | None = None
    """GB 32100 credit code."""
    bank_account: _Line | None = None


PERSONAL_FIELDS: Mapping[str, type[PersonFields]] = {
    "ApplicationAccepted": ApplicantFields,
    "ContactLetterIssued": PersonFields,
    "InformationSheetSent": PersonFields,
    "CertificateIssued": ApplicantFields,
    "TemporaryAccountOpened": ApplicantFields,
    "TransferOffered": PersonFields,
    "IdentityCorrected": ApplicantFields,
}
"""The record of each message that has a field `personal`."""


def check_personal_fields(kind: str, fields: Mapping[str, Any]) -> None:
    """Raise where the fields are not what messages of that type hold.

    Raises InvalidPersonalFieldsError; NewerPersonalFieldsError where they are of a version that is not known yet.
    """
    version = fields.get("version", 1)
    if isinstance(version, int) and version > VERSION:
        raise NewerPersonalFieldsError(
            f"个人信息的版本为 {version}，本程序只知 {VERSION}",
            f"personal fields of version {version}, this program knows {VERSION}",
        )
    if version != 1:
        raise InvalidPersonalFieldsError("version", ("应为版本号", "expected the number of a version"))
    given = {name: value for name, value in fields.items() if name != "version" and value is not None}
    try:
        person = msgspec.convert(given, type=PERSONAL_FIELDS[kind], strict=True)
    except msgspec.ValidationError:
        fault = fault_in(given, PERSONAL_FIELDS[kind])
        assert fault is not None, "msgspec found one"
        if fault.kind == "unknown":  # its name is whatever another province has sealed
            raise InvalidPersonalFieldsError(None, _UNKNOWN) from None
        raise InvalidPersonalFieldsError(fault.path or None, fault.words) from None
    _check_person(person)


def _check_person(person: PersonFields) -> None:
    check = check_identity(person.number, person.id_type)
    if check.normalized is None or not (check.normalized == person.number or _FIRST_GENERATION(person.number)):
        raise InvalidPersonalFieldsError(
            "number",
            ("应为该类证件的有效号码", "expected an identity number of that type in its stored form"),
        )
    if person.birth is not None and not _EARLIEST_BIRTH <= person.birth <= _LATEST_BIRTH:
        raise InvalidPersonalFieldsError(
            "birth",
            (
                f"应为 {_EARLIEST_BIRTH} 至 {_LATEST_BIRTH} 的日期",
                f"expected a day from {_EARLIEST_BIRTH} to {_LATEST_BIRTH}",
            ),
        )
