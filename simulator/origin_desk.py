"""The desk that lets people go: review of letters, returns, sheets, payment orders, and what mismatches ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from jinbao.regional_adapter import forms
from jinbao.regional_adapter.local_records import Account, ContributionRow
from jinbao.regional_adapter.local_system import IncomingDocument
from jinbao.regional_adapter.sheet_form import information_sheet
from jinbao.schemas.messages import Fen
from jinbao.simulator.bookkeeping import recorded_balance
from jinbao.simulator.case_file import CaseFile, Part, Task, came_on, payment_key
from jinbao.simulator.desk import Desk
from jinbao.simulator.plan import Incident, Late, Mismatch, Order, Path, Plan

_REVIEW_AT_MOST_DAYS = 6
_NATIONAL_LIMIT = 15
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


class OriginDesk(Desk):
    """Follows the plan as far as it is the origin's; everything else it reads from the file."""

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        if file.part is Part.STRANGER:
            return next(self._meddling(file), None)
        letters = file.came.get("ContactLetterIssued", ())
        if not letters:
            return None
        letter = max(letters, key=lambda document: int(document.fields["letter_version"]))
        steps = (*self._answer(file, letter), *self._after_mismatch(file), *self._returned_money(file))
        return min(steps, key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the destination has said its last word and all money is home, or a stranger got its answer."""
        if file.part is Part.STRANGER:
            return file.got("SubmissionAnswered") is not None
        on_its_way = len(file.came.get("FundsReturned", ())) - len(file.written.get("ReturnedFundsReceived", ()))
        return on_its_way == 0 and any(map(file.got, ("TransferCompleted", "TransferWithdrawn", "TransferClosed")))

    # --- the letter's days ---

    def schedule(self, plan: Plan, letter: IncomingDocument) -> Schedule:
        """When this origin reviews, sends sheet and money, or returns the letter."""
        first, version = came_on(letter), int(letter.fields["letter_version"])
        stages = [c for c in self.clocks("origin", first) if c.counts_from == "start"]
        limits = [clock.limit_working_days for clock in stages] or [_NATIONAL_LIMIT]
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
        return Schedule(*(self.after(first, days) for days in (review, sheet, order, notice, returned)))

    # --- answering a letter ---

    def _answer(self, file: CaseFile, letter: IncomingDocument) -> Iterator[Task]:
        plan, version = file.plan, int(letter.fields["letter_version"])
        if any(int(d.fields["letter_version"]) >= version for d in file.written.get("TransferReturned", ())):
            return
        days = self.schedule(plan, letter)
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
                yield from self._sheet(file, days, letter)
                yield from self._money(file, days, letter)

    def _return(self, file: CaseFile, day: date, letter: IncomingDocument, reason: str) -> Iterator[Task]:
        form, key = forms.letter_returned(letter, reason), f"{letter.local_document}-T"
        yield Task(day, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _review(self, file: CaseFile, days: Schedule, letter: IncomingDocument, version: int) -> Iterator[Task]:
        if any(int(d.fields["letter_version"]) == version for d in file.written.get("OriginReviewPassed", ())):
            return
        form, key = forms.review_passed(letter), f"{letter.local_document}-S"
        yield Task(days.review, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _sheet(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        if file.wrote("InformationSheetSent"):
            return
        reported_late = file.plan.incident is Incident.LATE_REPORTING
        wrong = file.plan.mismatch is Mismatch.CORRECT_SHEET

        def send(today: date) -> None:
            form = self.sheet_form(letter, days.order, 1, without_last_month=wrong)
            written_on = self.clock.before(today, _KEPT_BACK_DAYS) if reported_late else today
            self._write_sheet(file, today, form, letter, max(written_on, came_on(letter)))

        yield Task(days.sheet, send)

    def _write_sheet(
        self, file: CaseFile, today: date, form: forms.Form, letter: IncomingDocument, written_on: date | None = None
    ) -> None:
        key = f"{letter.local_document}-I{form.fields['sheet_version']}"
        self.write(file, today, form, key, answers=letter.event_id, written_on=written_on)

    def sheet_form(
        self, letter: IncomingDocument, remitted_on: date, version: int, *, without_last_month: bool = False
    ) -> forms.Form:
        """The sheet that this province's books give for the person whom the letter names."""
        number = letter.fields["personal"]["number"]
        account = self.local.account(number)
        assert account is not None, "the origin keeps the person's account"
        rows = self.local.contributions(number)
        account = self._year_end(account, rows, remitted_on)
        if without_last_month:
            rows = _without_last_month(rows)
        return information_sheet(letter, rows, account, self.agency, remitted_on, self.province, version).form

    def _year_end(self, account: Account, rows: list[ContributionRow], remitted_on: date) -> Account:
        """The account as the books have it at the end of the year before, where they keep a balance of their own."""
        if account.account_at_previous_year_end is None:
            return account
        return msgspec.structs.replace(
            account, account_at_previous_year_end=recorded_balance(rows, before_year=remitted_on.year)
        )

    # --- paying ---

    def _money(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        """The payment order, then the notice of it; the bank's own book shows whether the order was given."""
        reference, line = self.payment(file.plan, days.order, file.plan.destination, "A")
        amount = self.banks.amount(reference, line)
        if amount is None:
            yield Task(days.order, lambda today: self._order(file, days, letter))
        elif not any(d.key == payment_key(reference, line) for d in file.written.get("FundsRemitted", ())):
            form = forms.remittance(amount, reference, line, days.order)
            key = payment_key(reference, line)
            yield Task(days.notice, lambda today: self.write(file, today, form, key, answers=letter.event_id))

    def _order(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> None:
        total = int(self.sheet_form(letter, days.order, 1).fields["total"])
        difference = max(1, total // 10)
        match file.plan.mismatch:
            case Mismatch.TOP_UP:
                total -= difference
            case Mismatch.TAKE_BACK_EXCESS:
                total += difference
        self.pay(file, days.order, file.plan.destination, Fen(total), "A")

    def _after_mismatch(self, file: CaseFile) -> Iterator[Task]:
        reported, letter = file.got("MismatchReported"), file.got("ContactLetterIssued")
        if reported is None or letter is None:
            return
        day = self.some_days_after(came_on(reported), 5, file.plan, "settlement")
        paid = self.schedule(file.plan, letter).order
        match reported.fields["request"]:
            case "correct_sheet" if len(file.written.get("InformationSheetSent", ())) == 1:
                version = int(reported.fields["sheet_version"]) + 1
                yield Task(
                    day, lambda today: self._write_sheet(file, today, self.sheet_form(letter, paid, version), letter)
                )
            case "top_up" if not any(d.fields["purpose"] == "top_up" for d in file.written.get("FundsRemitted", ())):
                yield Task(day, lambda today: self._top_up(file, today, reported))
            case _:
                return

    def _top_up(self, file: CaseFile, today: date, reported: IncomingDocument) -> None:
        missing = Fen(int(reported.fields["expected"]) - int(reported.fields["received"]))
        reference, line = self.pay(file, today, file.plan.destination, missing, "T")
        form = forms.remittance(missing, reference, line, today, "top_up")
        self.write(file, today, form, payment_key(reference, line), answers=reported.event_id)

    def _returned_money(self, file: CaseFile) -> Iterator[Task]:
        for credit in file.credits():
            key = payment_key(credit.reference, credit.line)
            if any(d.key == key for d in file.written.get("ReturnedFundsReceived", ())):
                continue
            day = self.after(credit.booked_on, self.random(file.plan, "report", key).randrange(2))
            form = forms.returned_funds_received(credit.amount, credit.reference, credit.line, credit.booked_on)
            yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]

    # --- saying what is not one's to say ---

    def _meddling(self, file: CaseFile) -> Iterator[Task]:
        """A stranger to the case returns its first letter."""
        if file.wrote("TransferReturned"):
            return
        day = self.after(self.clock.calendar[file.plan.applied_on_day], 2)
        fields: dict[str, Any] = {"letter_version": 1, "reason_code": "PERSON_NOT_FOUND", "reason_text": "查无此人"}
        yield Task(day, lambda today: self.write(file, today, ("TransferReturned", fields), f"{file.case[:12]}-T"))


def _without_last_month(rows: list[ContributionRow]) -> list[ContributionRow]:
    """The history as it stood before the last month was entered (a single month: with a tenth of its base more)."""
    *earlier, last = rows
    months, base = last.months, last.contribution_base_total
    if months > 1:
        return [
            *earlier,
            msgspec.structs.replace(last, months=months - 1, contribution_base_total=base - base // months),
        ]
    if earlier:
        return earlier
    return [msgspec.structs.replace(last, contribution_base_total=base + base // 10)]
