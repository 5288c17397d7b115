"""Reason codes: why a destination refuses, an origin returns, or ingest does not take a message, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

ReasonKind = Literal["refusal", "return", "rejection", "dead_letter"]
"""refusal: by the destination, in the first clock; return: by the origin, in the second; rejection: ingest's answer to
a message that contradicts the case; dead_letter: a message that cannot be read."""


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One code with its text, its ground, and what the reader should do next."""

    code: str
    kind: ReasonKind
    text_zh: str
    text_en: str
    next_step_zh: str
    next_step_en: str
    article: str | None
    """The rule it rests on, or None where it is the platform's own order."""
    field: str | None
    """The message's field that is usually at fault."""


def _load() -> dict[str, ReasonCode]:
    path = Path(__file__).parent / "data" / "reason_codes.toml"
    codes: dict[str, ReasonCode] = {}
    for kind, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if kind not in get_args(ReasonKind):
            raise ValueError(f"{path.name}: {kind}: unknown kind of reason")
        for code, row in table.items():
            if code in codes:
                raise ValueError(f"{path.name}: {kind}.{code}: the code exists already")
            codes[code] = ReasonCode(
                code,
                cast(ReasonKind, kind),
                row["zh"],
                row["en"],
                row["next_zh"],
                row["next_en"],
                row.get("article"),
                row.get("field"),
            )
    return codes


REASON_CODES: Mapping[str, ReasonCode] = MappingProxyType(_load())
"""All codes, in the file's order."""


def reasons(kind: ReasonKind) -> tuple[ReasonCode, ...]:
    """The codes of one kind, in the file's order."""
    return tuple(reason for reason in REASON_CODES.values() if reason.kind == kind)
