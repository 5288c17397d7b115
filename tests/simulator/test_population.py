"""The invented people: valid, unique, flagged, of a plausible age, with histories worth the amounts drawn."""

from __future__ import annotations

from datetime import date
from statistics import median

import pytest

from jinbao.regional_adapter.forms.information_sheet import funds_input
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.rules.funds import compute_transfer
from jinbao.rules.identity import check_identity
from jinbao.simulator.population.persons import AGE_LIMITS, make_history, make_person, stretches
from jinbao.simulator.scenario.plan import Plan, make_plan, person_of, transfers_of

APPLIED_ON = date(2025, 3, 3)
Life = tuple[Plan, Person, tuple[ContributionRow, ...], Account]


def lives(seed: int, transfers: int) -> list[Life]:
    found = []
    plans = [make_plan(seed, index, 250) for index in range(transfers)]
    for first in (index for index in range(transfers) if person_of(index) == index):
        own = tuple(plans[index] for index in transfers_of(first, transfers))
        life = stretches(seed, own, APPLIED_ON)
        person = make_person(seed, own[0], life, APPLIED_ON)
        for plan in own:
            history = make_history(seed, plan, person, life[plan.index], APPLIED_ON)
            found.append((plan, person, history.rows, history.account))
    return found


@pytest.fixture(scope="module")
def everybody() -> list[Life]:
    return lives(7, 1_500)


def test_numbers_are_valid_unique_and_of_no_real_county(everybody: list[Life]) -> None:
    by_person = {plan.person: person for plan, person, _, _ in everybody}
    assert len({person.number for person in by_person.values()}) == len(by_person)
    for person in by_person.values():
        assert check_identity(person.number, on=APPLIED_ON).valid
        assert person.number[2:4] == "99"
        assert person.name.startswith("合成")
        assert person.synthetic


def test_totals_by_the_rules_have_the_assumed_median(everybody: list[Life]) -> None:
    totals = [
        compute_transfer(funds_input(rows, account, APPLIED_ON, plan.origin)).total
        for plan, _, rows, account in everybody
    ]
    assert median(totals) == pytest.approx(900_000, rel=0.12)
    assert sum(totals) / len(totals) == pytest.approx(1_900_000, rel=0.15)
    assert max(totals) < 90_000_000


def test_stretches_of_one_person_do_not_overlap(everybody: list[Life]) -> None:
    for first in {plan.person for plan, _, _, _ in everybody}:
        months = [
            row.year * 12 + month
            for plan, _, rows, _ in everybody
            if plan.person == first
            for row in rows
            for month in range(row.first_month, row.first_month + row.months)
        ]
        assert len(months) == len(set(months))


def test_people_are_grown_up_and_young_enough_or_go_home(everybody: list[Life]) -> None:
    for plan, person, rows, account in everybody:
        assert person.birth is not None
        assert rows[0].year - person.birth.year >= 18
        if APPLIED_ON.year - person.birth.year > AGE_LIMITS[person.sex] and plan.reason is None:
            assert person.hukou_province == everybody_destination(everybody, plan)
        if account.temporary:
            assert rows[0].year - person.birth.year >= AGE_LIMITS[person.sex]


def everybody_destination(everybody: list[Life], plan: Plan) -> str:
    first = next(p for p, _, _, _ in everybody if p.person == plan.person)
    return first.destination if first.reason != "AGE_LIMIT_TEMPORARY_ACCOUNT" else first.origin


def test_there_are_old_accounts_and_temporary_ones(everybody: list[Life]) -> None:
    accounts = [account for _, _, _, account in everybody]
    assert any(account.account_before_1998 for account in accounts)
    assert any(account.account_at_previous_year_end for account in accounts)
    assert sum(account.temporary for account in accounts) == pytest.approx(12, abs=6)
