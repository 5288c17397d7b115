"""Messages drawn at random: every field anything that its type allows (hypothesis)."""

from __future__ import annotations

import types
import typing
from datetime import date
from typing import Any

import msgspec
from hypothesis import strategies as st

from jinbao.schemas import messages
from jinbao.schemas.messages import Record


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Everything that a message's field of this type may hold."""
    if kind is messages.Text:
        return st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
    if kind is bool:
        return st.booleans()
    if kind is date:
        return st.dates(date(1900, 1, 1), date(2999, 12, 31))
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        base, limits = kind.__origin__, kind.__metadata__[0]
        if base in (int, messages.Fen):
            return st.integers(limits.ge, limits.le)
        if base is bytes:
            return st.binary(min_size=limits.min_length, max_size=min(limits.max_length, 80))
        return st.from_regex(limits.pattern)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(st.none() if argument is type(None) else values(argument) for argument in arguments)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    return records(kind)


def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Records of a type, every field drawn."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in msgspec.structs.fields(kind)})
