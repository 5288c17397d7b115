"""Contact letters: the decision on an application, what goes wrong beside it, and what follows a return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm, refusal
from jinbao.regional_adapter.forms.contact_letter import contact_letter, letter_number
from jinbao.regional_adapter.forms.form import Form, read
from jinbao.regional_adapter.forms.withdrawal import TransferClosedForm, TransferWithdrawnForm, WithdrawalRequestedForm
from jinbao.simulator.clerks.annulment import MistakenRefusals
from jinbao.simulator.clerks.application import Applications
from jinbao.simulator.clerks.case_file import CaseFile, Task, came_on, wrote_on
from jinbao.simulator.scenario.plan import Incident, Path
from jinbao.simulator.scenario.special_cases import TAKEN_BACK, SpecialCase

WITHDRAWAL_AGREED = "WITHDRAWAL_AGREED"

_APPLICANT_WITHDREW = "申请人撤回申请"

_NOT_SENT_AGAIN = "申请人不再办理"


class ContactLetters(Applications, MistakenRefusals):
    """The destination answers an application with a letter, a refusal or a withdrawal."""

    def _decision(self, file: CaseFile) -> Iterator[Task]:
        plan = file.plan
        day = self._decided_on(file)
        if file.wrote("ContactLetterIssued") or file.wrote("TransferWithdrawn"):
            return
        if plan.special is SpecialCase.REFUSAL_TAKEN_BACK and not file.wrote("FactAnnulled"):
            yield from self.mistaken_refusal(file, day)
            return
        if file.wrote("ApplicationRefused") and plan.special is not SpecialCase.REFUSAL_TAKEN_BACK:
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
        """What this plan's incident makes the clerk do besides."""
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
        if (
            returned is None
            or plan.special in TAKEN_BACK
            or any(map(file.wrote, ("TransferWithdrawn", "TransferClosed")))
        ):
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
