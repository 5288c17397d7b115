"""Explanation of where a case stands: what may come next by the messages' rules, and each amount from the sheet.

Reads only; words are the caller's, but for the texts of the rules, which are in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.catalogue import TRANSFER_RULES
from jinbao.platform.aggregates.rule import Role
from jinbao.platform.aggregates.subjects.payment import FundsRemitted
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.ingest.case_cache import transfer_of
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.queries import Step
from jinbao.platform.sent_messages import sent_messages
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.whole_case import whole_timeline
from jinbao.rules.funds import (
    Overlap,
    TransferAmounts,
    YearAmounts,
    YearInput,
    interest_on_balance,
    interest_on_credits,
)
from jinbao.rules.funds_explanation import Explanation, explain
from jinbao.rules.funds_rows import months_paid_twice
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.transfer_parameters import TransferParameters, load_transfer_parameters
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m

_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Next:
    """A message that the case's state takes."""

    message: str
    role: Role
    everyday: bool
    """It belongs to the ordinary way of a case."""


@dataclass(frozen=True, slots=True)
class CaseExplanation:
    """What a reader needs beyond the case's row and clocks."""

    transfer: Transfer
    next: tuple[Next, ...]
    sheet: m.InformationSheetSent | None
    """The latest sheet, from its own bytes."""
    figures: tuple[Explanation, ...]
    """Each of its figures, how it came about, and the article."""
    overlaps: tuple[Overlap, ...]
    """Months of the sheet that two provinces have both, and that nobody has cleared."""
    held_fen: Fen
    """What the destination holds now."""


def explain_case(work: UnitOfWork, row: BoardRow) -> CaseExplanation:
    """Everything that explains the case of a row of the board."""
    transfer = transfer_of(work, row.case_id)
    steps = whole_timeline(work, row)
    sheet = _latest_sheet(work, row, transfer)
    on = _remitted_on(steps)
    figures = () if sheet is None or on is None else _figures(sheet, on, transfer)
    next_ = [
        Next(rule.message.NAME, rule.role, rule.ordinary)
        for rule in TRANSFER_RULES.values()
        if rule.may_come_next(transfer)
    ]
    overlaps = () if sheet is None or transfer.refunds else _overlaps(sheet)
    return CaseExplanation(transfer, tuple(next_), sheet, figures, overlaps, money.kept(transfer.payments))


def _latest_sheet(work: UnitOfWork, row: BoardRow, transfer: Transfer) -> m.InformationSheetSent | None:
    """The sheet that counts now, also where it was sent before an identity was corrected."""
    if transfer.split is None:
        return None
    sheets = sent_messages(work, row.transfer_id, m.InformationSheetSent)
    return next((sheet for sheet in sheets if _counts(sheet, transfer)), None)


def _counts(sheet: m.InformationSheetSent, transfer: Transfer) -> bool:
    """Whether it is the latest version, with the figures that were recorded."""
    is_latest = sheet.sheet_version == transfer.sheet_version
    return is_latest and (sheet.individual_total, sheet.pooling_total) == transfer.split


def _remitted_on(steps: list[Step]) -> date | None:
    """The day of the remittance, else of the sheet."""
    days = [s.fact.day for s in steps if isinstance(s.fact, FundsRemitted)]
    return days[0] if days else next((day_of(s.received_at) for s in steps), None)


def _overlaps(sheet: m.InformationSheetSent) -> tuple[Overlap, ...]:
    years = [
        YearInput(
            year=row.year,
            months=row.months,
            contribution_base_total=row.contribution_base_total,
            first_month=row.first_month % 100,
            province=row.province,
        )
        for row in sheet.rows
    ]
    found = (overlap for overlap, _ in months_paid_twice(years, None))
    return tuple(overlap for overlap in found if overlap.provinces[0] != overlap.provinces[1])


def _figures(sheet: m.InformationSheetSent, on: date, transfer: Transfer) -> tuple[Explanation, ...]:
    parameters = load_transfer_parameters()
    temporary = transfer.kind in ("temporary_move", "temporary_collection")
    rows = _years(sheet, on, parameters)
    balance = next((row.account_balance for row in reversed(rows) if row.credited_year < on.year), None)
    amounts = TransferAmounts(
        remitted_on=on,
        temporary_rule=parameters.temporary_account(transfer.origin, on) if temporary else None,
        individual_before_1998=sheet.individual_before_1998,
        account_at_previous_year_end=sheet.account_at_previous_year_end,
        account_is_recorded=balance != sheet.account_at_previous_year_end,
        scale_adjustment=NO_FEN,
        current_year_principal=sheet.current_year_principal,
        individual_total=sheet.individual_total,
        pooling_total=sheet.pooling_total,
        total=sheet.total,
        money=transfer.money,
        provisional=any(row.provisional for row in rows),
        years=rows,
        corrections=(),
        overlaps=(),
        plausibility=None,
    )
    return explain(amounts, parameters)


def _years(sheet: m.InformationSheetSent, on: date, parameters: TransferParameters) -> tuple[YearAmounts, ...]:
    """The sheet's rows; the interest is told apart where the rate known on the day gives exactly what it says."""
    found: list[YearAmounts] = []
    before, last_year = NO_FEN, None
    for row in sheet.rows:
        credited_year = row.credited_year or row.year
        opening = NO_FEN if credited_year == last_year else before
        rate = parameters.interest_rate(credited_year, on)
        on_balance = on_credits = None
        if rate is not None and row.account_interest:
            on_balance = interest_on_balance(opening, rate.rate)
            on_credits = Fen(row.account_interest - on_balance)
            first, months = (
                (row.first_month % 100, row.months) if row.credited_month is None else (row.credited_month, 1)
            )
            if on_credits != interest_on_credits(row.account_credit, first, months, rate.rate):
                on_balance = on_credits = None
        found.append(
            YearAmounts(
                year=row.year,
                first_month=row.first_month,
                last_month=row.last_month,
                months=row.months,
                province=row.province,
                credited_year=credited_year,
                credited_month=row.credited_month,
                contribution_base_total=row.contribution_base_total,
                account_rate=Fraction(row.account_rate_bp, _BASIS_POINTS),
                employer_rate=None,
                account_credit=row.account_credit,
                interest_rate=rate.rate if rate is not None and on_balance is not None else None,
                provisional=bool(rate and rate.provisional and on_balance is not None),
                interest_on_balance=on_balance,
                interest_on_credits=on_credits,
                account_balance=row.account_balance,
                pooling=row.pooling,
            )
        )
        before, last_year = row.account_balance, credited_year
    return tuple(found)
