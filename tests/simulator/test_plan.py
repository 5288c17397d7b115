"""The scripts of the default nation: shares, paths, routes, persons."""

from __future__ import annotations

from collections import Counter

import pytest

from jinbao.simulator.scenario.distribution import DESTINATIONS, ORIGINS
from jinbao.simulator.scenario.plan import Incident, Mismatch, Order, Path, Plan, make_plan, person_of, transfers_of
from jinbao.simulator.scenario.special_cases import SpecialCase

RETURNED = {Path.RETURNED_AND_SENT_AGAIN, Path.RETURNED_AND_CLOSED, Path.WITHDRAWN_BY_AGREEMENT}


@pytest.fixture(scope="module", params=[1, 7, 2025])
def plans(request: pytest.FixtureRequest) -> list[Plan]:
    return [make_plan(request.param, index, 250) for index in range(2_000)]


def test_shares_are_the_assumed_ones(plans: list[Plan]) -> None:
    share = {
        "returned": sum(p.path in RETURNED for p in plans) / len(plans),
        "late": sum(p.late is not None for p in plans) / len(plans),
        "mismatch": sum(p.mismatch is not None for p in plans) / len(plans),
    }
    assert share["returned"] == pytest.approx(0.08, abs=0.005)
    assert share["late"] == pytest.approx(0.12, abs=0.005)
    assert share["mismatch"] == pytest.approx(0.01, abs=0.003)


def test_of_ten_thousand_transfers_as_many_end_in_each_way_as_assumed() -> None:
    """What a plan says is what happens: see test_every_path.py."""
    plans = [make_plan(7, index, 250) for index in range(10_000)]
    ended = Counter(p.special or p.path for p in plans)
    share = {end: count / len(plans) for end, count in ended.items()}
    assert share[Path.REFUSED] == pytest.approx(0.03, abs=0.005)
    assert share[Path.WITHDRAWN] + share[Path.WITHDRAWN_BY_AGREEMENT] == pytest.approx(0.02, abs=0.005)
    closed = (
        share[Path.RETURNED_AND_CLOSED]
        + share[SpecialCase.DIES_AFTER_REMITTANCE]
        + share[SpecialCase.LOSES_NATIONALITY]
    )
    assert closed == pytest.approx(0.0175, abs=0.005)
    assert 0 < share[SpecialCase.REVERSED] < 0.005
    assert ended.keys() == {*Path, *SpecialCase}


def test_every_path_order_mismatch_and_incident_is_planned(plans: list[Plan]) -> None:
    assert {p.path for p in plans} == set(Path)
    assert {p.order for p in plans} == set(Order)
    assert {p.mismatch for p in plans} == {None, *Mismatch}
    assert {p.incident for p in plans} == {None, *Incident}


def test_routes_follow_the_weights_and_never_lead_home(plans: list[Plan]) -> None:
    assert all(p.origin != p.destination for p in plans)
    origins, destinations = Counter(p.origin for p in plans), Counter(p.destination for p in plans)
    for counts, weights in ((origins, ORIGINS), (destinations, DESTINATIONS)):
        for province in ("44", "33", "41", "51", "31"):
            assert counts[province] / len(plans) == pytest.approx(weights[province] / 100, abs=0.035)


def test_weights_are_per_cent_of_32_provinces() -> None:
    for weights in (ORIGINS, DESTINATIONS):
        assert len(weights) == 32
        assert sum(weights.values()) == pytest.approx(100.0)


def test_some_persons_collect_from_three_origins_towards_one_destination(plans: list[Plan]) -> None:
    for person in {p.person for p in plans}:
        own = [p for p in plans if p.person == person]
        assert [p.index for p in own] == list(transfers_of(person, len(plans)))
        assert len({p.destination for p in own}) == 1
        assert len({p.origin for p in own}) == len(own)
    assert Counter(Counter(p.person for p in plans).values())[3] == 50


def test_applications_fall_into_the_first_60_per_cent_of_the_days(plans: list[Plan]) -> None:
    assert 0 <= min(p.applied_on_day for p in plans) < 5
    assert 140 < max(p.applied_on_day for p in plans) < 150
    assert {make_plan(3, index, 1).applied_on_day for index in range(50)} == {0}


def test_a_plan_does_not_depend_on_how_many_there_are() -> None:
    assert [person_of(i) for i in range(7)] == [0, 0, 0, 3, 3, 5, 6]
    assert make_plan(7, 123, 250) == make_plan(7, 123, 250)
    assert make_plan(8, 123, 250) != make_plan(7, 123, 250)
