"""The clerk who lets people go: the earliest of what each subject asks of the origin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.simulator.clerks.agency_change import AgencyChanges
from jinbao.simulator.clerks.annulment import MistakenReturns
from jinbao.simulator.clerks.arrears import Arrears
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on
from jinbao.simulator.clerks.identity_correction import OriginCorrections, Repetitions
from jinbao.simulator.clerks.lump_sum import LumpSums
from jinbao.simulator.clerks.mismatch import MismatchAnswers
from jinbao.simulator.clerks.notification import Notifications
from jinbao.simulator.clerks.payment import Payments
from jinbao.simulator.scenario.plan import Path
from jinbao.simulator.scenario.special_cases import (
    LUMP_SUMS,
    TAKEN_BACK,
    SpecialCase,
)

_TOLD_ABOUT = ("ArrearsReported", "ArrearsDeclined", "TransferReversed")
"""Decisions of the origin that the person is told of."""


class OriginClerk(
    MistakenReturns,
    LumpSums,
    Arrears,
    Payments,
    MismatchAnswers,
    OriginCorrections,
    Repetitions,
    Notifications,
    AgencyChanges,
):
    """Follows the plan as far as it is the origin's; everything else it reads from the file."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.ORIGIN,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        letter = file.letter()
        if letter is None:
            return None
        if file.is_frozen:
            steps = (*self._notice(file, self._days(file, letter), letter), *self._returned_money(file))
        else:
            steps = (
                *self._answer(file, letter),
                *self._after_mismatch(file),
                *self._returned_money(file),
                *self.side_ways(file),
                *self.found_later(file),
                *self.said_again(file),
                *self._agency_change(file, letter),
                *self.informing(file, _TOLD_ABOUT),
            )
        return min(steps, key=lambda task: task.day, default=None)

    def _agency_change(self, file: CaseFile, letter: IncomingDocument) -> Iterator[Task]:
        over = any(map(file.got, ("TransferCompleted", "TransferWithdrawn", "TransferClosed")))
        if not over and file.plan.special not in TAKEN_BACK:
            yield from self.agency_change(file, came_on(letter))

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the destination has said its last word and all money is home."""
        on_its_way = len(file.came.get("FundsReturned", ())) - len(file.written.get("ReturnedFundsReceived", ()))
        over = any(map(file.got, ("TransferCompleted", "TransferWithdrawn", "TransferClosed")))
        return on_its_way == 0 and over and self.is_over(file)

    def _answer(self, file: CaseFile, letter: IncomingDocument) -> Iterator[Task]:
        plan, version = file.plan, int(letter.fields["letter_version"])
        days = self._days(file, letter)
        if plan.special is SpecialCase.RETURN_TAKEN_BACK and not file.wrote("FactAnnulled"):
            yield from self.taken_back(file, letter, days.review)
            return
        returned = [] if plan.special is SpecialCase.RETURN_TAKEN_BACK else file.written.get("TransferReturned", [])
        if any(int(d.fields["letter_version"]) >= version for d in returned):
            return
        match plan.path:
            case Path.RETURNED_AND_SENT_AGAIN | Path.RETURNED_AND_CLOSED if version == 1:
                assert plan.reason is not None
                yield from self._return(file, days.returned, letter, plan.reason)
            case Path.WITHDRAWN_BY_AGREEMENT:
                request = file.got("WithdrawalRequested")
                if request is not None:
                    day = max(days.returned, self.after(came_on(request), 1))
                    yield from self._return(file, day, letter, "WITHDRAWAL_AGREED")
            case _:
                yield from self._review(file, days, letter, version)
                yield from self.findings(file, letter, days.review)
                if self.held_until(file, letter) is not None:
                    yield from self._sheet(file, days, letter)
                    if self.is_paid(plan):
                        yield from self._money(file, days, letter)

    def findings(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        """A back-payment, arrears, or a number with a wrong digit."""
        special = file.plan.special
        if special in LUMP_SUMS:
            yield from self._lump_sum(file, letter, review)
        elif special is SpecialCase.ARREARS_SETTLED or special is SpecialCase.ARREARS_DECLINED:
            yield from self._arrears(file, letter, review)
        elif special is SpecialCase.NUMBER_MISTYPED and not file.wrote("IdentityCorrected"):
            yield Task(review, lambda today: self._correct(file, today, letter))

    def is_over(self, file: CaseFile) -> bool:
        """Whether nothing of the special case is to come."""
        match file.plan.special:
            case SpecialCase.PAID_TWICE:
                return file.wrote("ReturnedFundsReceived") is not None
            case SpecialCase.REVERSED:
                return file.wrote("TransferReversed") is not None
            case _:
                return True
