"""The subjects, and every fact by its stored topic."""

from __future__ import annotations

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects import (
    agency_change,
    annulment,
    application,
    arrears,
    certificate,
    completion,
    contact_letter,
    deadline,
    identity_correction,
    information_sheet,
    lump_sum,
    mismatch,
    notification,
    origin_review,
    overlap,
    payment,
    receipt,
    reversal,
    settlement,
    suspension,
    temporary_account,
    transfer_offer,
    unassigned_funds,
    withdrawal,
)

SUBJECTS = (
    agency_change,
    annulment,
    application,
    arrears,
    certificate,
    completion,
    contact_letter,
    deadline,
    identity_correction,
    information_sheet,
    lump_sum,
    mismatch,
    notification,
    origin_review,
    overlap,
    payment,
    receipt,
    reversal,
    settlement,
    suspension,
    temporary_account,
    transfer_offer,
    unassigned_funds,
    withdrawal,
)


def _facts() -> dict[str, type[Fact]]:
    found: dict[str, type[Fact]] = {}
    for subject in SUBJECTS:
        for kind in vars(subject).values():
            if isinstance(kind, type) and issubclass(kind, Fact) and kind.TOPIC and kind.__module__ == subject.__name__:
                found[kind.TOPIC] = kind
    return found


FACTS = _facts()
"""Every fact: stored topic → class."""
