"""A bank slip (到账回单) that corrects an earlier one: what was reported is taken back, then said as it is.

The platform takes an amount once: a report that stands, or may still come to stand, is annulled first, and before it
the mismatch that it caused. A report that was refused needs no annulment.
"""

from __future__ import annotations

from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentState, LocalDocument

_WRONG_SLIP = "到账回单更正"


def standing(local: EmbeddedLocalSystem, case: str, kind: str, key: str | None = None) -> list[LocalDocument]:
    """The case's documents of a kind that were not refused and are not being taken back, in order."""
    annulments = local.documents(case=case, kind="FactAnnulled")
    taken_back = {
        a.fields["annulled_document"]["sequence"] for a in annulments if a.state is not DocumentState.REJECTED
    }
    known = local.documents(case=case, kind=kind, key=key)
    return [d for d in known if d.state is not DocumentState.REJECTED and d.sequence not in taken_back]


def report_receipt(local: EmbeddedLocalSystem, form: Form, key: str, case: str, operator: str, at: int) -> bool:
    """Write the receipt, after taking back what was reported otherwise; False where this very receipt stands."""
    said = form.fields
    before = standing(local, case, form.KIND, key)
    if before and before[-1].fields == said:
        return False
    if before:
        caused = [d for d in standing(local, case, "MismatchReported") if d.sequence > before[-1].sequence]
        for mistaken in (*caused[-1:], *before):
            taking_back = annulment(mistaken, _WRONG_SLIP)
            local.write_document(taking_back.KIND, f"{key}-{mistaken.sequence}", case, taking_back.fields, operator, at)
    again = sum(d.fields == said for d in local.documents(case=case, kind=form.KIND, key=key))
    local.write_document(form.KIND, key, case, said, operator, at, attempt=1 + again)
    return True
