"""Instructions of the conformance kit to the driver of a province: a small, versioned protocol of JSON objects.

What each asks for is told in docs/conformance.md. A driver answers every instruction with one object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, Protocol

import msgspec

PROTOCOL = 1
"""Version of this protocol; it is raised when an instruction changes its meaning."""

Do = Literal[
    "hello",
    "start",
    "stop",
    "register",
    "apply",
    "decide",
    "pay",
    "receive",
    "cut-bus",
    "restore-bus",
    "forget",
    "upgrade",
    "work",
    "bye",
]


class ToldPerson(msgspec.Struct, frozen=True, kw_only=True):
    """An invented person, as the driver registers them in its local system."""

    number: str
    name: str
    hukou_province: str


class ToldYear(msgspec.Struct, frozen=True, kw_only=True):
    """One year, or part of one, of the person's contributions, paid in the province that is told."""

    year: int
    first_month: int
    months: int
    base_total: int
    """Sum of the monthly bases, fen."""


class Instruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instruction. Every field but `do` stands only where the instruction needs it."""

    do: Do
    protocol: int | None = None
    province: str | None = None
    bus: str | None = None
    keys: str | None = None
    """Where the key ring lies: a data folder of this machine."""
    person: ToldPerson | None = None
    history: Sequence[ToldYear] = ()
    case: str | None = None
    """The destination's number of the application."""
    transfer: str | None = None
    """Transfer id as 32 hexadecimal digits, once the case has one."""
    origin: str | None = None
    accepted_on: date | None = None
    decision: str | None = None
    fields: Mapping[str, Any] = {}
    """What the decision must say; all else is the province's own to fill in."""
    amount: int | None = None
    """Fen."""
    reference: str | None = None
    line: int | None = None
    on: date | None = None
    schemas: str | None = None
    """Folder of schemas that were released later: `<fingerprint>.avsc`, as `jinbao schemas export` writes them."""


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "hello": ("protocol", "province"),
    "start": ("province", "bus", "keys"),
    "register": ("person",),
    "apply": ("case", "person", "origin", "accepted_on"),
    "decide": ("decision",),
    "upgrade": ("schemas",),
    "receive": ("reference", "line", "amount", "on"),
}


def lacking(instruction: Instruction) -> list[str]:
    """Fields that the instruction needs and does not have."""
    return [name for name in _NEEDS.get(instruction.do, ()) if getattr(instruction, name) is None]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver answers. An instruction that is not `ok` is repeated until the time is up, unless unsupported."""

    ok: bool
    error: str = ""
    unsupported: bool = False
    """It cannot do this at all."""
    moved: bool = False
    """Of `work`: something was done."""
    gone: bool = False
    """The kit's own: there is no driver any more, until it is started again."""


class Party(Protocol):
    """Whoever is told what to do: the candidate's driver, or a province that the kit plays itself."""

    def tell(self, instruction: Instruction) -> Answer:
        """Let it be done."""

    def work(self) -> bool:
        """Let it work; False where it is known to have nothing left to do."""
