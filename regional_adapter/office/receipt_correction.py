"""A bank slip (到账回单) from a file: reported as it is; one that corrects an earlier report takes that back first."""

from __future__ import annotations

from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.office import Office

_WRONG_SLIP = "到账回单更正"


def report_receipt(local: EmbeddedLocalSystem, form: Form, key: str, number: str, operator: str, at: int) -> bool:
    """Write the receipt, after taking back what was reported otherwise; False where this very receipt stands."""
    office = Office(local)
    case = office.case(number, at)
    before = [d for d in case.written(form.KIND) if d.key == key]
    if before and before[-1].fields == form.fields:
        return False
    if before:
        office.correct(case, before[-1].sequence, form.fields, _WRONG_SLIP, operator, at)
    else:
        office.write(case, form, key, operator, at)
    return True
