"""The 31 provincial divisions of mainland China and the Xinjiang corps: codes of GB/T 2260, names, nothing else."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Province:
    """A provincial division that runs its own pension administration."""

    code: str
    """Two digits: GB/T 2260, and 66 for the corps as the ministry uses it."""
    name_zh: str
    name_en: str
    short: str
    """The everyday Chinese name without its rank, e.g. 广东."""

    @property
    def area_code(self) -> str:
        """The six-digit form of the code, PP0000."""
        return self.code + "0000"


def _load() -> dict[str, Province]:
    text = (Path(__file__).parent / "data" / "provinces.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: Province(row["code"], row["name_zh"], row["name_en"], row["short"]) for row in rows}


PROVINCES: Mapping[str, Province] = MappingProxyType(_load())
"""All 32, by code, in the order of their codes."""


def pair_name(one: str, other: str) -> str:
    """Two provinces as a pair, whichever is named first: `50-51`."""
    return "-".join(sorted((one, other)))
