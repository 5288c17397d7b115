"""Corrections: what is said again counts once, whatever becomes of its annulment and whoever else corrects."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.office.draft import OfficeError

OTHER = {"payment_reference": "RF18539007547034"}


def now() -> int:
    return time.time_ns() // 1_000


def slips(country: Any) -> list[tuple[str, str]]:
    """Kind and state of what was said of money at the destination, in order."""
    found = country.clerk("41").case("A-1").outgoing
    return [(d.kind, d.state.name) for d in found if d.kind in ("FundsReceived", "FactAnnulled")]


def correct(country: Any, sequence: int, given: dict[str, Any], operator: str = "li") -> list[Any]:
    clerk = country.clerk("41")
    return list(clerk.office.correct(clerk.case("A-1"), sequence, given, "看错", operator, now()))


def refused(country: Any, sequence: int, given: dict[str, Any]) -> tuple[str, str, str]:
    with pytest.raises(OfficeError) as error:
        correct(country, sequence, given, "chen")
    return error.value.code, error.value.subject, error.value.expected[1]


def test_a_correction_is_refused_with_its_annulment_and_again_when_said_again(country: Any) -> None:
    country.to_confirmation("A-1")
    country.say("41", "A-1", "complete")
    clerk = country.clerk("41")
    slip, kept = clerk.said["FundsReceived"], clerk.case("A-1").kept()
    sequence = slip.sequence
    for times in (1, 2):
        sequence = correct(country, sequence, OTHER)[-1].sequence
        country.settle()
        again = [("FactAnnulled", "REJECTED"), ("FundsReceived", "REJECTED")]
        assert slips(country) == [("FundsReceived", "ACCEPTED"), *again * times]
        assert clerk.document(clerk.case("A-1").outgoing[-1]).code == "CANNOT_ANNUL"
        assert clerk.case("A-1").kept() == kept
        (found,) = [w for w in clerk.office.waiting(now()) if w.case.number == "A-1"]
        told = [("rejected", "FundsReceived CANNOT_ANNUL"), ("rejected", "FactAnnulled CANNOT_ANNUL")]
        assert [(w.code, w.detail) for w in found.why if w.code == "rejected"] == told


def test_a_correction_goes_out_once_its_annulment_is_accepted(country: Any) -> None:
    country.to_confirmation("A-1")
    clerk = country.clerk("41")
    annulled, again = correct(country, clerk.said["FundsReceived"].sequence, OTHER)
    clerk.adapter.step(now())
    assert (clerk.document(annulled).state, clerk.document(again).state) == (DocumentState.SENT, DocumentState.WRITTEN)
    second = correct(country, again.sequence, OTHER | {"payment_line": 2})
    country.settle()
    assert clerk.document(second[-1]).state is DocumentState.ACCEPTED
    assert [d.fields["payment_line"] for d in clerk.case("A-1").written("FundsReceived")] == [2]
    assert all(state == "ACCEPTED" for _, state in slips(country))


def test_two_clerks_who_correct_one_slip_at_once_count_once(country: Any) -> None:
    country.to_confirmation("A-1")
    clerk = country.clerk("41")
    slip, stale = clerk.said["FundsReceived"], clerk.case("A-1")
    (_, again) = correct(country, slip.sequence, OTHER)
    replaced = ("ALREADY_REPLACED", str(slip.sequence), str(again.sequence))
    with pytest.raises(OfficeError) as error:
        clerk.office.correct(stale, slip.sequence, {"payment_line": 3}, "看错", "chen", now())
    assert (error.value.code, error.value.subject, error.value.expected[1]) == replaced
    with pytest.raises(OfficeError) as error:
        clerk.office.annul(stale, slip.sequence, "看错", "chen", now())
    assert error.value.code == "NOTHING_TO_ANNUL"
    country.settle()
    assert refused(country, slip.sequence, {"payment_line": 3}) == replaced
    assert refused(country, again.sequence, {}) == ("ALREADY_WRITTEN", again.key, f"{again.sequence} (li)")
    assert len(clerk.case("A-1").written("FundsReceived")) == 1


def test_a_second_clerk_is_told_who_signed_the_same(country: Any) -> None:
    letter = country.to_sheet("A-1")
    country.say("44", letter, "order-payment")
    clerk = country.clerk("41")
    both = clerk.case("A-1"), clerk.case("A-1")
    first = clerk.office.submit(both[0], "report-funds", {}, "li", now())
    with pytest.raises(OfficeError) as error:
        clerk.office.submit(both[1], "report-funds", {}, "chen", now())
    assert (error.value.code, error.value.expected[1]) == ("ALREADY_WRITTEN", f"{first.sequence} (li)")
