"""The desk that lets people go: review of letters, returns, sheets, payment orders, and what mismatches ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from jinbao.regional_adapter.forms.information_sheet import InformationSheetForm, information_sheet
from jinbao.regional_adapter.forms.origin_review import letter_returned, review_passed
from jinbao.regional_adapter.forms.payment import remittance, returned_funds_received
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, payment_key
from jinbao.simulator.clerks.rare_origin import RareOrigin
from jinbao.simulator.scenario.mismatch_sums import first_payment, missing_months, top_up_amount, without_last_months
from jinbao.simulator.scenario.plan import Incident, Late, Mismatch, Order, Path, Plan
from jinbao.simulator.scenario.special_cases import TAKEN_BACK, Rare

_TOLD_ABOUT = ("ArrearsReported", "ArrearsDeclined", "TransferReversed")
"""Decisions of the origin that the person is told of."""
_REVIEW_AT_MOST_DAYS = 6
_KEPT_BACK_DAYS = 4
"""Working days for which a document of the incident `late_reporting` stays in the origin's own system."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days on which the origin acts on one letter."""

    review: date
    sheet: date
    order: date
    """The bank gets the payment order."""
    notice: date
    """The destination is told of it."""
    returned: date
    figured: date
    """Sheet and payment are reckoned as of this day: the order's, as it was planned before it had to wait."""


class OriginDesk(RareOrigin):
    """Follows the plan as far as it is the origin's; everything else it reads from the file."""

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        if file.part is Part.STRANGER:
            return next(self._meddling(file), None)
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
        if not over and file.plan.rare not in TAKEN_BACK:
            yield from self.agency_change(file, came_on(letter))

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the destination has said its last word and all money is home, or a stranger got its answer."""
        if file.part is Part.STRANGER:
            return file.got("SubmissionAnswered") is not None
        on_its_way = len(file.came.get("FundsReturned", ())) - len(file.written.get("ReturnedFundsReceived", ()))
        over = any(map(file.got, ("TransferCompleted", "TransferWithdrawn", "TransferClosed")))
        return on_its_way == 0 and over and self.is_over(file)

    # --- the letter's days ---

    def schedule(self, plan: Plan, letter: IncomingDocument) -> Schedule:
        """When this origin reviews, sends sheet and money, or returns the letter."""
        first, version = came_on(letter), int(letter.fields["letter_version"])
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
        days, free = self.schedule(file.plan, letter), self.held_until(file, letter)
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

    # --- answering a letter ---

    def _answer(self, file: CaseFile, letter: IncomingDocument) -> Iterator[Task]:
        plan, version = file.plan, int(letter.fields["letter_version"])
        days = self._days(file, letter)
        if plan.rare is Rare.RETURN_TAKEN_BACK and not file.wrote("FactAnnulled"):
            yield from self.taken_back(file, letter, days.review)
            return
        returned = [] if plan.rare is Rare.RETURN_TAKEN_BACK else file.written.get("TransferReturned", [])
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

    def _return(self, file: CaseFile, day: date, letter: IncomingDocument, reason: str) -> Iterator[Task]:
        form, key = letter_returned(letter, reason), f"{letter.local_document}-T"
        yield Task(day, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _review(self, file: CaseFile, days: Schedule, letter: IncomingDocument, version: int) -> Iterator[Task]:
        if any(int(d.fields["letter_version"]) == version for d in file.written.get("OriginReviewPassed", ())):
            return
        form, key = review_passed(letter), f"{letter.local_document}-S"
        yield Task(days.review, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _sheet(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        if file.wrote("InformationSheetSent"):
            return
        reported_late = file.plan.incident is Incident.LATE_REPORTING

        def send(today: date) -> None:
            form = self.sheet_form(file, letter, days.figured, 1)
            written_on = self.clock.before(today, _KEPT_BACK_DAYS) if reported_late else today
            self._write_sheet(file, today, form, letter, max(written_on, came_on(letter)))

        yield Task(days.sheet, send)

    def _write_sheet(
        self,
        file: CaseFile,
        today: date,
        form: InformationSheetForm,
        letter: IncomingDocument,
        written_on: date | None = None,
    ) -> None:
        key = f"{letter.local_document}-I{form.sheet_version}"
        self.write(file, today, form, key, answers=letter.event_id, written_on=written_on)

    def sheet_form(
        self, file: CaseFile, letter: IncomingDocument, figured: date, version: int, *, right: bool = False
    ) -> InformationSheetForm:
        """The sheet that this province's books give for the person whom the letter means, with the plan's mistakes.

        It is reckoned as of the day `figured`. `right`: without the mistakes.
        """
        account, rows = self.books(file, letter)
        if not right:
            rows = without_last_months(rows, missing_months(file.plan, version))
        moved = self.moving(file.plan, rows)
        account = self.year_end(account, moved, figured)
        letter, agency = self.right_letter(file, letter), self.agency_on(figured)
        behind = self.left_behind(file)
        return information_sheet(
            letter, moved, account, agency, figured, self.province, version, left_behind=behind
        ).form

    # --- paying ---

    def _money(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        """The payment order, then the notice of it; the bank's own book shows whether the order was given."""
        if not self._order_rests_on(file, letter):
            return
        reference, line = self.payment(file.plan, days.order, file.plan.destination, "A")
        if self.banks.amount(reference, line) is None:
            yield Task(days.order, lambda today: self._order(file, days, letter))
        else:
            yield from self._notice(file, days, letter)

    def _notice(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        reference, line = self.payment(file.plan, days.order, file.plan.destination, "A")
        amount, key = self.banks.amount(reference, line), payment_key(reference, line)
        if amount is not None and not any(d.key == key for d in file.written.get("FundsRemitted", ())):
            form = remittance(amount, reference, line, days.order)
            yield Task(days.notice, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _order(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> None:
        stated = Fen(int(self.sheet_form(file, letter, days.figured, 1).total))
        total = stated
        if file.plan.mismatches:
            right = Fen(int(self.sheet_form(file, letter, days.figured, 1, right=True).total))
            total = first_payment(file.plan.mismatches, right, stated)
        self.order_main(file, days.order, total)

    def _after_mismatch(self, file: CaseFile) -> Iterator[Task]:
        reports, letter = file.came.get("MismatchReported", ()), file.letter()
        if not reports or letter is None:
            return
        reported, plan = reports[-1], file.plan
        day = self.some_days_after(came_on(reported), 5, plan, "settlement", len(reports))
        sheets = len(file.written.get("InformationSheetSent", ()))
        if reported.fields["request"] == "correct_sheet" and sheets == int(reported.fields["sheet_version"]):
            yield self._next_sheet(file, letter, day, sheets + 1)
        elif reported.fields["request"] == "top_up":
            if not any(d.answers == reported.event_id for d in file.written.get("FundsRemitted", ())):
                yield Task(day, lambda today: self._top_up(file, today, letter))
        elif plan.mismatches == (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP) and sheets == 1:
            returned = file.got("FundsReturned")
            if returned is not None:
                yield self._next_sheet(file, letter, self.after(came_on(returned), 1), 2)

    def _next_sheet(self, file: CaseFile, letter: IncomingDocument, day: date, version: int) -> Task:
        figured = self.schedule(file.plan, letter).figured
        return Task(
            day, lambda today: self._write_sheet(file, today, self.sheet_form(file, letter, figured, version), letter)
        )

    def _top_up(self, file: CaseFile, today: date, letter: IncomingDocument) -> None:
        reports = file.came["MismatchReported"]
        received = Fen(int(reports[-1].fields["received"]))
        missing = Fen(int(reports[-1].fields["expected"]) - received)
        figured = self.schedule(file.plan, letter).figured
        right = Fen(int(self.sheet_form(file, letter, figured, 1, right=True).total))
        amount = top_up_amount(file.plan.mismatches, len(reports), missing, right, received)
        reference, line = self.pay(file, today, file.plan.destination, amount, "T")
        form = remittance(amount, reference, line, today, "top_up")
        self.write(file, today, form, payment_key(reference, line), answers=reports[-1].event_id)

    def _returned_money(self, file: CaseFile) -> Iterator[Task]:
        for credit in file.credits():
            key = payment_key(credit.reference, credit.line)
            if any(d.key == key for d in file.written.get("ReturnedFundsReceived", ())):
                continue
            day = self.after(credit.booked_on, self.random(file.plan, "report", key).randrange(2))
            form = returned_funds_received(credit.amount, credit.reference, credit.line, credit.booked_on)
            yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]

    # --- saying what is not one's to say ---

    def _meddling(self, file: CaseFile) -> Iterator[Task]:
        """A stranger to the case returns its first letter."""
        if file.wrote("TransferReturned"):
            return
        day = self.after(self.clock.calendar[file.plan.applied_on_day], 2)
        fields: dict[str, Any] = {"letter_version": 1, "reason_code": "PERSON_NOT_FOUND", "reason_text": "查无此人"}
        yield Task(day, lambda today: self.write(file, today, ("TransferReturned", fields), f"{file.case[:12]}-T"))
