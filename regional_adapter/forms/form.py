"""A form: the business fields of one message as an agency fills them in, and where each of them comes from.

Every later form takes its fields from what was already written or received, never from typing. A form has the
message's own field names; personal fields are in clear. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

import msgspec

from jinbao.regional_adapter.local.local_records import Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.schemas.personal_fields import ApplicantFields, PersonFields

F = TypeVar("F", bound="Form")
P = TypeVar("P", bound=PersonFields)
STORED = msgspec.json.Encoder(order="sorted", uuid_format="hex")
"""Writes forms as a local system stores them: sorted by name, without what is absent."""


class Source(StrEnum):
    """Where a field comes from."""

    APPLICATION = "application"
    PERSON = "person's record"
    AGENCY = "agency configuration"
    LETTER = "letter"
    SHEET = "sheet"
    HISTORY = "contribution history"
    FUNDS = "computed by rules.funds"
    COUNTED = "counted by the local system"
    BANK = "bank slip"
    PAYMENT_ORDER = "payment order"
    COMPARISON = "sheet against bank slip"
    REASON_TABLE = "rules.reason_codes"
    NOTICE = "rules.notices"
    CLERK = "clerk's decision"


@dataclass(frozen=True, slots=True)
class Offer:
    """Where an office offers a form without more ado: the action that fills it in, to whom, and in which states."""

    action: str
    by: Literal["origin", "destination"]
    states: tuple[str, ...]
    once: bool = False
    """Only until one stands."""


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all forms; `KIND` is the message type that the form becomes. Each field is annotated with its source."""

    KIND: ClassVar[str]
    OFFER: ClassVar[Offer | None] = None
    """None where the office's own rooms say when it can be filled in, and from what."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields as a local system stores them: days as ISO text, ids as 32 hex digits, nothing that is absent."""
        stored: dict[str, Any] = msgspec.json.decode(STORED.encode(self))
        return stored

    @classmethod
    @cache
    def sources(cls) -> Mapping[str, Source]:
        """The source of each field."""
        hints = get_type_hints(cls, include_extras=True)
        return {
            name: next(part for part in hints[name].__metadata__ if isinstance(part, Source))
            for name in cls.__struct_fields__
        }


def read(document: LocalDocument | IncomingDocument, kind: type[F]) -> F:
    """The form of a document, typed. Raises msgspec.ValidationError where it is none."""
    return msgspec.convert(document.fields, type=kind)


Request = Literal["correct_sheet", "top_up", "take_back_excess"]
Reason = tuple[str, str]


def reason(code: str, text: str | None) -> Reason:
    """Code and written reason; the table's Chinese text where no other is given."""
    return code, REASON_CODES[code].text_zh if text is None else text


def person_fields(known: Mapping[str, Any], kind: type[P]) -> P:
    """The personal fields of a form from those of an earlier document."""
    kept = {name: known[name] for name in kind.__struct_fields__ if known.get(name) is not None}
    if isinstance(kept.get("birth"), str):
        kept["birth"] = date.fromisoformat(kept["birth"])
    return kind(**kept)


def registered(person: Person, kind: type[P]) -> P:
    """The personal fields of a form from the person's record."""
    return person_fields(msgspec.structs.asdict(person), kind)


def as_applicant(person: PersonFields) -> ApplicantFields:
    """What letter and sheet say of a person, in the form of an application: nothing more is said than they say."""
    return ApplicantFields(**{name: getattr(person, name) for name in PersonFields.__struct_fields__})


RegisteredApplicant = Annotated[ApplicantFields, Source.PERSON]
