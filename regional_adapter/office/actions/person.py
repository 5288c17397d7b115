"""Actions about the person and the agency: death and the like, a corrected number, notices, a renamed agency."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.regional_adapter.forms.agency_change import AgencyChangedForm
from jinbao.regional_adapter.forms.identity_correction import IdentityCorrectedForm
from jinbao.regional_adapter.forms.notification import EmployerInformedForm, PersonInformedForm, informed
from jinbao.regional_adapter.forms.suspension import TransferFrozenForm
from jinbao.regional_adapter.office.action import Action, Fields, Prefill
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import ENDED, NONE, Situation
from jinbao.rules.notices import DEATH, TOLD, Notice, notices_due
from jinbao.rules.working_days import day_of

_BEGUN_BY_ONE_SIDE = ("account", "settlement", "document_holder", "none")


def _is_live(case: Case, now: Situation) -> bool:
    return now.state not in (*ENDED, NONE) and case.role not in _BEGUN_BY_ONE_SIDE


def _is_known(case: Case, now: Situation) -> bool:
    return now.state != NONE and case.role not in _BEGUN_BY_ONE_SIDE


def _identity(case: Case, given: Fields) -> Fields:
    """The person as the case knows them; the right number is the clerk's to say."""
    right = case.local.person(str(given.get("personal.number", "")))
    personal = {"number": right.number, "name": right.name} if right else {}
    return {"personal": {k: v for k, v in (case.personal() | personal).items() if k in _LETTER_FIELDS}}


_LETTER_FIELDS = ("number", "id_type", "name", "sex", "birth")


def notices_open(case: Case) -> Iterator[Notice]:
    """Notices about decisions of this agency that stand and that nobody has given yet."""
    told = {(d.kind, d.fields["about"]) for kind in _INFORMED for d in case.written(kind)}
    origin, destination = case.parties()
    for decision in case.outgoing:
        if decision.kind not in TOLD or not case.stands(decision) or not decision.stands:
            continue
        for notice in notices_due(
            decision.kind,
            decision.fields,
            origin=origin,
            destination=destination,
            sender=case.province,
            day=day_of(decision.written_at),
            has_died=_has_died(case),
        ):
            form = informed(notice, case.today)
            if notice.by == case.province and (form.KIND, notice.about) not in told:
                yield notice


_INFORMED = ("PersonInformed", "EmployerInformed")


def _has_died(case: Case) -> bool:
    return any(d.fields["cause"] == DEATH for d in case.documents("TransferFrozen"))


def _notice(kind: str) -> Prefill:
    def prefill(case: Case, given: Fields) -> Fields:
        forms = [informed(notice, case.today) for notice in notices_open(case)]
        wanted = [f for f in forms if kind == f.KIND and given.get("about", f.about) == f.about]
        return wanted[0].fields if wanted else {"informed_on": case.today}

    return prefill


def _agency(case: Case, given: Fields) -> Fields:
    return AgencyChangedForm(reason="renamed", valid_from=case.today, agency=case.agency).fields if case.agency else {}


ACTIONS = (
    Action("freeze", TransferFrozenForm, _is_live),
    Action("correct-identity", IdentityCorrectedForm, _is_live, _identity),
    Action("inform-person", PersonInformedForm, _is_known, _notice("PersonInformed")),
    Action("inform-employer", EmployerInformedForm, _is_known, _notice("EmployerInformed")),
    Action("change-agency", AgencyChangedForm, _is_live, _agency),
)
