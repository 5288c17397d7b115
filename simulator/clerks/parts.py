"""Which clerk plays which part in a transfer: every class of this folder that names its `PARTS`.

One with `has_ended` leads and has the file; others help with a subject of their own, such as a message that goes with
every case. Whatever acts changes the digests of a seed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from jinbao.simulator import clerks
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task
from jinbao.simulator.clerks.clerk import Clerk


class OneClerk(Protocol):
    """What an office asks of whoever plays a part."""

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done."""

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the file can be put away."""


class _Together:
    """The clerk who has the file, and those who help."""

    def __init__(self, lead: OneClerk, helpers: Iterable[Any]) -> None:
        self._all: tuple[OneClerk, ...] = (lead, *helpers)
        self.has_ended = lead.has_ended

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest task of all; on one day the leading clerk's."""
        tasks = (clerk.next_task(file) for clerk in self._all)
        return min((task for task in tasks if task is not None), key=lambda task: task.day, default=None)


def clerks_of(clerk: Clerk) -> dict[Part, OneClerk]:
    """Who plays each part in a province, whose systems and pace are the clerk's."""
    found: dict[Part, OneClerk] = {}
    known: dict[type[Clerk], Any] = {}
    for part, (lead, *helpers) in _kinds().items():
        for kind in (lead, *helpers):
            known.setdefault(kind, clerk.as_a(kind))
        found[part] = _Together(known[lead], [known[kind] for kind in helpers]) if helpers else known[lead]
    return found


@cache
def _kinds() -> Mapping[Part, tuple[type[Clerk], ...]]:
    for file in pkgutil.iter_modules(clerks.__path__):
        importlib.import_module(f"{clerks.__name__}.{file.name}")
    return by_part(kind for kind in _subclasses(Clerk) if kind.__module__.startswith(clerks.__name__))


def _subclasses(kind: type[Clerk]) -> Iterator[type[Clerk]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def by_part(kinds: Iterable[type[Clerk]]) -> dict[Part, tuple[type[Clerk], ...]]:
    """The clerks of each part, the leading one first. Raises TypeError for a part that none, or several, lead."""
    named = sorted({kind for kind in kinds if "PARTS" in vars(kind)}, key=lambda kind: kind.__module__)
    found: dict[Part, tuple[type[Clerk], ...]] = {}
    for part in Part:
        playing = [kind for kind in named if part in vars(kind)["PARTS"]]
        leads = [kind for kind in playing if hasattr(kind, "has_ended")]
        if len(leads) != 1:
            raise TypeError(f"part '{part}': one clerk must lead, not {[kind.__name__ for kind in leads]}")
        found[part] = (*leads, *(kind for kind in playing if kind not in leads))
    return found
