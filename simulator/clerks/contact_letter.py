"""Contact letters: the decision on an application, what goes wrong beside it, and what follows a return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.contact_letter import contact_letter, letter_number
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
                yield self.task(file, day, "refuse-application", f"{file.case}-R", reason_code=plan.reason)
            case Path.WITHDRAWN:
                yield self.task(file, day, "withdraw", f"{file.case}-W", reason_text=_APPLICANT_WITHDREW)
            case _ if file.wrote("ApplicationAccepted"):
                yield self.task(file, day, "issue-letter", letter_number(file.case, 1))
            case _:
                yield Task(day, lambda today: self._send_letter(file, today))

    def _send_letter(self, file: CaseFile, today: date, attempt: int = 1) -> None:
        """The first letter out of its turn: before the application, or once more."""
        letter = contact_letter(file.case, self._application_form(file), self.agency_on(today))
        self.write(file, today, letter, letter.letter_number, attempt=attempt)

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
            yield Task(day, lambda today: self._send_letter(file, today, attempt=2))
        if plan.incident is Incident.RECORDED_AGAIN and attempts == 1:
            yield Task(self.after(first, 2), lambda today: self._send_letter(file, today, attempt=2))
        if plan.incident is Incident.WRONG_ROLE and not file.wrote("OriginReviewPassed"):
            form = ("OriginReviewPassed", {"letter_version": 1})
            yield Task(self.after(first, 1), lambda today: self.write(file, today, form, letter.key))
        if plan.path is Path.WITHDRAWN_BY_AGREEMENT and not file.wrote("WithdrawalRequested"):
            day = self.some_days_after(first, 2, plan, "withdrawal request")
            yield self.task(file, day, "request-withdrawal", f"{file.case}-WR", reason_text=_APPLICANT_WITHDREW)

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
            yield self.task(file, day, "withdraw", f"{file.case}-W", reason_text=_APPLICANT_WITHDREW)
        elif plan.path is Path.RETURNED_AND_CLOSED:
            yield self.task(file, day, "close", f"{file.case}-C", reason_text=_NOT_SENT_AGAIN)
        else:
            yield self.task(file, day, "issue-letter", letter_number(file.case, version + 1))
