"""Notices to persons and employers: of which decision, by whom, in what words; texts are data, `data/notices.toml`.

A decision is a message by its name and its fields, amounts in fen; the law wants refusals told in writing, completions
told to person and employer, and what stays behind of a lump sum told within ten working days (domain.md §1).
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast, get_args

from jinbao.rules.money import format_yuan
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import REASON_CODES

Reader = Literal["person", "employer", "heirs"]
"""person: the insured; heirs: in the person's place after a death."""
DEATH = "death"
"""The cause of a freeze after which heirs are told, and neither person nor employer."""
Teller = Literal["destination", "origin", "sender"]
"""Whose agency tells it; `sender`: whoever decided."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told of one decision to one reader."""

    about: str
    """Name of the message that carried the decision."""
    to: Reader
    by: str
    """Province code of the agency that tells it."""
    text: str
    """Plain Chinese."""
    in_writing: bool
    article: str | None
    """The rule that wants it told, or None where it is our own order."""


@dataclass(frozen=True, slots=True)
class _Template:
    about: str
    to: Reader
    by: Teller
    text: str
    in_writing: bool
    article: str | None
    where: Mapping[str, str] = field(default_factory=dict)

    def fits(self, fields: Mapping[str, Any]) -> bool:
        return all(fields.get(name) == value for name, value in self.where.items())


AMOUNTS = frozenset({"individual_total", "pooling_total", "amount", "own_part", "refund"})
"""Fields that are amounts in fen."""
_FILE = Path(__file__).parent / "data" / "notices.toml"


def _load() -> tuple[_Template, ...]:
    templates = []
    for number, row in enumerate(tomllib.loads(_FILE.read_text(encoding="utf-8"))["notice"], start=1):
        if row["to"] not in get_args(Reader) or row["by"] not in get_args(Teller):
            raise ValueError(f"{_FILE.name}: notice {number}: to, by: {row['to']}, {row['by']}")
        templates.append(
            _Template(
                row["about"],
                cast(Reader, row["to"]),
                cast(Teller, row["by"]),
                row["text"],
                row["in_writing"],
                row.get("article"),
                row.get("where", {}),
            )
        )
    return tuple(templates)


_TEMPLATES = _load()
TOLD = frozenset(template.about for template in _TEMPLATES)
"""Names of the messages whose decision somebody is told of."""
FIELDS: Mapping[str, frozenset[str]] = {
    about: frozenset(
        name
        for template in _TEMPLATES
        if template.about == about
        for _, name, _, _ in string.Formatter().parse(template.text)
        if name
    )
    for about in TOLD
}
"""What the texts about a message speak of: its own fields, and origin, destination, sender, day, reason, next_step."""


def notices_due(
    kind: str,
    fields: Mapping[str, Any],
    *,
    origin: str,
    destination: str,
    sender: str,
    day: date,
    has_died: bool = False,
) -> tuple[Notice, ...]:
    """What must be told of a decision, to whom and by whom; nothing for a message that nobody is told of.

    Args:
        kind: the message's name.
        fields: the message's fields, amounts in fen.
        origin: province codes of the transfer's two sides.
        destination: (of a message about a temporary account: the sender's own, twice).
        sender: province code of the agency that decided.
        day: the day of the decision.
        has_died: whether the person has died, by what this agency knows; a freeze by death says so itself.

    """
    parties = {"origin": origin, "destination": destination, "sender": sender}
    has_died = has_died or fields.get("cause") == DEATH
    return tuple(
        Notice(t.about, t.to, parties[t.by], _text(t, fields, parties, day), t.in_writing, t.article)
        for t in _TEMPLATES
        if t.about == kind and t.fits(fields) and (t.to == "heirs") == has_died
    )


def _text(template: _Template, fields: Mapping[str, Any], parties: Mapping[str, str], day: date) -> str:
    words: dict[str, str] = {name: _word(name, value) for name, value in fields.items()}
    words |= {name: _province(code) for name, code in parties.items()}
    words["day"] = _word("day", day)
    reason = REASON_CODES.get(fields.get("reason_code", ""))
    if reason is not None:
        words |= {"reason": reason.text_zh, "next_step": reason.next_step_zh}
    return template.text.format_map(words)


def _word(name: str, value: Any) -> str:
    """A value as a reader writes it."""
    if name in AMOUNTS:
        return format_yuan(value)
    if name.endswith("_province"):
        return _province(value)
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)


def _province(code: str) -> str:
    known = PROVINCES.get(code)
    return known.short if known else code
