"""Faults that a province sees in a form before it is sent: what the platform would refuse, in the platform's words."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from jinbao.language.words import Words, words_of
from jinbao.regional_adapter.forms.form import Form
from jinbao.rules.identity import check_identity
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.rules.type_fault import is_limited_like
from jinbao.schemas.messages import PaymentReference, Province
from jinbao.schemas.personal_fields import InvalidPersonalFieldsError, check_personal_fields


def known_fault(form: Form) -> tuple[str, Words] | None:
    """The first field at fault and what is wrong with it; None where nothing can be known to be wrong."""
    return _of_person(form) or _of_provinces(form) or _of_references(form)


def _of_person(form: Form) -> tuple[str, Words] | None:
    personal = getattr(form, "personal", None)
    if personal is None:
        return None
    number = check_identity(personal.number, personal.id_type)
    if number.reason is not None:
        return "personal.number", words_of(number.reason)
    try:
        check_personal_fields(form.KIND, form.fields["personal"])
    except InvalidPersonalFieldsError as error:
        return f"personal.{error.field}" if error.field else "personal", error.fault
    return None


def _of_provinces(form: Form) -> tuple[str, Words] | None:
    for name in _limited_like(form, Province):
        if getattr(form, name) not in PROVINCES:
            return name, _refused("UNKNOWN_PROVINCE")
    if getattr(form, "origin", "") == getattr(form, "destination", None):
        return "origin", _refused("SAME_PROVINCE")
    return None


def _of_references(form: Form) -> tuple[str, Words] | None:
    for name in _limited_like(form, PaymentReference):
        if not is_payment_reference(getattr(form, name)):
            return name, _refused("PAYMENT_REFERENCE_INVALID")
    return None


def _limited_like(form: Form, kind: Any) -> list[str]:
    """Fields of that type in which something is said."""
    return [name for name in _fields_limited_like(type(form), kind) if getattr(form, name) is not None]


@cache
def _fields_limited_like(form: type[Form], kind: Any) -> tuple[str, ...]:
    """Fields of a form that have that type; msgspec reads all annotations anew each time it is asked for them."""
    return tuple(field.name for field in msgspec.structs.fields(form) if is_limited_like(field.type, kind))


def _refused(code: str) -> Words:
    """The words with which the platform refuses."""
    known = REASON_CODES[code]
    return known.text_zh, known.text_en
