"""In the synthetic nation, too, banks and persons hear only of what the platform has accepted."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.simulator.clerks.case_file import stood_on, wrote_on
from jinbao.simulator.nation import Nation

pytestmark = pytest.mark.slow

_PURPOSE = 16
"""Place of a payment's purpose in its reference; A: the main payment of a case."""


def test_every_payment_order_was_given_after_the_review_was_accepted(whole_nation: Nation) -> None:
    ordered = 0
    for entry in whole_nation.banks.entries():
        if entry.amount > 0 or entry.reference[_PURPOSE] != "A":
            continue
        local = whole_nation.offices[entry.province].local
        reviews = local.documents(case=entry.transfer_id.hex, kind="OriginReviewPassed")
        assert any(_before(review, entry.booked_on) for review in reviews), entry
        ordered += 1
    assert ordered > 100


def test_everybody_was_told_after_the_decision_was_accepted(whole_nation: Nation) -> None:
    told: Counter[str] = Counter()
    for office in whole_nation.offices.values():
        for kind in ("PersonInformed", "EmployerInformed"):
            for notice in office.local.documents(kind=kind):
                decisions = office.local.documents(case=notice.case, kind=notice.fields["about"])
                assert any(_before(decision, wrote_on(notice)) for decision in decisions), notice
                told[kind] += 1
    assert min(told.values()) > 100


def test_every_document_of_a_nation_that_has_ended_has_its_outcome(whole_nation: Nation) -> None:
    for office in whole_nation.offices.values():
        assert [d for d in office.local.documents() if d.is_open] == []


def _before(document: LocalDocument, day: date) -> bool:
    accepted = stood_on(document)
    return accepted is not None and accepted < day
