"""The usual next step of a case: what a clerk does in its state unless there is a reason for something else.

It proposes and decides nothing: whatever else the office offers can be done instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.actions.person import notices_open
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, situation_of

_BY_STATE: Mapping[str, tuple[str, ...]] = {
    NONE: ("accept-application", "supply-lump-sum-document", "pay-settlement", "report-settlement-funds"),
    "application_review": ("issue-letter",),
    "returned": ("issue-letter",),
    "origin_review": ("pass-review", "send-sheet"),
    "transfer": ("send-sheet", "order-payment", "report-funds"),
    "confirmation": ("complete", "report-mismatch"),
    "mismatch": ("return-funds", "order-payment", "send-sheet", "report-funds", "complete"),
    "unassigned": ("assign-unknown-funds",),
}
"""By state, in order: the first that is possible and was not said since the state began."""


def usual_step(case: Case) -> str | None:
    """The name of the action; None where nothing is usual now, or it is the other side's turn."""
    now = situation_of(case)
    for notice in notices_open(case):
        return "inform-employer" if notice.to == "employer" else "inform-person"
    if now.turn not in ("", case.province):
        return None
    for name in _BY_STATE.get(now.state, ()):
        action = ACTIONS[name]
        said = _is_said(case, action.form.KIND, now.since)
        if action.is_possible(case, now) and (not said or (name == "report-funds" and case.announced())):
            return name
    return None


def _is_said(case: Case, kind: str, since: int) -> bool:
    """Whether we wrote such a document since an instant; as in the history, what was written later counts as later."""
    latest = 0
    for document in case.outgoing:
        latest = max(latest, document.written_at)
        if latest >= since and document.kind == kind and case.stands(document):
            return True
    return False
