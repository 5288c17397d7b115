"""The sums behind a mismatch: what a sheet lacks, what is paid first and later, so that one or two reports settle it.

Pure: amounts in fen, the plan says which differences follow each other.
"""

from __future__ import annotations

import msgspec

from jinbao.regional_adapter.local.local_records import ContributionRow
from jinbao.schemas.messages import Fen
from jinbao.simulator.scenario.plan import Mismatch, Plan


def missing_months(plan: Plan, version: int) -> int:
    """Months that the sheet of that version lacks by mistake."""
    correct = Mismatch.CORRECT_SHEET
    if plan.mismatches == (correct, correct):
        return version if version <= 2 else 0
    wrong_first = correct in plan.mismatches or plan.mismatches == (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP)
    return int(wrong_first and version == 1)


def first_payment(mismatches: tuple[Mismatch, ...], right: Fen, stated: Fen) -> Fen:
    """What is paid first: `right` is the true total, `stated` that of the first sheet."""
    top_up, excess, correct = Mismatch.TOP_UP, Mismatch.TAKE_BACK_EXCESS, Mismatch.CORRECT_SHEET
    part = max(1, right // 10) if len(mismatches) == 1 else right // 7 + 1
    match mismatches:
        case (m,) | (m, Mismatch.TAKE_BACK_EXCESS) if m is top_up:
            amount = right - part
        case (m, second) if m is top_up:
            amount = right - 2 * part if second is top_up else stated - part
        case (m,) if m is excess:
            amount = right + part
        case (m, second) if m is excess:
            amount = {top_up: stated + part, excess: right + 2 * part, correct: 2 * right - stated}[second]
        case (m, second) if m is correct:
            amount = {top_up: right - part, excess: right + part, correct: right}[second]
        case _:
            amount = right
    return Fen(amount)


def top_up_amount(mismatches: tuple[Mismatch, ...], reports: int, missing: Fen, right: Fen, received: Fen) -> Fen:
    """What is paid on the so-many-th report: the rest, or, where another difference follows, something else."""
    match mismatches:
        case (Mismatch.TOP_UP, Mismatch.TOP_UP) if reports == 1:
            return Fen(missing // 2)
        case (Mismatch.TOP_UP, Mismatch.TAKE_BACK_EXCESS) if reports == 1:
            return Fen(missing * 2)
        case (Mismatch.TOP_UP, Mismatch.CORRECT_SHEET) if reports == 1:
            return Fen(right - received)
        case _:
            return missing


def without_last_months(rows: list[ContributionRow], months: int) -> list[ContributionRow]:
    """The history as it stood before the last months were entered (a single month: with a tenth of its base more)."""
    for _ in range(months):
        *earlier, last = rows
        base = last.contribution_base_total
        if last.months > 1:
            shorter = msgspec.structs.replace(
                last, months=last.months - 1, contribution_base_total=base - base // last.months
            )
            rows = [*earlier, shorter]
        elif earlier:
            rows = earlier
        else:
            rows = [msgspec.structs.replace(last, contribution_base_total=base + base // 10)]
    return rows
