"""Clerks register themselves by the parts that they play."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pytest

from jinbao.simulator.clerks.case_file import CaseFile, Part, Task
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.destination import DestinationClerk
from jinbao.simulator.clerks.origin import OriginClerk
from jinbao.simulator.clerks.parts import _kinds, _Together, by_part


class Helping(Clerk):
    """Helps the origin."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.ORIGIN,)


class Rival(Helping):
    """Would lead it as well."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.ORIGIN,)

    def has_ended(self, file: CaseFile) -> bool:
        return True


KINDS = [kind for kinds in _kinds().values() for kind in kinds]


def test_every_part_is_played_by_whoever_names_it() -> None:
    assert _kinds()[Part.ORIGIN][0] is OriginClerk
    assert _kinds()[Part.SECOND] == (DestinationClerk,)
    assert by_part([Helping, *KINDS])[Part.ORIGIN][0] is OriginClerk
    assert Helping in by_part([Helping, *KINDS])[Part.ORIGIN]


def test_a_part_that_two_lead_and_one_that_nobody_leads_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^part 'origin': one clerk must lead, not \['OriginClerk', 'Rival'\]$"):
        by_part([*KINDS, Rival])
    with pytest.raises(TypeError, match=r"^part 'origin': one clerk must lead, not \[\]$"):
        by_part([kind for kind in KINDS if kind is not OriginClerk])


class _Says:
    """Has one task on that day, or none."""

    def __init__(self, name: str, day: int | None) -> None:
        self.task = None if day is None else Task(date(2025, 3, day), lambda today: None)
        self.name = name

    def next_task(self, file: Any) -> Task | None:
        return self.task

    def has_ended(self, file: Any) -> bool:
        return self.name == "lead"


@pytest.mark.parametrize(
    ("lead", "helper", "first"), [(3, 4, 0), (4, 3, 1), (3, 3, 0), (None, 3, 1), (3, None, 0), (None, None, None)]
)
def test_of_lead_and_helper_the_earlier_acts_and_the_lead_ends(
    lead: int | None, helper: int | None, first: int | None
) -> None:
    both = (_Says("lead", lead), _Says("helper", helper))
    file: Any = None
    together = _Together(both[0], [both[1]])
    assert together.next_task(file) is (None if first is None else both[first].task)
    assert together.has_ended(file)
