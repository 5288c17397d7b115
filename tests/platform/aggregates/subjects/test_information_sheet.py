"""Information sheet: versions, sums, months, and a sheet that contradicts itself."""

from __future__ import annotations

import pytest

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.fact import Fact
from jinbao.schemas import messages as m

SHEET = (0, 933_425, 432_000, 1_944_000)
TODAY = "2025-03-03"


def row(first, last, province="44", months=None, pooling=0, credit=0, year=None):
    return m.YearRow(
        year=year or first // 100,
        first_month=first,
        last_month=last,
        months=last - first + 1 if months is None else months,
        province=province,
        contribution_base_total=pooling * 100 // 12,
        account_rate_bp=800,
        account_credit=credit,
        account_interest=0,
        account_balance=credit,
        pooling=pooling,
    )


EXAMPLE_A = (
    row(201701, 201712, pooling=576_000, credit=384_000),
    row(201801, 201812, pooling=720_000, credit=480_000),
    row(201901, 201909, pooling=648_000, credit=432_000),
)


def test_a_sheet_for_the_former_letter_is_out_of_order(relationship, transfer):
    relationship.hear_all([*transfer.until_origin_review(), transfer.return_letter(), transfer.letter(2)])
    relationship.hear_all([transfer.letter_received(2), transfer.review(2)])
    assert relationship.hear(transfer.sheet(letter=1)) == Rejection("VERSION_OUT_OF_ORDER", "letter_version")


def test_a_sheet_must_add_up(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    wrong = transfer.sheet(individual_total=1)
    assert relationship.hear(wrong) == Rejection("SHEET_TOTALS_DIFFER", "individual_total")
    assert relationship.hear(transfer.sheet(total=1)) == Rejection("SHEET_TOTALS_DIFFER", "total")


def test_a_sheet_of_nothing_needs_no_payment(relationship, transfer):
    nothing = (0, 0, 0, 0)
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet(1, nothing), transfer.sheet_received()])
    relationship.hear_all([transfer.complete(1, nothing)])
    assert relationship.accounts() == {}


@pytest.fixture
def answer(relationship, transfer, at):
    """What becomes of a sheet with these rows and other fields."""
    relationship.hear_all(transfer.until_transfer(), at(TODAY))

    def hear(rows=EXAMPLE_A, parts=SHEET, **fields):
        paid = [r for r in rows if r.months]
        if paid:
            known = {"first_month": min(r.first_month for r in paid), "last_month": max(r.last_month for r in paid)}
            fields = {**known, "months": sum(r.months for r in paid), **fields}
        heard = relationship.hear(transfer.sheet(1, parts, rows=list(rows), **fields), at(TODAY))
        return "taken" if isinstance(heard, Fact) else heard

    return hear


def test_example_a_is_taken(answer):
    assert answer() == "taken"


def test_a_sheet_without_rows_is_taken_where_its_months_can_be(answer):
    assert answer(rows=[], first_month=201701, last_month=201709, months=9) == "taken"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"first_month": 201713}, "first_month"),
        ({"first_month": 201700}, "first_month"),
        ({"last_month": 201999}, "last_month"),
        ({"first_month": 201910, "last_month": 201909, "months": 0}, "last_month"),
        ({"first_month": 201701, "last_month": 201703, "months": 4}, "months"),
        ({"first_month": 202501, "last_month": 202504, "months": 4}, "last_month"),
    ],
)
def test_months_of_the_sheet_exist_run_forwards_have_come_and_are_enough(answer, fields, field):
    assert answer(rows=[], **fields) == Rejection("SHEET_MONTHS_WRONG", field)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (row(201813, 201813, months=1), "rows[1].first_month"),
        (row(201801, 201814, months=12), "rows[1].last_month"),
        (row(201812, 201801, months=12), "rows[1].last_month"),
        (row(201801, 201812, months=11), "rows[1].months"),
        (row(201801, 201806, months=12), "rows[1].months"),
        (row(201801, 201812, year=2019), "rows[1].year"),
        (row(201801, 201902, months=12), "rows[1].year"),
        (row(202501, 202504), "rows[1].last_month"),
        (row(201712, 201712), "rows[1].first_month"),
        (row(201901, 201901), "rows[2].first_month"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_months_of_a_row_exist_agree_with_its_year_and_lie_in_no_other_row(answer, changed, field):
    rows = (EXAMPLE_A[0], changed, EXAMPLE_A[2])
    wide = {"first_month": 201701, "last_month": 201909}
    assert answer(rows, **wide) == Rejection("SHEET_MONTHS_WRONG", field)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"first_month": 201702}, Rejection("SHEET_MONTHS_WRONG", "first_month")),
        ({"last_month": 201910}, Rejection("SHEET_MONTHS_WRONG", "last_month")),
        ({"months": 32}, Rejection("SHEET_MONTHS_WRONG", "months")),
        ({"pooling_total": 1_944_001, "total": 3_309_426}, Rejection("SHEET_TOTALS_DIFFER", "pooling_total")),
        ({"individual_total": 1_365_426}, Rejection("SHEET_TOTALS_DIFFER", "individual_total")),
        ({"total": 3_309_426}, Rejection("SHEET_TOTALS_DIFFER", "total")),
    ],
)
def test_the_sheet_says_what_its_rows_say(answer, fields, why):
    assert answer(**fields) == why


def test_more_credited_in_the_year_than_in_all_rows_is_a_contradiction(answer):
    parts = (0, 69_424, 1_296_001, 1_944_000)
    assert answer(parts=parts) == Rejection("SHEET_TOTALS_DIFFER", "current_year_principal")


def test_months_paid_in_two_provinces_at_once_are_legal_and_count_once_or_as_they_are_written(answer):
    rows = (
        row(201801, 201812, "44", pooling=900_000, credit=480_000),
        row(201807, 201812, "32", pooling=1_044_000, credit=432_000),
    )
    assert answer(rows, months=11) == Rejection("SHEET_MONTHS_WRONG", "months")
    assert answer(rows, months=19) == Rejection("SHEET_MONTHS_WRONG", "months")
    assert answer(rows, months=18) == "taken"


def test_months_that_overlap_may_be_counted_once(answer):
    rows = (
        row(201801, 201812, "44", pooling=900_000, credit=480_000),
        row(201807, 201812, "32", pooling=1_044_000, credit=432_000),
    )
    assert answer(rows, months=12) == "taken"


def test_a_year_whose_base_changed_has_two_rows_and_a_year_without_months_may_have_one(answer):
    rows = (
        row(201801, 201806, pooling=900_000, credit=480_000),
        row(201807, 201812, pooling=1_044_000, credit=432_000),
        row(202001, 202001, months=0),
    )
    assert answer(rows) == "taken"


def test_the_province_is_told_code_and_field(platform, transfer):
    platform.take(*transfer.until_transfer(), transfer.sheet(first_month=201713))
    assert platform.outcomes()[-1] == ("REJECTED", "SHEET_MONTHS_WRONG")
    said = platform.inbox("44")[-1]
    assert (said.code, said.field) == ("SHEET_MONTHS_WRONG", "first_month")
    assert "月份" in said.text_zh
