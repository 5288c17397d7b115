"""The written reason of a refusal or a return: the table's text of the code that the clerk gives."""

from __future__ import annotations

from jinbao.regional_adapter.office.action import Fields, Prefill
from jinbao.regional_adapter.office.case import Case
from jinbao.rules.reason_codes import REASON_CODES, ReasonKind


def codes(kind: ReasonKind) -> tuple[str, ...]:
    """The codes that a clerk may choose from."""
    return tuple(code for code, reason in REASON_CODES.items() if reason.kind == kind)


def with_reason(kind: ReasonKind, also: Prefill | None = None) -> Prefill:
    """Prefill the reason's text from its code; `also` prefills the rest."""

    def prefill(case: Case, given: Fields) -> Fields:
        reason = REASON_CODES.get(str(given.get("reason_code", "")))
        rest = also(case, given) if also else {}
        return dict(rest) | ({"reason_text": reason.text_zh} if reason and reason.kind == kind else {})

    return prefill
