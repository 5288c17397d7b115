"""Reason codes: why a destination refuses, an origin returns, or ingest does not take a message, in both languages.

The table has editions: a code is never removed or given another meaning, and one that is added makes a new edition.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

ReasonKind = Literal["refusal", "return", "rejection", "dead_letter"]
"""refusal: by the destination, in the first clock; return: by the origin, in the second; rejection: ingest's answer to
a message that contradicts the case; dead_letter: a message that cannot be read."""
WITHDRAWAL_AGREED = "WITHDRAWAL_AGREED"
"""The return by which an origin agrees to a withdrawal."""
Severity = Literal["notice", "correctable", "blocking", "fault"]
"""notice: nothing has to be done; correctable: send it again, corrected; blocking: it cannot go on this way; fault:
damage or a program's error."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the table, in force from `valid_from` until the next one."""

    version: int
    valid_from: date
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One code with its text, its ground, and what the reader should do next."""

    code: str
    kind: ReasonKind
    severity: Severity
    text_zh: str
    text_en: str
    next_step_zh: str
    next_step_en: str
    article: str | None
    """The rule it rests on, or None where it is the platform's own order."""
    field: str | None
    """The message's field that is usually at fault."""
    since: int
    """The edition that brought it."""


_PATH = Path(__file__).parent / "data" / "reason_codes.toml"


def _editions(rows: list[Any]) -> tuple[Edition, ...]:
    editions = tuple(Edition(row["version"], row["valid_from"], row["zh"], row["en"]) for row in rows)
    if [e.version for e in editions] != list(range(1, len(editions) + 1)):
        raise ValueError(f"{_PATH.name}: edition.version: counts from 1 without a gap")
    if [e.valid_from for e in editions] != sorted({e.valid_from for e in editions}):
        raise ValueError(f"{_PATH.name}: edition.valid_from: each edition follows the one before")
    return editions


def _reason(kind: str, code: str, row: Mapping[str, Any], newest: int) -> ReasonCode:
    if kind not in get_args(ReasonKind):
        raise ValueError(f"{_PATH.name}: {kind}: unknown kind of reason")
    if row["severity"] not in get_args(Severity):
        raise ValueError(f"{_PATH.name}: {kind}.{code}.severity: one of {', '.join(get_args(Severity))}")
    since = row.get("since", 1)
    if not 1 <= since <= newest:
        raise ValueError(f"{_PATH.name}: {kind}.{code}.since: there is no edition {since}")
    return ReasonCode(
        code,
        cast(ReasonKind, kind),
        row["severity"],
        row["zh"],
        row["en"],
        row["next_zh"],
        row["next_en"],
        row.get("article"),
        row.get("field"),
        since,
    )


def _load() -> tuple[tuple[Edition, ...], dict[str, ReasonCode]]:
    table = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    editions = _editions(table.pop("edition"))
    codes: dict[str, ReasonCode] = {}
    for kind, rows in table.items():
        for code, row in rows.items():
            if code in codes:
                raise ValueError(f"{_PATH.name}: {kind}.{code}: the code exists already")
            codes[code] = _reason(kind, code, row, len(editions))
    return editions, codes


EDITIONS, _codes = _load()
"""All editions of the table, oldest first."""
REASON_CODES: Mapping[str, ReasonCode] = MappingProxyType(_codes)
"""All codes of the newest edition, in the file's order."""


def edition_in_force(on: date) -> Edition:
    """The edition of a day; the first one also before its first day."""
    return max((e for e in EDITIONS if e.valid_from <= on), key=lambda e: e.version, default=EDITIONS[0])


def reasons(kind: ReasonKind, edition: int | None = None) -> tuple[ReasonCode, ...]:
    """The codes of one kind, in the file's order; those that an edition knew, or all."""
    known = edition or len(EDITIONS)
    return tuple(reason for reason in REASON_CODES.values() if reason.kind == kind and reason.since <= known)
