"""Consistency checks of an information sheet: months that do not exist, rows that overlap, sums that differ.

Nothing is recomputed here: what an account should have come to is a question of plausibility, which the clerk sees and
which is no ground for a refusal by itself (domain.md §3). Months in two provinces at once are legal, and several rows
for a year whose base changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from jinbao.schemas import messages as m

Wrong = tuple[str, str]
"""A code of rejection, and the field at fault."""
MONTHS = "SHEET_MONTHS_WRONG"
TOTALS = "SHEET_TOTALS_DIFFER"


def _ordinal(month: int) -> int:
    return month // 100 * 12 + month % 100


def _span(first: int, last: int) -> int:
    """Number of months from YYYYMM to YYYYMM, both counted."""
    return _ordinal(last) - _ordinal(first) + 1


def months_contradict(first: int, last: int, months: int, today: date, path: str = "") -> Wrong | None:
    """Whether two YYYYMM and the number of months paid between them cannot be: no such month, wrong way round, still to
    come, or more months than lie between. `path`: of the record in which they stand, as `rows[2].`."""
    for name, month in (("first_month", first), ("last_month", last)):
        if not 1 <= month % 100 <= 12 or month > today.year * 100 + today.month:
            return (MONTHS, f"{path}{name}")
    if first > last:
        return (MONTHS, f"{path}last_month")
    return (MONTHS, f"{path}months") if months > _span(first, last) else None


def contradiction(sheet: m.InformationSheetSent, today: date) -> Wrong | None:
    """What in the sheet cannot be true at once, with the field; None where it agrees with itself."""
    parts = sheet.individual_before_1998 + sheet.account_at_previous_year_end + sheet.current_year_principal
    if sheet.individual_total != parts:
        return (TOTALS, "individual_total")
    if sheet.total != sheet.individual_total + sheet.pooling_total:
        return (TOTALS, "total")
    months = 0 if sheet.rows else sheet.months  # months of two provinces may be more than lie between
    wrong = months_contradict(sheet.first_month, sheet.last_month, months, today)
    if wrong is not None or not sheet.rows:
        return wrong
    return _rows_contradict(sheet.rows, today) or _overlap(sheet.rows) or _sums_differ(sheet)


def _rows_contradict(rows: Sequence[m.YearRow], today: date) -> Wrong | None:
    for i, row in enumerate(rows):
        path = f"rows[{i}]."
        wrong = months_contradict(row.first_month, row.last_month, row.months, today, path)
        if wrong is not None:
            return wrong
        if not row.first_month // 100 == row.last_month // 100 == row.year:
            return (MONTHS, f"{path}year")
        if row.months and row.months != _span(row.first_month, row.last_month):
            return (MONTHS, f"{path}months")
    return None


def _overlap(rows: Sequence[m.YearRow]) -> Wrong | None:
    """The same months twice in one province; in two provinces they are a matter for the destination (先转后清)."""
    paid = sorted((row.province, row.first_month, row.last_month, i) for i, row in enumerate(rows) if row.months)
    for (province, _, last, _), (next_province, first, _, i) in pairwise(paid):
        if province == next_province and first <= last:
            return (MONTHS, f"rows[{i}].first_month")
    return None


def _sums_differ(sheet: m.InformationSheetSent) -> Wrong | None:
    rows = [row for row in sheet.rows if row.months]
    first = min((row.first_month for row in rows), default=sheet.first_month)
    last = max((row.last_month for row in rows), default=sheet.last_month)
    if (sheet.first_month, sheet.last_month) != (first, last):
        return (MONTHS, "first_month" if sheet.first_month != first else "last_month")
    paid = {month for row in rows for month in range(row.first_month, row.last_month + 1)}
    if not len(paid) <= sheet.months <= sum(row.months for row in rows):  # months in two provinces count once
        return (MONTHS, "months")
    if sheet.pooling_total != sum(row.pooling for row in sheet.rows):
        return (TOTALS, "pooling_total")
    if sheet.current_year_principal > sum(row.account_credit for row in sheet.rows):
        return (TOTALS, "current_year_principal")
    return None
