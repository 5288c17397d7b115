"""`POST /desk/T`: a decision on a case, written once however often its form is sent; then the next case is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.annulment_reasons import ANNULMENT_REASONS, reason_text
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import Draft, OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.typed import given_of
from jinbao.regional_adapter.office.usual import usual_step
from jinbao.web.page import Action, Asker, Done, Page, the_own_province
from jinbao.web.province.case_page import TAKES_BACK, Which, form_name, found, view
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.errors import faults_of, missing, unread
from jinbao.web.province.forms import REASON, REMARK, Fault
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import WorkList, ref_of


class Decision(msgspec.Struct, frozen=True):
    """What a clerk says on a case."""

    transfer: str
    action: str
    position: int
    """That of the case when the clerk saw it."""
    fields: dict[str, Any] = {}
    """By name; texts as typed (amounts in yuan), other values as a form stores them (amounts in fen)."""
    document: int = 0
    key: str = ""
    """The same for a form that is sent again."""


class Cannot(Exception):
    """A decision that is not written: why, and with which status."""

    def __init__(self, status: int, code: str, faults: Sequence[Fault]) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.faults = faults


def decide(offices: Offices, page: Page) -> Action:
    """`POST /desk/{transfer}`; `page` shows the form again where something is wrong."""

    def act(asker: Asker, decision: Decision) -> Done:
        now, clerk = offices.clock.now_us(), asker.user.name
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, decision.transfer, now)
            texts = {name: text for name, text in decision.fields.items() if isinstance(text, str)}
            form = form_name(decision.action, decision.document)
            try:
                document = _write_once(asker, office, store, case, decision, now)
            except Cannot as error:
                store.keep(clerk, case.number, form, texts, now)
                query = Which(decision.transfer, decision.action, decision.document)
                case = office.case(case.number, now)
                again = view(offices, asker, office, store, case, query, now, texts, error.faults)
                return Done("", refusal(error), error.status, (page, again))
            store.forget(clerk, case.number, form)
            location = _next(offices, office, store, clerk, case, document, now)
        return Done(location, {"document": document}, 202)

    return Action("/desk/{transfer}", act, Decision, the_own_province)


def refusal(error: Cannot) -> Mapping[str, Any]:
    """What /api answers: the code, and what is wrong with which field."""
    first = error.faults[0]
    return {"error": first.text, "code": error.code, "field": first.field or None, "faults": error.faults}


def _write_once(asker: Asker, office: Office, store: DeskStore, case: Case, decision: Decision, now: int) -> int:
    """The document that the decision has written, now or when its form was sent before. Raises Cannot."""
    clerk, tr = asker.user.name, asker.tr
    if decision.key and (before := store.submitted(clerk, decision.key)):
        return before
    if not store.take(case.number, clerk, now):
        held = tr("该业务由 {} 办理", "{} has this case").format(store.holder(case.number))
        raise Cannot(409, "HELD_BY_ANOTHER", [Fault("", held)])
    with store.alone():
        if decision.key and (before := store.submitted(clerk, decision.key)):
            return before
        case = office.case(case.number, now)
        if case.position != decision.position:
            moved = tr(
                "业务已有变化，请重新核对；所填内容已保留", "the case has changed: look again; what you typed is kept"
            )
            raise Cannot(409, "CASE_MOVED", [Fault("", moved)])
        written = write(asker, office, case, decision, now)
        if decision.key:
            store.remember(clerk, decision.key, written, now)
    return written


def write(asker: Asker, office: Office, case: Case, decision: Decision, now: int) -> int:
    """Say it through the office; the number of the document. Raises Cannot."""
    tr, name, clerk = asker.tr, decision.action, asker.user.name
    message = ACTIONS[name].form.KIND if name in ACTIONS else ""
    try:
        if name in TAKES_BACK:
            takes_back = office.takes_back(case, decision.document)
            reason = _reason(asker, decision.fields) if takes_back else ""
            fields = {n: v for n, v in decision.fields.items() if n not in (REASON, REMARK)}
            if name == "annul":
                return office.annul(case, decision.document, reason, clerk, now).sequence
            plain = office.draft_again(case, decision.document)
            message = plain.form.KIND
            given = given_fields(asker, plain, fields)
            return office.correct(case, decision.document, given, reason, clerk, now)[-1].sequence
        given = given_fields(asker, office.draft(case, name, {}), decision.fields)
        return office.submit(case, name, given, clerk, now).sequence
    except OfficeError as error:
        status = 409 if error.code in ("NOT_POSSIBLE", "ALREADY_WRITTEN", "ALREADY_REPLACED") else 422
        raise Cannot(status, error.code, faults_of(tr, error, message)) from None


def given_fields(asker: Asker, plain: Draft, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a prefilled form, as the office takes it; texts are read as typed. Raises Cannot."""
    texts = {name: text for name, text in fields.items() if isinstance(text, str)}
    given, wrong = given_of(plain, texts)
    if wrong:
        raise Cannot(422, "BAD_FIELD", unread(asker.tr, wrong, plain.form.KIND))
    return given | {name: value for name, value in fields.items() if not isinstance(value, str)}


def _reason(asker: Asker, fields: Mapping[str, Any]) -> str:
    code, remark = str(fields.get(REASON, "")), str(fields.get(REMARK, ""))
    if code not in ANNULMENT_REASONS:
        raise Cannot(422, "FIELDS_MISSING", [missing(asker.tr, REASON, "FactAnnulled")])
    try:
        return reason_text(code, remark)
    except ValueError:
        raise Cannot(422, "FIELDS_MISSING", [missing(asker.tr, REMARK, "FactAnnulled")]) from None


def _next(offices: Offices, office: Office, store: DeskStore, clerk: str, case: Case, document: int, now: int) -> str:
    """The page of what is to be done next: this case while something usual is left on it, else the next of the list."""
    case = office.case(case.number, now)
    if office.refused(case) or usual_step(case) is not None:
        return f"/desk/{ref_of(case)}?done={document}"
    listed = WorkList(office, store, now, offices.severe_working_days)
    following = listed.take_next(clerk, but=case.number)
    return f"/desk/{following.ref}?done={document}" if following else f"/desk?done={document}"
