"""The parts behind the special cases: numbers, mismatches twice over, banks' side ways, the law changed under way."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from jinbao.platform.national_platform import law_in_force
from jinbao.regional_adapter.local.local_records import Person
from jinbao.rules.identity import check_digit
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import PERSONS, BankRefusal, Banks, OrderLine
from jinbao.simulator.law import amended, amendment_day, simulated_law
from jinbao.simulator.paths import EARLIER_PATHS, PATHS
from jinbao.simulator.population.mistaken_identity import corrected, known_as
from jinbao.simulator.scenario.mismatch_sums import first_payment, missing_months, top_up_amount
from jinbao.simulator.scenario.plan import INFORMATION_ONLY_ORIGIN, Mismatch, Path as CasePath, Plan, make_plan
from jinbao.simulator.scenario.special_cases import CORRECTED, SPECIAL_CASES, SpecialCase
from jinbao.simulator.virtual_clock import VirtualClock

REFERENCE = make_payment_reference("414420250102A")
DAY = date(2025, 1, 2)


@given(
    birth=st.dates(date(1960, 1, 1), date(1999, 12, 31)),
    sequence=st.integers(0, 999),
    special=st.sampled_from(sorted(CORRECTED)),
)
def test_a_number_is_known_wrongly_and_corrected_to_what_it_was(
    birth: date, sequence: int, special: SpecialCase
) -> None:
    first17 = f"419907{birth:%Y%m%d}{sequence:03d}"
    person = Person(number=first17 + check_digit(first17), name="合成赵〇〇〇一", birth=birth, hukou_province="41")
    known = known_as(special, person)
    assert known.number != person.number
    assert corrected(special, known) == person


@pytest.mark.parametrize("first", Mismatch)
@pytest.mark.parametrize("second", [None, *Mismatch])
def test_sheet_and_money_meet_after_each_mismatch_and_not_before(first: Mismatch, second: Mismatch | None) -> None:
    """The clerks' arithmetic played without them: what is asked for, done, and asked for again."""
    plan = _plan_with(first, second)
    right = Fen(1_200_007)
    stated = {0: right, 1: Fen(1_100_000), 2: Fen(1_000_000)}
    version = 1
    kept = first_payment(plan.mismatches, right, stated[missing_months(plan, 1)])
    for reports, asked in enumerate(plan.mismatches, start=1):
        sheet = stated[missing_months(plan, version)]
        if kept == sheet and plan.mismatches == (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP):
            version, sheet = 2, stated[missing_months(plan, 2)]
        assert kept != sheet, "there is something to report"
        match asked:
            case Mismatch.CORRECT_SHEET:
                version += 1
            case Mismatch.TOP_UP:
                assert kept < sheet
                kept = Fen(kept + top_up_amount(plan.mismatches, reports, Fen(sheet - kept), right, kept))
            case Mismatch.TAKE_BACK_EXCESS:
                assert kept > sheet
                halves = second in (Mismatch.TAKE_BACK_EXCESS, Mismatch.CORRECT_SHEET) and reports == 1
                kept = Fen(kept - ((kept - sheet) // 2 if halves else kept - sheet))
    assert (kept, stated[missing_months(plan, version)]) == (right, right)


def _plan_with(first: Mismatch, second: Mismatch | None) -> Plan:
    for index in range(20_000):
        plan = make_plan(7, index, 250)
        if (plan.mismatch, plan.second_mismatch) == (first, second):
            return plan
    raise AssertionError("every pair is drawn")


def test_the_special_cases_come_in_their_shares_and_disturb_no_planned_delay() -> None:
    plans = [make_plan(3, index, 250) for index in range(5_000)]
    taken = {special: sum(plan.special is special for plan in plans) for special in SpecialCase}
    for special, share in SPECIAL_CASES.items():
        assert 1 <= taken[SpecialCase(special)] <= 5_000 * share + 12
    for plan in plans:
        if plan.special is not None:
            assert (plan.path, plan.late, plan.incident) == (CasePath.STRAIGHT, None, None)
        if plan.origin == INFORMATION_ONLY_ORIGIN:
            assert plan.special is None
            assert not plan.mismatches


@pytest.fixture
def banks(tmp_path: Path) -> Banks:
    return Banks(tmp_path / "banks.sqlite", durable=False)


def _order(banks: Banks, line: OrderLine, payee: str = "41") -> None:
    banks.order(REFERENCE, "44", payee, [line], ordered_on=DAY, credited_on=DAY + timedelta(days=2))


def test_a_bounced_payment_comes_back_to_its_payer_and_reaches_nobody(banks: Banks) -> None:
    _order(banks, OrderLine(1, UUID(int=1), Fen(500), bounces=True))
    banks.post(DAY)
    assert [e.amount for e in banks.statement("44")] == [-500]
    banks.post(DAY + timedelta(days=2))
    assert [e.amount for e in banks.statement("44")] == [-500, 500]
    assert banks.statement("41") == []
    assert banks.post(DAY + timedelta(days=3)) == 0


def test_a_mistyped_name_stands_in_the_payees_statement_only(banks: Banks) -> None:
    _order(banks, OrderLine(1, UUID(int=1), Fen(500), named=UUID(int=2)))
    banks.post(DAY + timedelta(days=2))
    assert [e.transfer_id.int for e in banks.statement("44")] == [1]
    assert [e.transfer_id.int for e in banks.statement("41")] == [2]
    with pytest.raises(BankRefusal, match="another payment"):
        _order(banks, OrderLine(1, UUID(int=1), Fen(500)))


def test_what_goes_to_a_person_leaves_the_provinces_books(banks: Banks) -> None:
    _order(banks, OrderLine(1, UUID(int=1), Fen(500)), payee=PERSONS)
    banks.post(DAY + timedelta(days=2))
    assert [(e.province, e.amount) for e in banks.entries()] == [("44", -500)]
    assert banks.post(DAY + timedelta(days=3)) == 0


def test_the_amended_calendar_differs_in_two_days_after_its_release() -> None:
    law = law_in_force()
    clock = VirtualClock(DAY, 250, law.working_days)
    released, days = amendment_day(clock), amended(law, clock).working_days
    assert released is not None
    assert days.version != law.working_days.version
    span = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    changed = [d for d in span if days.is_working_day(d) != law.working_days.is_working_day(d)]
    holiday, saturday = changed
    assert released < holiday < saturday
    assert (days.is_working_day(holiday), days.is_working_day(saturday)) == (False, True)
    assert days.due(released, 30).date == law.working_days.due(released, 30).date, "one day off, one day on"
    assert days.due(released, 6).date != law.working_days.due(released, 6).date
    assert amended(law, VirtualClock(DAY, 5, law.working_days)) is law


def test_one_province_goes_over_to_information_only_while_clocks_run() -> None:
    clock = VirtualClock(DAY, 250, law_in_force().working_days)
    procedures = simulated_law(law_in_force(), clock).procedures
    first, last = (procedures.in_force(INFORMATION_ONLY_ORIGIN, day) for day in (DAY, clock.calendar[-1]))
    assert (first.money, last.money) == ("per_person", "none")
    assert procedures.money("44", "41", clock.calendar[-1]) == "per_person"


def test_each_path_stands_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
    assert [path for path in (*PATHS, *EARLIER_PATHS) if f"`{path}`" not in page] == []
