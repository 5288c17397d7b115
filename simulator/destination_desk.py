"""The desk that takes people in: applications, letters, what the bank credited, sheet against money, completion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter import forms
from jinbao.regional_adapter.local_system import IncomingDocument, LocalDocument
from jinbao.rules.procedures import Milestone
from jinbao.schemas.messages import Fen
from jinbao.simulator.case_file import CaseFile, Part, Task, came_on, payment_key, wrote_on
from jinbao.simulator.desk import Desk
from jinbao.simulator.plan import Incident, Late, Path, Plan

_LAST_WORDS = ("ApplicationRefused", "TransferWithdrawn", "TransferClosed", "TransferCompleted")
WITHDRAWAL_AGREED = "WITHDRAWAL_AGREED"
_APPLICANT_WITHDREW = "申请人撤回申请"
_NOT_SENT_AGAIN = "申请人不再办理"
_SENT_AFTER_LETTER_DAYS = 3
_SENT_AFTER_EXPIRY_DAYS = 13
_NATIONAL_LIMIT = 15
"""Working days in which a desk acts where its procedure has no clock for it (国办发〔2009〕66号 art. 8)."""


class DestinationDesk(Desk):
    """Follows the plan as far as it is the destination's; everything else it reads from the file."""

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        if file.part is Part.SECOND:
            return next(self._second_application(file), None)
        steps = (
            *self._application(file),
            *self._decision(file),
            *self._irregularities(file),
            *self._after_return(file),
            *self._credits(file),
            *self._comparison(file),
        )
        return min(steps, key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether this side of the case is over: a second application with its answer, others with their last word."""
        if file.part is Part.SECOND:
            return file.got("SubmissionAnswered") is not None
        return any(map(file.wrote, _LAST_WORDS))

    def _limit(self, stopped_by: Milestone, day: date) -> int:
        limits = [c.limit_working_days for c in self.clocks("destination", day) if stopped_by in c.stops]
        return min(limits, default=_NATIONAL_LIMIT)

    def _applied_on(self, plan: Plan) -> date:
        return self.clock.calendar[plan.applied_on_day]

    def _decided_on(self, plan: Plan) -> date:
        """The day of the letter, the refusal or the withdrawal."""
        applied = self._applied_on(plan)
        limit = self._limit(Milestone.letter_issued, applied)
        if plan.late is Late.APPLICATION_REVIEW:
            return self.after(applied, self.days_beyond(limit, plan, "review"))
        return self.after(applied, self.days_within(limit, plan, "review", least=2))

    # --- application and letter ---

    def _application(self, file: CaseFile) -> Iterator[Task]:
        if file.wrote("ApplicationAccepted"):
            return
        day = self._applied_on(file.plan)
        if file.plan.incident is Incident.LETTER_BEFORE_APPLICATION:
            day = self.after(self._decided_on(file.plan), _SENT_AFTER_LETTER_DAYS)
        elif file.plan.incident is Incident.LETTER_EXPIRES:
            day = self.after(self._decided_on(file.plan), _SENT_AFTER_EXPIRY_DAYS)
        yield Task(day, lambda today: self._accept(file, today))

    def _second_application(self, file: CaseFile) -> Iterator[Task]:
        """The day after the first one, while that is live."""
        if not file.wrote("ApplicationAccepted"):
            yield Task(self.after(self._applied_on(file.plan), 1), lambda today: self._accept(file, today))

    def _accept(self, file: CaseFile, today: date) -> None:
        self.write(file, today, self._application_form(file), file.case)

    def _application_form(self, file: CaseFile) -> forms.Form:
        application = self.local.application(file.case)
        assert application is not None, "the counter has registered it"
        person = self.local.person(application.person)
        assert person is not None, "the counter has registered the applicant"
        return forms.application_form(application, person, self.province)

    def _decision(self, file: CaseFile) -> Iterator[Task]:
        plan = file.plan
        if any(map(file.wrote, ("ContactLetterIssued", "ApplicationRefused", "TransferWithdrawn"))):
            return
        day = self._decided_on(plan)
        match plan.path:
            case Path.REFUSED:
                assert plan.reason is not None
                form = forms.refusal(plan.reason)
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-R"))
            case Path.WITHDRAWN:
                form = forms.withdrawal(_APPLICANT_WITHDREW)
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-W"))
            case _:
                yield Task(day, lambda today: self._send_letter(file, today, 1))

    def _send_letter(self, file: CaseFile, today: date, version: int, attempt: int = 1) -> None:
        accepted = file.wrote("ApplicationAccepted")
        fields = accepted.fields if accepted else self._application_form(file).fields
        letter = forms.contact_letter(file.case, fields, self.agency, version)
        self.write(file, today, letter, forms.letter_number(file.case, version), attempt=attempt)

    def _irregularities(self, file: CaseFile) -> Iterator[Task]:
        """What this plan's incident makes the desk do besides."""
        letter, plan = file.wrote("ContactLetterIssued"), file.plan
        if letter is None:
            return
        first, attempts = wrote_on(letter), len(file.written["ContactLetterIssued"])
        expired = file.answered("ContactLetterIssued", "PREDECESSOR_MISSING")
        if plan.incident is Incident.LETTER_EXPIRES and attempts == 1 and expired and file.wrote("ApplicationAccepted"):
            accepted = file.day_wrote("ApplicationAccepted") or came_on(expired)
            day = self.after(max(came_on(expired), accepted), 1)
            yield Task(day, lambda today: self._send_letter(file, today, 1, attempt=2))
        if plan.incident is Incident.RECORDED_AGAIN and attempts == 1:
            yield Task(self.after(first, 2), lambda today: self._send_letter(file, today, 1, attempt=2))
        if plan.incident is Incident.WRONG_ROLE and not file.wrote("OriginReviewPassed"):
            form = ("OriginReviewPassed", {"letter_version": 1})
            yield Task(self.after(first, 1), lambda today: self.write(file, today, form, letter.key))
        if plan.path is Path.WITHDRAWN_BY_AGREEMENT and not file.wrote("WithdrawalRequested"):
            request = forms.withdrawal_request(1, _APPLICANT_WITHDREW)
            day = self.some_days_after(first, 2, plan, "withdrawal request")
            yield Task(day, lambda today: self.write(file, today, request, f"{file.case}-WR"))

    def _after_return(self, file: CaseFile) -> Iterator[Task]:
        returned, plan = file.got("TransferReturned"), file.plan
        if returned is None or file.wrote("TransferWithdrawn") or file.wrote("TransferClosed"):
            return
        version = int(returned.fields["letter_version"])
        letters = file.written.get("ContactLetterIssued", ())
        if any(int(letter.fields["letter_version"]) > version for letter in letters):
            return
        day = self.some_days_after(came_on(returned), 8, plan, "after return", version)
        if returned.fields["reason_code"] == WITHDRAWAL_AGREED:
            form = forms.withdrawal(_APPLICANT_WITHDREW)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-W", answers=returned.event_id))
        elif plan.path is Path.RETURNED_AND_CLOSED:
            form = forms.closure(_NOT_SENT_AGAIN)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-C", answers=returned.event_id))
        else:
            yield Task(day, lambda today: self._send_letter(file, today, version + 1))

    # --- money and sheet ---

    def _credits(self, file: CaseFile) -> Iterator[Task]:
        """Each credit on the bank's statement becomes a report, the day it is booked or the working day after."""
        for credit in file.credits():
            key = payment_key(credit.reference, credit.line)
            written = [d for d in file.written.get("FundsReceived", ()) if d.key == key]
            mistyped = file.plan.incident is Incident.MISTYPED_REFERENCE and not written
            if written:
                corrected = written[-1].fields["payment_reference"] == credit.reference
                refused = file.answered("FundsReceived", "PAYMENT_REFERENCE_INVALID")
                if corrected or refused is None:
                    continue
                day = self.after(came_on(refused), 1)
            else:
                delay = self.random(file.plan, "report", key).randrange(2)
                day = self.after(credit.booked_on, delay)
            reference = _with_a_typing_error(credit.reference) if mistyped else credit.reference
            form = forms.funds_received(credit.amount, reference, credit.line, credit.booked_on)
            yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]

    def _received(self, file: CaseFile) -> tuple[Fen, list[date]]:
        """Money here that is reported under its right reference, less what was paid back, and the days it moved."""
        booked = {payment_key(c.reference, c.line): c.reference for c in file.credits()}
        kept, days = 0, []
        for document in file.written.get("FundsReceived", ()):
            if document.fields["payment_reference"] == booked.get(document.key):
                kept += int(document.fields["amount"])
                days.append(wrote_on(document))
        for document in file.written.get("FundsReturned", ()):
            kept -= int(document.fields["amount"])
            days.append(wrote_on(document))
        return Fen(kept), days

    def _comparison(self, file: CaseFile) -> Iterator[Task]:
        """Sheet against money: completion where they agree, else a report, and what the report asks of this side."""
        sheet, plan = file.got("InformationSheetSent"), file.plan
        kept, days = self._received(file)
        if sheet is None or not days or file.wrote("TransferCompleted"):
            return
        both_in = max(came_on(sheet), *days)
        if kept == sheet.fields["total"]:
            yield Task(self._completed_on(plan, both_in), lambda today: self._complete(file, today, sheet))
            return
        reported = file.wrote("MismatchReported")
        if reported is None:
            assert plan.mismatch is not None, "sheet and money differ only where the plan says so"
            form = forms.mismatch(sheet, kept, plan.mismatch.value)
            day = self.some_days_after(both_in, 5, plan, "mismatch")
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-M", answers=sheet.event_id))
        elif reported.fields["request"] == "take_back_excess" and not file.wrote("FundsReturned"):
            day = self.some_days_after(wrote_on(reported), 3, plan, "excess")
            excess = Fen(kept - sheet.fields["total"])
            yield Task(day, lambda today: self._pay_back(file, today, excess))

    def _completed_on(self, plan: Plan, both_in: date) -> date:
        limit = self._limit(Milestone.completed, both_in)
        late = plan.late is Late.CONFIRMATION
        days = self.days_beyond(limit, plan, "completion") if late else self.days_within(limit, plan, "completion")
        return self.after(both_in, days)

    def _complete(self, file: CaseFile, today: date, sheet: IncomingDocument) -> None:
        self.write(file, today, forms.completion(sheet, today), f"{file.case}-B", answers=sheet.event_id)

    def _pay_back(self, file: CaseFile, today: date, excess: Fen) -> None:
        received: LocalDocument | None = file.wrote("FundsReceived")
        assert received is not None, "an excess has been received"
        reference, line = self.pay(file, today, file.plan.origin, excess, "B")
        form = forms.excess_returned(received.fields, excess, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


def _with_a_typing_error(reference: str) -> str:
    """The reference with one digit mistyped, which its check digits do not survive."""
    wrong = str((int(reference[4]) + 1) % 10)
    return f"{reference[:4]}{wrong}{reference[5:]}"
