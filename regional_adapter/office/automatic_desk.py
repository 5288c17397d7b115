"""An automatic desk: does for imported files what a clerk would do on the usual way, by the prefilled forms alone.

At the destination it accepts applications, or refuses those that the age rule excludes, writes letters, compares sheet
and money, completes or reports a mismatch. At the origin it reviews letters, returns those with a plain ground, sends
the sheet and orders the payment. What needs judgement waits for a clerk.

What acts outside waits until the platform has accepted what it rests on: the payment for the sheet, the completion for
the report of the money, the notice to person and employer for the decision. What a yearly settlement with another
province leaves to be paid is ordered as the platform states it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from jinbao.regional_adapter.exchange.set_aside import SetAside, concerns_everything, failed
from jinbao.regional_adapter.forms.application import application_form, refusal
from jinbao.regional_adapter.forms.contact_letter import contact_letter
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.actions.person import notices_open
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Given, Office
from jinbao.rules.continuation import Continuation, continue_at
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.procedures import Procedures
from jinbao.rules.working_days import day_of, end_of_day
from jinbao.schemas.incidents import incident_of
from jinbao.schemas.messages import Agency

_DOTS = str.maketrans("•‧・∙⋅.", "······")
_TOLD_ABOUT = {"ApplicationRefused": "R", "TransferCompleted": "C"}
"""Decisions of this desk that person or employer are told of, and how the numbers of their documents end: by that they
are known under whatever operator's name the desk signs. A clerk tells of his own."""
BATCH = 500
"""Maximum number of applications in one transaction."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that the desk leaves to a clerk, and why; names no person."""

    case: str
    reason: str


class Desk:
    """One province's automatic desk, signing as `operator`."""

    def __init__(
        self,
        local: EmbeddedLocalSystem,
        agency: Agency,
        operator: str = "desk",
        procedures: Procedures | None = None,
    ) -> None:
        """`procedures`: those in force, which say how money moves; the shipped ones unless others are named."""
        self._local = local
        self._office = Office(local, agency, procedures)
        self._agency = agency
        self._operator = operator
        self._nothing_to_do: tuple[object, ...] = ()
        self.waiting: tuple[Waiting, ...] = ()
        """What the last step left to a clerk."""
        self.set_aside: tuple[SetAside, ...] = ()
        """What the last step could not work; it is tried again when anything in the local system changes."""

    def step(self, now: int) -> int:
        """Do everything that can be done now (microseconds since 1970 UTC); the number of documents written."""
        state = (self._local.version(), day_of(now))
        if state == self._nothing_to_do:
            return 0
        before = self._local.last_sequence()
        waiting: list[Waiting] = []
        aside: list[SetAside] = []
        most = BATCH + len(self.set_aside)
        with self._local.batch():
            applications = self._local.pending_applications(most)
            for application in applications:
                with self._one("ApplicationAccepted", application.number, application.number, aside):
                    self._take_application(application, now)
                    self._local.application_handled(application)
            for letter in self._local.unanswered("ContactLetterIssued", ("InformationSheetSent", "TransferReturned")):
                with self._one(letter.kind, letter.local_document, str(letter.transfer_id), aside):
                    waiting += self._answer_letter(letter, now)
            for ours in self._local.to_release("InformationSheetSent"):
                with self._one(ours.kind, ours.key, ours.case, aside):
                    self._order_payment(ours, now)
            for application, sheet in self._local.sheets_to_check():
                with self._one(sheet.kind, sheet.local_document, application.number, aside):
                    waiting += self._check_money(application, sheet, now)
            for stated in self._newest_statements():
                with self._one(stated.kind, stated.local_document, stated.transfer_id.hex, aside):
                    self._settle(stated, now)
            for decision in self._local.to_release(*_TOLD_ABOUT):
                with self._one(decision.kind, decision.key, decision.case, aside):
                    self._inform(decision, now)
            written = self._local.last_sequence() - before
            self._local.leave_to_clerk([(w.case, w.reason) for w in (*waiting, *map(_unworkable, aside))])
        self.waiting, self.set_aside = tuple(waiting), tuple(aside)
        if written == 0 and len(applications) < most:
            self._nothing_to_do = (self._local.version(), day_of(now))
        return written

    def try_again(self) -> None:
        """Work everything in the next step, whatever has changed."""
        self._nothing_to_do = ()

    @contextmanager
    def _one(self, kind: str, document: str, case: str, aside: list[SetAside]) -> Iterator[None]:
        """Work on one record; where that fails nothing of it is kept, and the others go on."""
        try:
            with self._local.attempt():
                yield
        except Exception as error:
            if concerns_everything(error):
                raise
            subject, number = f"{kind} {document}", incident_of(error).number
            known = [what for what in self.set_aside if (what.subject, what.incident) == (subject, number)]
            aside.append(known[0] if known else failed(error, "desk", subject, kind=kind, cases=(case,)))

    # --- destination ---

    def _take_application(self, application: Application, now: int) -> None:
        """受理 and 联系函, or 不予受理; a corrected application after a return becomes the letter's next version.

        Written past the office: an application that is imported again with other content is said again, as its next
        attempt and in the letter, which the office offers to nobody while an acceptance stands.
        """
        person = self._local.person(application.person)
        assert person is not None, "an application is registered with its person"
        case = application.number
        transfer = self._local.transfer_of(case)
        returns = len(self._local.incoming("TransferReturned", transfer=transfer)) if transfer else 0
        accepted = application_form(application, person, self._local.province)
        if returns == 0:
            accepted_at = end_of_day(application.accepted_on - timedelta(days=1))
            self._write(accepted, case, case, accepted_at, attempt=application.attempt)
            place = continuation_of(application, person, self._local.province)
            if place is not None and place.outcome == "temporary_account":
                refused = refusal("AGE_LIMIT_TEMPORARY_ACCOUNT")
                self._write(refused, f"{case}-{_TOLD_ABOUT[refused.KIND]}", case, now)
                return
        letter = contact_letter(case, accepted, self._agency, returns + 1)
        number = letter.letter_number
        self._write(letter, number, case, now, attempt=application.attempt + self._rejections(transfer, number))

    def _rejections(self, transfer: UUID | None, key: str) -> int:
        """How often the platform rejected a letter: the next one must be another message to be heard."""
        if transfer is None:
            return 0
        answers = self._local.incoming("SubmissionAnswered", transfer=transfer)
        return sum(answer.fields.get("document", {}).get("key") == key for answer in answers)

    def _check_money(self, application: Application, sheet: IncomingDocument, now: int) -> Iterable[Waiting]:
        """办结 once sheet and money agree; a mismatch once all announced money is in. Only what stands counts."""
        number = application.number
        case = self._office.case(number, now)
        reported = case.written("FundsReceived")
        if any(d.is_open for d in reported):
            yield Waiting(number, "到账已报送，等待受理 / the report of the money is not accepted yet")
            return
        if refused := _refused_completion(case, sheet, reported):
            yield Waiting(number, f"办结未受理 / the completion was rejected: {refused.code}")
            return
        if self._office.can(case, "complete"):
            self._do(case, "complete", {}, f"{number}-{_TOLD_ABOUT['TransferCompleted']}", now)
        elif self._office.can(case, "report-mismatch") and reported and not case.announced():
            lines = {(d.fields["payment_reference"], d.fields["payment_line"]) for d in reported}
            key = f"{number}-M{sheet.fields['sheet_version']}-{len(lines)}"
            self._do(case, "report-mismatch", {}, key, now)
            yield Waiting(number, "信息表与到账金额不符 / sheet and money differ")
        else:
            yield Waiting(number, "等待到账 / waiting for the money")

    # --- origin ---

    def _answer_letter(self, letter: IncomingDocument, now: int) -> Iterable[Waiting]:
        """Review and sheet; or a return where the ground is plain."""
        personal = letter.fields["personal"]
        person = self._local.person(personal["number"])
        account = self._local.account(personal["number"])
        number = letter.transfer_id.hex
        if person is None or account is None or not self._local.history_is_complete(person.number):
            yield Waiting(number, "等待完整的缴费历史 / waiting for a complete contribution history")
            return
        case = self._office.case(number, now)
        ground = ground_for_return(person, account, personal, case.today)
        if ground is not None:
            if self._office.can(case, "return-letter"):
                self._do(case, "return-letter", {"reason_code": ground}, f"{letter.local_document}-T", now)
            return
        if not self._office.can(case, "send-sheet"):
            return
        try:
            version = self._office.draft(case, "send-sheet", {}).values["sheet_version"]
        except OfficeError as error:
            zh, en = error.expected
            yield Waiting(number, f"无法计算转移金额：{zh} / no amount can be computed: {en}")
            return
        if self._office.can(case, "pass-review"):
            self._do(case, "pass-review", {}, f"{letter.local_document}-V", now)
        self._do(case, "send-sheet", {}, _sheet_key(letter, version), now)

    def _order_payment(self, sheet: LocalDocument, now: int) -> None:
        """The payment for a first sheet of this desk that stands; the bank gets it once this stands as well."""
        case = self._office.case(sheet.case, now)
        letter = self._letter_of(case, sheet)
        total = Fen(sheet.fields["total"]) if sheet.fields["sheet_version"] == 1 else NO_FEN
        if letter is not None and total and case.is_paid() and self._office.can(case, "order-payment"):
            reference = _payment_reference(letter)
            order = {"payment_reference": reference, "payment_line": 1, "amount": total}
            self._do(case, "order-payment", order, f"{reference}-1", now)
        self._local.released(sheet)

    @staticmethod
    def _letter_of(case: Case, sheet: LocalDocument) -> IncomingDocument | None:
        """The letter that a sheet of this desk answers; None for a clerk's sheet, who orders the payment himself."""
        letters = [d for d in case.incoming if d.kind == "ContactLetterIssued"]
        answered = next((letter for letter in letters if letter.event_id == sheet.answers), None)
        is_ours = answered is not None and sheet.key == _sheet_key(answered, sheet.fields["sheet_version"])
        return answered if is_ours else None

    def _newest_statements(self) -> list[IncomingDocument]:
        """Of each year that this province settles with another, the platform's latest statement."""
        newest = {stated.transfer_id: stated for stated in self._local.incoming("SettlementStated")}
        return list(newest.values())

    def _settle(self, stated: IncomingDocument, now: int) -> None:
        """按期结算: what this province owes by the statement and has not ordered to be paid yet."""
        case = self._office.case(stated.transfer_id.hex, now)
        if self._office.can(case, "pay-settlement"):
            version = stated.fields["statement_version"]
            body = uuid5(stated.transfer_id, f"settlement-{case.province}-{version}").hex.upper()
            reference = make_payment_reference(body[:21])
            self._do(case, "pay-settlement", {"payment_reference": reference}, f"{reference}-1", now)

    # --- writing ---

    def _inform(self, decision: LocalDocument, now: int) -> None:
        """告知: whoever is to be told of a decision of this desk is told when it stands, and that is reported."""
        self._local.released(decision)
        if decision.key != f"{decision.case}-{_TOLD_ABOUT[decision.kind]}":
            return
        case = self._office.case(decision.case, now)
        for notice in notices_open(case):
            if notice.about == decision.kind:
                action = "inform-employer" if notice.to == "employer" else "inform-person"
                self._do(case, action, {"about": notice.about}, f"{case.number}-{notice.about}-{notice.to}", now)

    def _do(self, case: Case, action: str, given: Given, key: str, now: int) -> None:
        """Submit it, unless this very document was written before: what was refused is not said again unchanged."""
        try:
            self._office.submit(case, action, given, self._operator, now, key, again=False)
        except OfficeError as error:
            if error.code != "ALREADY_WRITTEN":
                raise

    def _write(self, form: Form, key: str, case: str, at: int, attempt: int = 1) -> None:
        self._local.write_document(form.KIND, key, case, form.fields, self._operator, at, attempt=attempt)


def _refused_completion(case: Case, sheet: IncomingDocument, received: list[LocalDocument]) -> LocalDocument | None:
    """A completion that the platform rejected, while nothing has changed that it rested on."""
    refused = [d for d in case.outgoing if d.kind == "TransferCompleted" and d.state is DocumentState.REJECTED]
    since = max([sheet.arrived_at, *(d.decided_at or 0 for d in received)])
    return refused[-1] if refused and refused[-1].written_at >= since else None


def _unworkable(what: SetAside) -> Waiting:
    """What was set aside, as the clerk of its case is told."""
    return Waiting(what.cases[0], f"搁置，程序出错，事件编号 {what.incident} / set aside, incident {what.incident}")


def continuation_of(application: Application, person: Person, province: str) -> Continuation | None:
    """Where the relationship continues by what lies here; None where that does not say enough."""
    if application.insured_on is None or person.birth is None or person.sex == "9":
        return None
    return continue_at(
        province,
        hukou=person.hukou_province,
        sex="male" if person.sex == "1" else "female",
        born=person.birth,
        insured_on=application.insured_on,
        job_transfer=application.job_transfer,
        hukou_since=person.hukou_since,
        on=application.accepted_on,
    )


def ground_for_return(person: Person, account: Account, personal: dict[str, str], on: date) -> str | None:
    """A return code where the origin's own records leave no choice on a day."""
    if _plain(person.name) != _plain(personal["name"]):
        return "IDENTITY_MISMATCH_AT_ORIGIN"
    if not account.contributions_stopped:
        return "CONTRIBUTIONS_NOT_STOPPED"
    if account.is_temporary(on):
        return "TEMPORARY_ACCOUNT_NOT_ELIGIBLE"
    return None


def _plain(name: str) -> str:
    """A name without what is only a way of writing: blanks, full width, and the several dots between foreign names."""
    return unicodedata.normalize("NFKC", name).translate(_DOTS).replace(" ", "")


def _sheet_key(letter: IncomingDocument, version: int) -> str:
    """Number of the sheet that this desk writes: by it a clerk's own is told from it."""
    return f"{letter.local_document}-S{version}"


def _payment_reference(letter: IncomingDocument) -> str:
    """A reference that is unique for good: derived from the transfer and the letter's version."""
    body = uuid5(letter.transfer_id, f"payment-{letter.fields['letter_version']}").hex.upper()
    return make_payment_reference(body[:21])
