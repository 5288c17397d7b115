"""The field codes in which agencies' systems speak (LD/T 92 and its national companions), and our names for them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

Label = Literal["sure", "likely", "assumed"]
Table = Literal["national", "letter", "sheet_1", "sheet_2", "code_value"]


@dataclass(frozen=True, slots=True)
class FieldCode:
    """One code, or one value of a coded field (`AAE140=110`), as one form uses it."""

    code: str
    table: Table
    meaning_zh: str
    meaning_en: str
    label: Label
    """How certain its meaning is."""
    our_field: str | None
    """Path in our messages; None where we do not carry it."""


def _load() -> tuple[FieldCode, ...]:
    path = Path(__file__).parent / "data" / "field_codes.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    codes = []
    for row in csv.DictReader(lines):
        if row["label"] not in get_args(Label) or row["table"] not in get_args(Table):
            raise ValueError(f"{path.name}: {row['code']}: unknown label or table")
        table, label, our_field = cast(Table, row["table"]), cast(Label, row["label"]), row["our_field"] or None
        codes.append(FieldCode(row["code"], table, row["meaning_zh"], row["meaning_en"], label, our_field))
    return tuple(codes)


FIELD_CODES: tuple[FieldCode, ...] = _load()
"""All codes, in the file's order; a code may stand once in each table."""


def field_code(code: str, table: Table | None = None) -> FieldCode:
    """The code of that spelling, in `table` where it is given. Raises KeyError."""
    for entry in FIELD_CODES:
        if entry.code == code and table in (None, entry.table):
            return entry
    raise KeyError(code)


def codes_for(our_field: str) -> tuple[FieldCode, ...]:
    """The codes under which agencies' systems carry one of our fields."""
    return tuple(entry for entry in FIELD_CODES if entry.our_field == our_field)
