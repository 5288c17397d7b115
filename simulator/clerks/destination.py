"""The clerk who takes people in: the earliest of what each subject asks of the destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from jinbao.simulator.clerks.agency_change import AgencyChanges
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task
from jinbao.simulator.clerks.contact_letter import ContactLetters
from jinbao.simulator.clerks.identity_correction import DestinationCorrections, Repetitions
from jinbao.simulator.clerks.mismatch import Comparisons
from jinbao.simulator.clerks.notification import Notifications
from jinbao.simulator.clerks.overlap import Overlaps
from jinbao.simulator.clerks.suspension import Suspensions
from jinbao.simulator.scenario.special_cases import TAKEN_BACK, SpecialCase

_TOLD_ABOUT = (
    "ApplicationRefused",
    "TransferCompleted",
    "TransferClosed",
    "TransferWithdrawn",
    "TransferFrozen",
    "OverlapCleared",
)
"""Decisions of the destination that person or employer are told of."""


class DestinationClerk(
    ContactLetters,
    Comparisons,
    Suspensions,
    DestinationCorrections,
    Overlaps,
    Repetitions,
    Notifications,
    AgencyChanges,
):
    """Follows the plan as far as it is the destination's; everything else it reads from the file."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.DESTINATION, Part.SECOND)

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        if file.part is Part.SECOND:
            return next(self._second_application(file), None)
        if file.is_frozen:
            steps = (*self._credits(file), *self._after_freeze(file), *self.afterwards(file))
        else:
            steps = (
                *self._application(file),
                *self._decision(file),
                *self._irregularities(file),
                *self.corrections(file),
                *self._after_return(file),
                *self._credits(file),
                *self.freeze(file),
                *self._comparison(file),
                *self.said_again(file),
                *self._agency_change(file),
                *self.afterwards(file),
            )
        return min(steps, key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether this side of the case is over: a second application with its answer, others with their last word."""
        if file.part is Part.SECOND:
            return file.got("SubmissionAnswered") is not None
        return self.is_over(file)

    def is_over(self, file: CaseFile) -> bool:
        """Whether the last word stands, and nothing of the special case is to come."""
        refused = file.wrote("ApplicationRefused") is not None and file.wrote("FactAnnulled") is None
        over = refused or any(map(file.wrote, ("TransferWithdrawn", "TransferClosed", "TransferCompleted")))
        return over and (file.plan.special is not SpecialCase.PAID_TWICE or file.wrote("FundsReturned") is not None)

    def _agency_change(self, file: CaseFile) -> Iterator[Task]:
        if file.wrote("ContactLetterIssued") and not self.is_over(file) and file.plan.special not in TAKEN_BACK:
            yield from self.agency_change(file, self._decided_on(file))

    def afterwards(self, file: CaseFile) -> Iterator[Task]:
        """What follows the last word: notices, a refund, money that came too late."""
        if file.plan.special is SpecialCase.PAID_TWICE and file.wrote("TransferCompleted"):
            yield from self._pay_surplus_back(file)
        yield from self.overlap(file)
        yield from self.informing(file, _TOLD_ABOUT)
