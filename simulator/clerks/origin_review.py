"""Reviews of contact letters by the origin: the days on which it acts on a letter, review and return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.simulator.clerks.case_file import CaseFile, Part, Schedule, Task, came_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.plan import Late, Order, Plan
from jinbao.simulator.scenario.special_cases import (
    CORRECTED,
    LUMP_SUMS,
    SpecialCase,
)

_REVIEW_AT_MOST_DAYS = 6

_DOCUMENTED, _LEFT_BEHIND = "LumpSumDocumentSupplied", "LumpSumNoticeSent"


class OriginReviews(Clerk):
    """When the origin reviews, sends sheet and money, or returns the letter."""

    def schedule(self, file: CaseFile, letter: IncomingDocument) -> Schedule:
        """When this origin reviews, sends sheet and money, or returns the letter."""
        version = int(letter.fields["letter_version"])
        if version not in file.schedules:
            file.schedules[version] = self._scheduled(file.plan, came_on(letter), version)
        return file.schedules[version]

    def _scheduled(self, plan: Plan, first: date, version: int) -> Schedule:
        stages = [c for c in self.clocks("origin", first, plan.destination) if c.counts_from == "start"]
        limits = [clock.limit_working_days for clock in stages]
        limits = limits or [self.stage_limit("origin", first, plan.destination)]
        review = self.days_within(min(limits[0] - 1, _REVIEW_AT_MOST_DAYS), plan, "origin review", version)
        limit = limits[0] if len(limits) == 1 else review + limits[1]
        late = plan.late is Late.ORIGIN and version == 1
        returned = self.days_beyond(limits[0], plan, "return") if late else review
        last = (
            self.days_beyond(limit, plan, "transfer")
            if late
            else self.days_within(limit, plan, "transfer", version, least=review + 1)
        )
        between = review + self.random(plan, "first of two", version).randrange(last - review)
        match plan.order:
            case Order.SHEET_FIRST:
                sheet, order, notice = between, last, last
            case Order.MONEY_FIRST:
                sheet, order, notice = last, between, between
            case Order.MONEY_BEFORE_NOTICE:
                # money that came was sent: only a late sheet makes this origin late
                sheet, order, notice = last if late else between, min(between, last - min(3, last - 1)), last
        return Schedule(*(self.after(first, days) for days in (review, sheet, order, notice, returned, order)))

    def _days(self, file: CaseFile, letter: IncomingDocument) -> Schedule:
        """The schedule, with sheet and money after what must come first."""
        days, free = self.schedule(file, letter), self.held_until(file, letter)
        if free is not None:
            held = ("sheet", "order", "notice", "figured")
            days = replace(days, **{name: max(getattr(days, name), free) for name in held})
        rests_on = self._order_rests_on(file, letter)
        order = self.once_it_stands(days.order, *rests_on) if rests_on else None
        return days if order is None else replace(days, order=order, notice=max(order, days.notice))

    @staticmethod
    def _order_rests_on(file: CaseFile, letter: IncomingDocument) -> list[LocalDocument]:
        """Accepted documents that the payment order rests on; nothing while one of them is missing.

        The review of the letter, and the sheet where that goes first: the first of each that was accepted, so that
        what is said later does not move the day of the order.
        """
        version = int(letter.fields["letter_version"])
        reviews = [d for d in file.written.get("OriginReviewPassed", ()) if d.fields["letter_version"] == version]
        needed = [reviews]
        if file.plan.order is Order.SHEET_FIRST:
            needed.append(file.written.get("InformationSheetSent", []))
        standing = [[d for d in documents if d.stands] for documents in needed]
        return [documents[0] for documents in standing] if all(standing) else []

    def held_until(self, file: CaseFile, letter: IncomingDocument) -> date | None:
        """The day from which sheet and money may go; None while something that must come first has not come."""
        special = file.plan.special
        if special is SpecialCase.LOSES_NATIONALITY:
            return None
        needed: date | None = came_on(letter)
        if special in (SpecialCase.LUMP_SUM_COMMITMENT, SpecialCase.LUMP_SUM_THIRD_PROVINCE):
            needed = file.day_wrote(_DOCUMENTED) or _day_got(file, _DOCUMENTED)
        elif special is SpecialCase.LUMP_SUM_SEVERAL:
            here, there = file.day_wrote(_DOCUMENTED), _day_got(file, _DOCUMENTED)
            needed = max(here, there) if here and there else None
        elif special in LUMP_SUMS:
            needed = file.day_wrote(_LEFT_BEHIND)
        elif special is SpecialCase.ARREARS_SETTLED or special is SpecialCase.ARREARS_DECLINED:
            needed = file.day_wrote("ArrearsSettled") or file.day_wrote("ArrearsDeclined")
        elif special in CORRECTED:
            needed = file.day_wrote("IdentityCorrected") or _day_got(file, "IdentityCorrected")
        elif special is SpecialCase.RETURN_TAKEN_BACK:
            needed = file.day_wrote("FactAnnulled")
        return None if needed is None else self.after(needed, 1)

    def _return(self, file: CaseFile, day: date, letter: IncomingDocument, reason: str) -> Iterator[Task]:
        yield self.task(file, day, "return-letter", f"{letter.local_document}-T", reason_code=reason)

    def _review(self, file: CaseFile, days: Schedule, letter: IncomingDocument, version: int) -> Iterator[Task]:
        if any(int(d.fields["letter_version"]) == version for d in file.written.get("OriginReviewPassed", ())):
            return
        yield self.task(file, days.review, "pass-review", f"{letter.local_document}-S")


class StrangerClerk(Clerk):
    """A province that is no party to the case and returns its first letter."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.STRANGER,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The return, unless it was said."""
        return next(self._meddling(file), None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the stranger got its answer."""
        return file.got("SubmissionAnswered") is not None

    def _meddling(self, file: CaseFile) -> Iterator[Task]:
        """A stranger to the case returns its first letter."""
        if file.wrote("TransferReturned"):
            return
        day = self.after(self.clock.calendar[file.plan.applied_on_day], 2)
        fields: dict[str, Any] = {"letter_version": 1, "reason_code": "PERSON_NOT_FOUND", "reason_text": "查无此人"}
        yield Task(day, lambda today: self.write(file, today, ("TransferReturned", fields), f"{file.case[:12]}-T"))


def _day_got(file: CaseFile, kind: str) -> date | None:
    document = file.got(kind)
    return came_on(document) if document else None
