"""How stored facts have changed: each change is a function from the fields of one version to those of the next.

A field that is appended with a default needs none. Where shape or meaning of what is stored changes, a function is
added here; from then on the fact is stored under its topic and version (`deadline-missed.2`), and what was stored
before is read through the functions that it lacks. Stored bytes are never rewritten; projections are rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects.deadline import DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued, IdentityCorrected
from jinbao.platform.aggregates.subjects.receipt import ContactLetterDeemedReceived, InformationSheetDeemedReceived

Upcast = Callable[[list[Any]], list[Any]]
"""The MessagePack array of a fact, as plain values, in one version → in the next."""

_THEN, _LATE = 2, 5
"""Places of the consequences within a fact, and of their `late`, in version 1 of the facts below."""


def _said_by_nobody(fields: list[Any]) -> list[Any]:
    """Version 1 called the platform's own facts reported late when its sweep had stood still; only provinces report."""
    then = list(fields[_THEN])
    then[_LATE] = False
    return [*fields[:_THEN], then, *fields[_THEN + 1 :]]


_CONTINUED, _CORRECTED = 4, 5
"""Places of the transfer as it stood within `case-continued` and `identity-corrected`."""


def _several_lump_sums(place: int) -> Upcast:
    """Version 1's transfer had one back-payment at most, and money moved with it or did not; now there may be several,
    a supplement names what it brings, and money has a third way.
    """

    def upcast(fields: list[Any]) -> list[Any]:
        snapshot = msgspec.msgpack.decode(fields[place])
        one = snapshot.pop("lump_sum", None)
        if one is not None:
            one["withheld"] = bool(snapshot.get("withheld")) and one.get("document") is None
            snapshot["lump_sums"] = [one]
        if snapshot.get("kind") == "supplement":
            snapshot["covers"] = [1]
        if snapshot.pop("information_only", False):
            snapshot["money"] = "none"
        return [*fields[:place], msgspec.msgpack.encode(snapshot), *fields[place + 1 :]]

    return upcast


UPCASTS: Mapping[type[Fact], tuple[Upcast, ...]] = {
    ContactLetterDeemedReceived: (_said_by_nobody,),
    InformationSheetDeemedReceived: (_said_by_nobody,),
    DeadlineApproaching: (_said_by_nobody,),
    DeadlineMissed: (_said_by_nobody,),
    CaseContinued: (_several_lump_sums(_CONTINUED),),
    IdentityCorrected: (_several_lump_sums(_CORRECTED),),
}
"""Fact → from version 1 to 2, from 2 to 3 …; a fact that is not here has version 1."""


def stored_topics(kind: type[Fact]) -> tuple[str, ...]:
    """The topics under which the fact was stored, oldest first; new ones are stored under the last."""
    versions = range(2, len(UPCASTS.get(kind, ())) + 2)
    return (kind.TOPIC, *(f"{kind.TOPIC}.{version}" for version in versions))
