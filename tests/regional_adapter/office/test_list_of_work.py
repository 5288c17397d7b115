"""The list of what waits: pages in order of number, and a refused document leaves it when it is said again or rests."""

from __future__ import annotations

import time
from typing import Any

from jinbao.regional_adapter.local.document_state import DocumentState


def now() -> int:
    return time.time_ns() // 1_000


def refused(country: Any, number: str) -> Any:
    """A second application of the same person, which the platform refuses."""
    country.to_letter("A-1")
    clerk = country.clerk("41")
    known = clerk.said["ApplicationAccepted"].fields
    given = {"origin": known["origin"], "personal": known["personal"]}
    clerk.office.submit(clerk.office.case(number, now()), "accept-application", given, "li", now())
    country.settle()
    return clerk


def waiting(clerk: Any, **page: Any) -> list[str]:
    return [found.case.number for found in clerk.office.waiting(now(), **page)]


def test_a_refused_application_leaves_the_list_when_a_clerk_lets_it_rest(country: Any) -> None:
    clerk = refused(country, "A-2")
    (document,) = clerk.case("A-2").outgoing
    assert document.state is DocumentState.REJECTED
    assert "A-2" in waiting(clerk)
    rests = clerk.office.annul(clerk.case("A-2"), document.sequence, "重复受理", "li", now())
    assert (rests.sequence, rests.state, rests.is_dealt_with) == (document.sequence, DocumentState.REJECTED, True)
    assert "A-2" not in waiting(clerk)
    assert clerk.case("A-2").outgoing == [rests], "nothing was written: the platform has none of it"


def test_pages_in_order_of_number_hold_what_the_whole_list_holds(country: Any) -> None:
    clerk = refused(country, "A-2")
    whole, pages, after = sorted(waiting(clerk, everything=True)), [], ""
    while page := waiting(clerk, everything=True, limit=1, after=after):
        pages += page
        after = page[-1]
    assert pages == whole
    assert len(pages) == 2


def test_a_case_is_found_by_its_transfer_id_before_anything_has_come_in(country: Any) -> None:
    person = country.person("A-1")
    told = {"personal__number": person.number, "personal__name": person.name, "origin": "44"}
    country.say("41", "A-1", "accept-application", **told)
    clerk = country.clerk("41")
    transfer = clerk.case("A-1").transfer
    assert clerk.case("A-1").incoming == []
    assert clerk.case(transfer.hex).number == clerk.case(str(transfer)[:13]).number == "A-1"
