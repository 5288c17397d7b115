"""A table as a value: title, columns and rows of formatted texts; a view is a list of lines and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jinbao.language.words import Translator, Words

Justify = Literal["left", "right", "center"]
Column: TypeAlias = str | tuple[str, Justify]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. A heading alone stands left; numbers, and what is said to, stand right."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """Names with their values, one a line."""

    rows: Sequence[tuple[str, str]]


View: TypeAlias = Sequence[str | Table | Fields]
"""Lines, tables and fields, in their order."""


def headings(tr: Translator, names: Iterable[Words], amounts: Iterable[Words] = ()) -> list[Column]:
    """Columns of texts, then columns of amounts, which stand right."""
    return [*map(tr.of, names), *((tr.of(amount), "right") for amount in amounts)]
