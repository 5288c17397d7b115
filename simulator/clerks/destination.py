"""The desk that takes people in: applications, letters, what the bank credited, sheet against money, completion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm, application_form, refusal
from jinbao.regional_adapter.forms.completion import completion
from jinbao.regional_adapter.forms.contact_letter import contact_letter, letter_number
from jinbao.regional_adapter.forms.form import Form, read
from jinbao.regional_adapter.forms.mismatch import mismatch
from jinbao.regional_adapter.forms.payment import excess_returned, funds_received
from jinbao.regional_adapter.forms.withdrawal import TransferClosedForm, TransferWithdrawnForm, WithdrawalRequestedForm
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.procedures import Milestone
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, payment_key, wrote_on
from jinbao.simulator.clerks.rare_destination import RareDestination
from jinbao.simulator.scenario.plan import Incident, Late, Mismatch, Path, Plan
from jinbao.simulator.scenario.special_cases import TAKEN_BACK, Rare

WITHDRAWAL_AGREED = "WITHDRAWAL_AGREED"
_APPLICANT_WITHDREW = "申请人撤回申请"
_NOT_SENT_AGAIN = "申请人不再办理"
_SENT_AFTER_LETTER_DAYS = 3
_SENT_AFTER_EXPIRY_DAYS = 13


class DestinationDesk(RareDestination):
    """Follows the plan as far as it is the destination's; everything else it reads from the file."""

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
                *self.freeze(file, self._both_in(file)),
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

    def _applied_on(self, plan: Plan) -> date:
        return self.clock.calendar[plan.applied_on_day]

    def _decided_on(self, plan: Plan) -> date:
        """The day of the letter, the refusal or the withdrawal."""
        applied = self._applied_on(plan)
        limit = self.limit("destination", Milestone.letter_issued, applied, plan.origin)
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

    def _application_form(self, file: CaseFile) -> ApplicationAcceptedForm:
        application = self.local.application(file.case)
        assert application is not None, "the counter has registered it"
        person = self.local.person(application.person)
        assert person is not None, "the counter has registered the applicant"
        return application_form(application, person, self.province)

    def _decision(self, file: CaseFile) -> Iterator[Task]:
        plan = file.plan
        day = self._decided_on(plan)
        if file.wrote("ContactLetterIssued") or file.wrote("TransferWithdrawn"):
            return
        if plan.rare is Rare.REFUSAL_TAKEN_BACK and not file.wrote("FactAnnulled"):
            yield from self.mistaken_refusal(file, day)
            return
        if file.wrote("ApplicationRefused") and plan.rare is not Rare.REFUSAL_TAKEN_BACK:
            return
        match plan.path:
            case Path.REFUSED:
                assert plan.reason is not None
                form: Form = refusal(plan.reason)
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-R"))
            case Path.WITHDRAWN:
                form = TransferWithdrawnForm(reason_text=_APPLICANT_WITHDREW)
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-W"))
            case _:
                yield Task(day, lambda today: self._send_letter(file, today, 1))

    def _send_letter(self, file: CaseFile, today: date, version: int, attempt: int = 1) -> None:
        accepted = file.wrote("ApplicationAccepted")
        form = read(accepted, ApplicationAcceptedForm) if accepted else self._application_form(file)
        letter = contact_letter(file.case, form, self.agency_on(today), version)
        self.write(file, today, letter, letter_number(file.case, version), attempt=attempt)

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
            request = WithdrawalRequestedForm(letter_version=1, reason_text=_APPLICANT_WITHDREW)
            day = self.some_days_after(first, 2, plan, "withdrawal request")
            yield Task(day, lambda today: self.write(file, today, request, f"{file.case}-WR"))

    def _after_return(self, file: CaseFile) -> Iterator[Task]:
        returned, plan = file.got("TransferReturned"), file.plan
        if returned is None or plan.rare in TAKEN_BACK or any(map(file.wrote, ("TransferWithdrawn", "TransferClosed"))):
            return
        version = int(returned.fields["letter_version"])
        letters = file.written.get("ContactLetterIssued", ())
        if any(int(letter.fields["letter_version"]) > version for letter in letters):
            return
        day = self.some_days_after(came_on(returned), 8, plan, "after return", version)
        if returned.fields["reason_code"] == WITHDRAWAL_AGREED:
            form: Form = TransferWithdrawnForm(reason_text=_APPLICANT_WITHDREW)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-W", answers=returned.event_id))
        elif plan.path is Path.RETURNED_AND_CLOSED:
            form = TransferClosedForm(reason_text=_NOT_SENT_AGAIN)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-C", answers=returned.event_id))
        else:
            yield Task(day, lambda today: self._send_letter(file, today, version + 1))

    def _agency_change(self, file: CaseFile) -> Iterator[Task]:
        if file.wrote("ContactLetterIssued") and not self.is_over(file) and file.plan.rare not in TAKEN_BACK:
            yield from self.agency_change(file, self._decided_on(file.plan))

    def _after_freeze(self, file: CaseFile) -> Iterator[Task]:
        """What is complete is completed, anything else goes back."""
        frozen = file.day_wrote("TransferFrozen")
        both_in, sheet = self._both_in(file), file.got("InformationSheetSent")
        kept, _ = self._received(file)
        if file.plan.rare not in (Rare.DIES_BEFORE_COMPLETION, Rare.DRAWS_PENSION):
            yield from self.after_freeze(file, kept)
        elif frozen and both_in and sheet and not file.wrote("TransferCompleted"):
            day = max(self._completed_on(file.plan, both_in), self.after(frozen, 1))
            yield Task(day, lambda today: self._complete(file, today, sheet))

    # --- money and sheet ---

    def _credits(self, file: CaseFile) -> Iterator[Task]:
        """Each credit on the bank's statement becomes a report, the day it is booked or the working day after."""
        for credit in self.credited(file):
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
                day = self.after(self.known_since(file, credit), delay)
            reference = _with_a_typing_error(credit.reference) if mistyped else credit.reference
            form = funds_received(credit.amount, reference, credit.line, credit.booked_on)
            yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]

    def _received(self, file: CaseFile) -> tuple[Fen, list[date]]:
        """Money here that is reported under its right reference, less what was paid back, and the days it moved."""
        booked = {payment_key(c.reference, c.line): c.reference for c in self.credited(file)}
        kept, days = 0, []
        for document in file.written.get("FundsReceived", ()):
            if document.fields["payment_reference"] == booked.get(document.key):
                kept += int(document.fields["amount"])
                days.append(wrote_on(document))
        for document in file.written.get("FundsReturned", ()):
            kept -= int(document.fields["amount"])
            days.append(wrote_on(document))
        return Fen(kept), days

    def _both_in(self, file: CaseFile) -> date | None:
        """The day on which the newest sheet and the latest money were in; None while one of them is not."""
        sheet = file.got("InformationSheetSent")
        _, days = self._received(file)
        if sheet is None or not (days or not self.is_paid(file.plan)):
            return None
        return max([came_on(sheet), *days])

    def _comparison(self, file: CaseFile) -> Iterator[Task]:
        """Sheet against money: completion where they agree, else a report, and what the report asks of this side."""
        sheet, plan, both_in = file.got("InformationSheetSent"), file.plan, self._both_in(file)
        kept, _ = self._received(file)
        if sheet is None or both_in is None or file.wrote("TransferCompleted"):
            return
        if kept == (sheet.fields["total"] if self.is_paid(plan) else 0):
            if not _better_sheet_follows(file, sheet):
                yield Task(self._completed_on(plan, both_in), lambda today: self._complete(file, today, sheet))
            return
        reports = file.written.get("MismatchReported", [])
        if reports and _is_what_was_reported(reports[-1], sheet, kept):
            if reports[-1].fields["request"] == "take_back_excess":
                planned = self.some_days_after(wrote_on(reports[-1]), 3, plan, "excess", len(reports))
                giving_back = self.once_it_stands(planned, reports[-1])
                if giving_back is None:
                    return
                excess = kept - int(sheet.fields["total"])
                returned = Fen(
                    excess // 2 if plan.mismatches in _GIVEN_BACK_IN_HALVES and len(reports) == 1 else excess
                )
                yield Task(giving_back, lambda today: self._pay_back(file, today, returned))
            return
        assert len(reports) < len(plan.mismatches), "sheet and money differ only where the plan says so"
        form = mismatch(sheet, kept, plan.mismatches[len(reports)].value)
        key = f"{file.case}-M{len(reports) or ''}"
        day = self.some_days_after(both_in, 5, plan, "mismatch", len(reports))
        yield Task(day, lambda today: self.write(file, today, form, key, answers=sheet.event_id))

    def _completed_on(self, plan: Plan, both_in: date) -> date:
        limit = self.limit("destination", Milestone.completed, both_in, plan.origin)
        late = plan.late is Late.CONFIRMATION
        days = self.days_beyond(limit, plan, "completion") if late else self.days_within(limit, plan, "completion")
        return self.after(both_in, days)

    def _complete(self, file: CaseFile, today: date, sheet: IncomingDocument) -> None:
        self.write(file, today, completion(sheet, today), f"{file.case}-B", answers=sheet.event_id)

    def _pay_back(self, file: CaseFile, today: date, excess: Fen) -> None:
        received: LocalDocument | None = file.wrote("FundsReceived")
        assert received is not None, "an excess has been received"
        reference, line = self.pay(file, today, file.plan.origin, excess, "B")
        form = excess_returned(received.fields, excess, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


_GIVEN_BACK_IN_HALVES = (
    (Mismatch.TAKE_BACK_EXCESS, Mismatch.TAKE_BACK_EXCESS),
    (Mismatch.TAKE_BACK_EXCESS, Mismatch.CORRECT_SHEET),
)


def _better_sheet_follows(file: CaseFile, sheet: IncomingDocument) -> bool:
    """After a wrong sheet, which the money now fits, the origin sends the right one on its own."""
    follows = (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP)
    return file.plan.mismatches == follows and int(sheet.fields["sheet_version"]) == 1


def _is_what_was_reported(reported: LocalDocument, sheet: IncomingDocument, kept: Fen) -> bool:
    """Whether sheet and money still differ in the way that was reported last."""
    situation = (reported.fields["sheet_version"], reported.fields["received"])
    return situation == (sheet.fields["sheet_version"], kept)


def _with_a_typing_error(reference: str) -> str:
    """The reference with one digit mistyped, which its check digits do not survive."""
    wrong = str((int(reference[4]) + 1) % 10)
    return f"{reference[:4]}{wrong}{reference[5:]}"
