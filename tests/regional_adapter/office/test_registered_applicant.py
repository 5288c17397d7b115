"""A number typed on a registered application is its applicant's from then on: no case is bound to a wrong number."""

from __future__ import annotations

from typing import Any

from support.country import now

from jinbao.regional_adapter.local.local_records import Application
from jinbao.rules.working_days import day_of


def test_a_number_that_a_clerk_puts_right_is_the_applicants(country: Any) -> None:
    clerk, wrong, right = country.clerk("41"), country.person("wrong"), country.person("right")
    country.insure("44", right)
    clerk.local.register_person(wrong)
    today = day_of(now())
    told = Application(number="A-1", person=wrong.number, origin="44", applied_on=today, accepted_on=today)
    clerk.local.register_application(told)
    number = {"personal__number": right.number, "personal__name": right.name}
    country.say("41", "A-1", "accept-application", **number)
    country.say("41", "A-1", "issue-letter")
    case = clerk.case("A-1")
    assert case.application.person == case.personal()["number"] == case.person().number == right.number
    ring = country.ring
    assert case.incoming[0].relationship_id == ring.relationship_id(right.number, "110")
