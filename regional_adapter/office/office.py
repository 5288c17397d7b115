"""The office of one agency: what waits, a case with its documents, what can be done now, and doing it.

Everything that a clerk does goes through here, whoever asks: the command line, the automatic desk, a page. Values are
typed and no word is said: labels are `presentation`'s. What is submitted lies in the local system until the adapter
collects it; the platform decides, and its answer becomes the document's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.identity_correction import IdentityCorrectedForm
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.action import Action
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import Draft, OfficeError, drafted
from jinbao.regional_adapter.office.situation import Situation, situation_of
from jinbao.regional_adapter.office.waiting import Reason, Waiting, is_live, reasons_of, refused_of
from jinbao.rules.funds import FundsError
from jinbao.rules.procedures import Procedures, load_procedures
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import Agency
from jinbao.schemas.personal_fields import PersonFields

_NUMBERS = {"issue-certificate": "PZ", "open-account": "LZ", "offer-transfer": "FQ", "report-unknown-funds": "BM"}
"""How numbers begin of what is no application."""
Given = Mapping[str, Any]
"""What a clerk says, by field; of a record inside, by dotted path."""


class Office:
    """One agency's office."""

    def __init__(
        self, local: EmbeddedLocalSystem, agency: Agency | None = None, procedures: Procedures | None = None
    ) -> None:
        """`agency`: the agency's own data; what its adapter has kept in the local system unless given."""
        self._local = local
        self._agency = agency or local.agency()
        self._procedures = procedures or load_procedures()

    # --- looking ---

    def waiting(
        self, now: int, *, everything: bool = False, limit: int | None = None, after: str = ""
    ) -> list[Waiting]:
        """Cases that wait for a clerk, the most urgent first; `everything`: all that have not ended.

        `limit` asks for a page in order of number instead: at most so many, of the cases whose number is above `after`.
        """
        found: list[Waiting] = []
        page = -1 if limit is None else limit
        while numbers := self._local.live_cases(after, page):
            for after in numbers:
                case = self.case(after, now)
                situation = situation_of(case)
                why = reasons_of(case, situation)
                if why or (everything and situation.group != "ended"):
                    found.append(Waiting(case, situation, why))
                if len(found) == limit:
                    return found
        if limit is not None:
            return found
        order = ("overdue", "soon", "open", "others", "ended")
        return sorted(found, key=lambda w: (order.index(w.situation.group), str(w.situation.due or "9"), w.case.number))

    @property
    def province(self) -> str:
        """The agency's own province."""
        return self._local.province

    def live(self) -> list[str]:
        """Numbers of all cases that have not ended, and of those that have without anybody's being told."""
        return self._local.live_cases()

    def changed(self) -> tuple[list[str], int]:
        """Cases that have changed since they were `seen`, and the number of the last change."""
        return self._local.changed_cases()

    def seen(self, last: int) -> None:
        """Whoever keeps a list of cases has looked at the changes up to that number."""
        self._local.changes_seen(last)

    def waits(self, number: str, now: int) -> Waiting | None:
        """The one case with why it waits for a clerk, as `waiting` lists it; None where it does not."""
        case = self.case(number, now)
        situation = situation_of(case)
        why = reasons_of(case, situation) if is_live(case) else ()
        return Waiting(case, situation, why) if why else None

    def case(self, number: str, now: int) -> Case:
        """The case that documents name so, with all its documents; of one that has none, only the number."""
        transfer = self._local.transfer_of(number)
        came = self._local.incoming(transfer=transfer) if transfer else []
        out = self._local.documents(case=number)
        return Case(self._local, number, self._agency, self._procedures, day_of(now), out, came)

    def case_of(self, transfer: UUID, now: int) -> Case:
        """The case of a transfer id, under the number by which it began here; without documents where it is none."""
        number = self._local.case_of(transfer)
        return self.case(number if self._local.transfer_of(number) == transfer else transfer.hex, now)

    def find(self, name: str, now: int) -> Case:
        """The case that a clerk calls so: by its own number, transfer id, or letter. Raises OfficeError."""
        found = self._local.cases_called(name)
        if len(found) > 1:
            raise OfficeError("SEVERAL_CASES", name, ", ".join(found))
        if not found:
            raise OfficeError("NO_CASE", name)
        return self.case(found[0], now)

    def document(self, sequence: int, now: int) -> tuple[Case, LocalDocument]:
        """A document of this agency by its number, with its case. Raises OfficeError NO_DOCUMENT."""
        found = self._local.outgoing(sequence - 1, 1) if 0 < sequence < 2**63 else []
        if not found or found[0].sequence != sequence:
            raise OfficeError("NO_DOCUMENT", str(sequence))
        return self.case(found[0].case, now), found[0]

    def search(self, text: str) -> list[str]:
        """Cases by what a clerk knows of them: number, transfer id, letter, or the person's number or name in full."""
        person = text.upper() if text[:-1].isdecimal() else text  # a check digit X is typed as x
        return self._local.cases_called(text) or self._local.cases_of_person(person)

    def proposed_number(self, action: str, now: int) -> str:
        """A number that no case has yet, for what begins with the action."""
        return self._local.next_number(f"{_NUMBERS.get(action, '')}{day_of(now).year}-{self._local.province}-")

    def why(self, case: Case) -> tuple[Reason, ...]:
        """Why the case waits for a clerk; empty where it does not."""
        return reasons_of(case, situation_of(case))

    def refused(self, case: Case) -> list[LocalDocument]:
        """Documents of this agency that were refused and wait to be put right."""
        return refused_of(case)

    def takes_back(self, case: Case, sequence: int) -> bool:
        """Whether a document stands, or what stands in its stead: saying it again takes that back first.

        Raises OfficeError NO_DOCUMENT.
        """
        return case.stands(_standing(case, self._document(case, sequence)))

    def actions(self, case: Case) -> list[Action]:
        """What can be done on the case now, by what is known here."""
        now = situation_of(case)
        return [action for action in ACTIONS.values() if action.is_possible(case, now)]

    def can(self, case: Case, action: str) -> bool:
        """Whether one action is possible on the case now."""
        return action in ACTIONS and ACTIONS[action].is_possible(case, situation_of(case))

    def draft(self, case: Case, action: str, given: Given) -> Draft:
        """The prefilled form of an action, with what was given. Raises OfficeError."""
        return _draft(self._possible(case, action), case, given)

    def draft_or_none(self, case: Case, action: str) -> Draft | None:
        """The prefilled form as far as it is known; None where no form can be made now."""
        try:
            return self.draft(case, action, {})
        except OfficeError:
            return None

    def draft_again(self, case: Case, sequence: int) -> Draft:
        """A document of this agency as a draft, to be said again. Raises OfficeError NO_DOCUMENT, NOTHING_TO_ANNUL."""
        earlier = self._document(case, sequence)
        if earlier.kind not in FORMS or earlier.kind == "FactAnnulled":
            raise OfficeError("NOTHING_TO_ANNUL", str(sequence))
        return drafted(FORMS[earlier.kind], earlier.fields, {})

    def situation(self, case: Case) -> Situation:
        """State, turn and due day of a case, by what is known here."""
        return situation_of(case)

    # --- doing ---

    def submit(
        self,
        case: Case,
        action: str,
        given: Given,
        operator: str,
        at: int,
        key: str | None = None,
        *,
        again: bool = True,
    ) -> LocalDocument:
        """Write what an action says; `key` is the document's number where the office shall not count one.

        `again`: a document that was refused may be said again as it was.

        Raises OfficeError: NOT_POSSIBLE, FIELDS_MISSING, UNKNOWN_FIELD, BAD_FIELD, ALREADY_WRITTEN, NO_AMOUNT.
        """
        chosen = self._possible(case, action)
        form = _draft(chosen, case, given).finished()
        answered = chosen.answers(case)
        number = key or chosen.key(case, form)
        if not again and any((d.kind, d.key, d.fields) == (form.KIND, number, form.fields) for d in case.outgoing):
            raise OfficeError("ALREADY_WRITTEN", number)
        with self._local.batch():
            if self._local.count_of(case.number) != len(case.outgoing):
                case = self.case(case.number, at)  # somebody else was at it meanwhile
                self._refuse_twice(case, form, number)
                self._possible(case, action)
            if isinstance(form, ApplicationAcceptedForm):
                self._register(case, form)  # before: the document is about the applicant
            person = _whose(case, form) if chosen.begins and case.application is None else None
            written = self.write(case, form, number, operator, at, answered.event_id if answered else None, person)
            if not isinstance(form, ApplicationAcceptedForm):
                self._register(case, form)
            return written

    def annul(self, case: Case, sequence: int, reason: str, operator: str, at: int) -> LocalDocument:
        """Take back a document of this agency; one that was refused only rests, since the platform has none of it.

        Returns the annulment, or the document that rests. Raises OfficeError: NO_DOCUMENT, NOTHING_TO_ANNUL.
        """
        with self._local.batch():
            case = self.case(case.number, at)
            mistaken = self._document(case, sequence)
            if mistaken.state is DocumentState.REJECTED and not mistaken.is_dealt_with:
                self._local.released(mistaken)
                return self._document(self.case(case.number, at), sequence)
            if not case.stands(mistaken) or mistaken.kind == "FactAnnulled":
                raise OfficeError("NOTHING_TO_ANNUL", str(sequence))
            return self.write(case, annulment(mistaken, reason), f"{mistaken.key}-{sequence}", operator, at)

    def correct(
        self, case: Case, sequence: int, given: Given, reason: str, operator: str, at: int
    ) -> list[LocalDocument]:
        """Say a document of this agency again with other fields; one that stands is taken back first.

        What is said again goes out once the annulment is accepted, and is refused with it; then the earlier one stands
        and is what a further correction takes back.

        The platform takes an amount once and annuls nothing that was acted on: before the report of money, the
        mismatch that it caused is taken back too.

        Raises OfficeError: NO_DOCUMENT, UNKNOWN_FIELD, BAD_FIELD, ALREADY_WRITTEN, ALREADY_REPLACED.
        """
        with self._local.batch():
            case = self.case(case.number, at)
            earlier = self._document(case, sequence)
            form = drafted(self.draft_again(case, sequence).form, earlier.fields, given).finished()
            earlier = _standing(case, earlier)
            if not case.stands(earlier) and (taken_by := _replacement(case, earlier)):
                raise OfficeError("ALREADY_REPLACED", str(sequence), str(taken_by.sequence))
            self._refuse_twice(case, form, earlier.key)
            mistaken = [*_caused_by(case, earlier), earlier] if case.stands(earlier) else []
            written = [self.annul(case, d.sequence, reason, operator, at) for d in mistaken]
            follows = written[-1].sequence if written else None
            case = self.case(case.number, at)
            written.append(self.write(case, form, earlier.key, operator, at, earlier.answers, follows=follows))
        return written

    def write(
        self,
        case: Case,
        form: Form,
        key: str,
        operator: str,
        at: int,
        answers: UUID | None = None,
        person: str | None = None,
        *,
        follows: int | None = None,
    ) -> LocalDocument:
        """Write a form under a number of its own, whatever the case's state. Raises OfficeError ALREADY_WRITTEN.

        `person`: whose relationship it is about, where it begins something; `follows`: the annulment that must be
        accepted first. What is written while a document of the case waits for one goes out after that.
        """
        self._refuse_twice(case, form, key)
        same = [d for d in case.outgoing if d.kind == form.KIND and d.key == key]
        waits = [d.follows for d in case.outgoing if d.follows and d.state is DocumentState.WRITTEN]
        follows = follows or (waits[-1] if waits else None)
        attempt = 1 + sum(d.fields == form.fields or d.state is DocumentState.REJECTED for d in same)
        sequence = self._local.write_document(
            form.KIND, key, case.number, form.fields, operator, at, attempt, answers, None, person, follows
        )
        (written,) = self._local.outgoing(sequence - 1, 1)
        return written

    # --- within ---

    def _refuse_twice(self, case: Case, form: Form, key: str) -> None:
        """Raises OfficeError ALREADY_WRITTEN where the very document stands, naming it and who signed it."""
        for d in case.outgoing:
            if (d.kind, d.key, d.fields) == (form.KIND, key, form.fields) and case.stands(d):
                raise OfficeError("ALREADY_WRITTEN", key, f"{d.sequence} ({d.operator})")

    def _possible(self, case: Case, name: str) -> Action:
        if not self.can(case, name):
            raise OfficeError("NOT_POSSIBLE", name, ", ".join(a.name for a in self.actions(case)))
        return ACTIONS[name]

    def _document(self, case: Case, sequence: int) -> LocalDocument:
        found = [d for d in case.outgoing if d.sequence == sequence]
        if not found:
            raise OfficeError("NO_DOCUMENT", str(sequence), ", ".join(str(d.sequence) for d in case.outgoing))
        return found[0]

    def _register(self, case: Case, form: Form) -> None:
        """Keep in the local system what a form says of person and application: it is the clerk's own record of both.

        An application that is worked by hand is handled: the automatic desk leaves it.
        """
        application = case.application
        if isinstance(form, ApplicationAcceptedForm) and application is None:
            self._local.register_person(self._person(form.personal, form.hukou_province))
            application = Application(
                number=case.number,
                person=form.personal.number,
                origin=form.origin,
                applied_on=form.accepted_on,
                accepted_on=form.accepted_on,
                certificate_number=form.certificate_number,
            )
            self._local.register_application(application)
        if application and isinstance(form, ApplicationAcceptedForm) and form.personal.number != application.person:
            right = self._person(form.personal, form.hukou_province, before=case.person())
            self._local.change_applicant(application, right, work=False)
        elif isinstance(form, IdentityCorrectedForm):
            right = self._person(form.personal, None, before=case.person())
            self._local.register_person(right)
            if application is not None:
                self._local.change_applicant(application, right, work=False)
        elif application is not None:
            self._local.application_handled(application)

    def _person(self, told: PersonFields, hukou_province: str | None, before: Person | None = None) -> Person:
        """The person's record with what a form says of them; what it does not say stays as it is known."""
        known = self._local.person(told.number) or before
        record = msgspec.structs.asdict(known) if known else {}
        said = {name: value for name, value in msgspec.structs.asdict(told).items() if value is not None}
        hukou = {"hukou_province": hukou_province} if hukou_province else {}
        return Person(**{**record, **said, **hukou})


def _draft(action: Action, case: Case, given: Given) -> Draft:
    """The prefilled form, with what was given. Raises OfficeError."""
    try:
        known = action.prefill(case, given)
    except FundsError as error:
        raise OfficeError("NO_AMOUNT", error.path, error.fault) from None
    return drafted(action.form, known, given, action.choices)


def _standing(case: Case, document: LocalDocument) -> LocalDocument:
    """What stands in the stead of a document that was refused with the annulment of the one that it was to replace."""
    by_number = {d.sequence: d for d in case.outgoing}
    while document.state is DocumentState.REJECTED and document.follows is not None:
        earlier = by_number[by_number[document.follows].fields["annulled_document"]["sequence"]]
        if (earlier.kind, earlier.key) != (document.kind, document.key):
            break
        document = earlier
    return document


def _replacement(case: Case, earlier: LocalDocument) -> LocalDocument | None:
    """The document that has taken the place of one that does not stand."""
    same = (d for d in case.written(earlier.kind) if d.key == earlier.key and d.sequence > earlier.sequence)
    return next(same, None)


def _caused_by(case: Case, earlier: LocalDocument) -> list[LocalDocument]:
    """The last mismatch that was reported because of this report of money."""
    reports = case.written("MismatchReported") if earlier.kind == "FundsReceived" else []
    return [d for d in reports if d.sequence > earlier.sequence][-1:]


def _whose(case: Case, form: Any) -> str | None:
    """The number of the person with whom something begins here, or what stands for one where nobody is known."""
    if form.KIND == "UnassignedFundsReceived":
        return f"unassigned|{case.province}|{form.payment_reference}"
    return str(form.personal.number)
