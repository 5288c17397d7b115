"""Example values for the fields of a message or a form, made from their types. Person and agency are invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import inspect

from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas import messages as m

NAMESPACE = UUID("0f0f2e0c-6d4e-5b3c-9d5e-7a1e5d1c7a10")
DAY = date(2025, 3, 3)
THIRD = "32"
"""A province that is no party to the example."""
AGENCY = m.Agency(
    name="示例社保中心",
    telephone="000-0000000",
    address="示例路1号",
    postcode="450000",
    bank_name="示例银行",
    account_title="示例专户",
    account_number="0000 0000 0001",
)
SEALED = m.Sealed(key_id=b"k" * 16, ciphertext=b"c" * 64)
_TEXT_KINDS: tuple[tuple[Any, str], ...] = (
    (m.Province, THIRD),
    (m.Postcode, "450000"),
    (m.Code, "OTHER"),
    (m.PaymentReference, make_payment_reference("P1")),
    (m.Text, "示例"),
)
_TEXTS: Mapping[str, str] = {kind.__metadata__[0].pattern: text for kind, text in _TEXT_KINDS}
"""By the pattern that the field asks for."""


def example_id(name: str) -> bytes:
    """Id of a thing of the example, by its name."""
    return uuid5(NAMESPACE, name).bytes


def example_fields(kind: type[msgspec.Struct], known: Mapping[str, Any]) -> dict[str, Any]:
    """A value for every field that must be there but the envelope: a known one by its name, else one by its type."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    needed = [f for f in described.fields if f.required and f.name != "envelope"]
    return {f.name: known[f.name] if f.name in known else _of(f.type, f.name) for f in needed}


def _of(kind: inspect.Type, name: str) -> Any:
    match kind:
        case inspect.Metadata(type=inner):
            return _of(inner, name)
        case inspect.DateType():
            return DAY
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.StrType(pattern=pattern):
            return _TEXTS[pattern] if pattern else "示例"
        case inspect.IntType(ge=least):
            return max(1, least or 0)
        case inspect.BoolType():
            return False
        case inspect.BytesType():
            return example_id(name)
        case inspect.UUIDType():
            return UUID(bytes=example_id(name))
        case inspect.ListType():
            return []
        case inspect.StructType(cls=cls):
            return {m.Agency: AGENCY, m.Sealed: SEALED}[cls]
    raise TypeError(f"{name}: no example is known for a value of type {kind}")
