"""An access: somebody opened a person's data. As pages, commands and key rings record it, and the national log has it.

Whom is a case, transfer or relationship, never a number.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

import msgspec

Way: TypeAlias = Literal["page", "command", "export", "ring"]
"""By which way: a page, a command, a file that was handed out, the key ring."""


SHORT, LONGEST = 64, 200
"""Characters of a name, and of a reason or a case's number."""
Short = Annotated[str, msgspec.Meta(max_length=SHORT)]
MOST_TOGETHER = 500
"""Relationships of one access: with them it is shorter than an entry may be. One that is longer is not taken."""
Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_NUMBER = re.compile(r"[0-9]{14,17}[0-9Xx]")
"""What looks like an identity number: none comes into the log, whoever typed one into a reason."""


class Access(msgspec.Struct, frozen=True, omit_defaults=True):
    """One opening of personal data."""

    number: Count
    """Counts up at the place that recorded it, from 1 on."""
    at: Count
    """Microseconds since 1970 UTC, by that place's clock."""
    user: Short
    """Who: a user's name; for the ring, the province whose adapter asked."""
    role: Short
    """The user's role; `service` for a program."""
    way: Way
    action: Short
    """What was done: `view`, `form`, `search`, `look_up`, `seal`, `open`, `unmask` …"""
    outcome: Short = "given"
    """`given`, or why it was not."""
    ground: Short = ""
    """`desk`: the case lay on the clerk's desk; `reason`: a reason was given; else what was asked for."""
    reason: Text = ""
    """As it was given."""
    province: Short | None = None
    """Whose data; None: the nation's."""
    case: Text = ""
    """Number of the case."""
    transfer: Short = ""
    """Id of the transfer, where it is known."""
    relationships: list[Short] = []
    """Ids of the relationships, where they are known."""
    rows: Count = 1
    """How many numbers it has, up to `number`: several openings of one instant and reason are one access."""
    times: Count = 1
    """How often, where one row stands for several."""


def place_of(whose: str, log: str) -> str:
    """The place of a log of its own: whose it is, and the name that the log got when it was made."""
    return f"{whose}/{log}"


def without_numbers(text: str) -> str:
    """A text in which stars stand for whatever looks like an identity number."""
    return _NUMBER.sub(lambda found: "*" * len(found.group()), text)
