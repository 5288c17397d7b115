"""Accesses: who opened which person's data, when, why and for which case; entries of the log, in batches.

Whom is a transfer or a relationship, never a number. A batch is what one place recorded: a page's process, a
command, a province's application or the key service, each in the order of its own counter, so that a gap shows.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

KIND = "accesses"
"""Of the statements."""

Way: TypeAlias = Literal["page", "command", "export", "ring"]
"""By which way: a page, a command, a file that was handed out, the key ring."""


class Access(msgspec.Struct, frozen=True, omit_defaults=True):
    """One opening of personal data."""

    number: int
    """Counts up at the place that recorded it, from 1 on."""
    at: int
    """Microseconds since 1970 UTC, by that place's clock."""
    user: str
    """Who: a user's name; for the ring, the province whose adapter asked."""
    role: str
    """The user's role; `service` for a program."""
    way: Way
    action: str
    """What was done: `view`, `form`, `search`, `look_up`, `seal`, `open`, `unmask` …"""
    outcome: str = "given"
    """`given`, or why it was not."""
    ground: str = ""
    """`desk`: the case lay on the clerk's desk; `reason`: a reason was given; else what was asked for."""
    reason: str = ""
    """As it was given."""
    province: str | None = None
    """Whose data; None: the nation's."""
    case: str = ""
    """Number of the case."""
    transfer: str = ""
    """Id of the transfer, where it is known."""
    relationship: str = ""
    """Id of the relationship, where it is known."""
    times: int = 1
    """How often, where one row stands for several."""


class Batch(msgspec.Struct, frozen=True):
    """Accesses of one place, in order."""

    place: str
    """`41` a province's application, `keys` a key service or ring, `platform` what runs beside the platform."""
    accesses: list[Access]
