"""The forms of a province, a file for each subject: `FORMS` lists them by the message type that each becomes."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.regional_adapter.forms import (
    agency_change as agency_change,
    annulment as annulment,
    application as application,
    arrears as arrears,
    certificate as certificate,
    completion as completion,
    contact_letter as contact_letter,
    identity_correction as identity_correction,
    information_sheet as information_sheet,
    lump_sum as lump_sum,
    mismatch as mismatch,
    notification as notification,
    origin_review as origin_review,
    overlap as overlap,
    payment as payment,
    reversal as reversal,
    settlement as settlement,
    suspension as suspension,
    temporary_account as temporary_account,
    transfer_offer as transfer_offer,
    unassigned_funds as unassigned_funds,
    withdrawal as withdrawal,
)
from jinbao.regional_adapter.forms.form import Form as Form, Source as Source

FORMS: Mapping[str, type[Form]] = {form.KIND: form for form in Form.__subclasses__()}
