"""The contribution rows of a transfer: checked, with what of each row's principal moves, and months paid twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from jinbao.rules.funds_account import Credit, credit
from jinbao.rules.funds_figures import Correction, FundsError, FundsInput, Overlap, YearInput
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.transfer_parameters import InterestRate, TransferParameters


@dataclass(slots=True)
class Row:
    """A row on its way: the input, what of it moves, and what it earns."""

    given: YearInput
    path: str
    recorded: Fen
    """Principal in fact credited."""
    principal: Fen
    """Principal that moves: by the scale."""
    rate: Fraction
    employer_rate: Fraction | None = None
    employer_principal: Fen = NO_FEN
    interest: InterestRate | None = None
    on_balance: Fen | None = None
    on_credits: Fen | None = None
    balance: Fen | None = None
    employer_interest: Fen = NO_FEN

    @property
    def credited_year(self) -> int:
        """The year in which the account was credited."""
        return self.given.year if self.given.credited_year is None else self.given.credited_year

    @property
    def order(self) -> tuple[int, int, int]:
        """Rows stand in order of crediting, so that each balance follows from the one before."""
        return self.credited_year, self.given.year, self.given.first_month

    def credit(self, principal: Fen) -> Credit:
        """When so much of it was credited."""
        if self.given.credited_month is not None:
            return Credit(self.credited_year, self.given.credited_month, 1, principal)
        return Credit(self.credited_year, self.given.first_month, self.given.months, principal)


def read_rows(given: FundsInput, parameters: TransferParameters) -> list[Row]:
    """The input's rows in order of crediting. Raises FundsError naming the field at fault."""
    rows = [_row(given, parameters, year, f"years[{index}]") for index, year in enumerate(given.years)]
    return sorted(rows, key=lambda row: row.order)


def months_paid_twice(years: Sequence[YearInput], holder: str | None) -> list[tuple[Overlap, int]]:
    """Overlapping months of two rows, and the later one's position; rows that name no province are the holder's."""
    found = []
    paid = sorted((year.year, year.first_month, index) for index, year in enumerate(years) if year.months)
    for position, (_, _, index) in enumerate(paid):
        one = years[index]
        for _, _, later in paid[position + 1 :]:
            two = years[later]
            if two.year > one.year or two.first_month >= one.first_month + one.months:
                break
            last = min(one.first_month + one.months, two.first_month + two.months) - 1
            provinces = (one.province or holder, two.province or holder)
            found.append((Overlap(one.year * 100 + two.first_month, one.year * 100 + last, provinces), later))
    return found


def overlaps(given: FundsInput) -> tuple[Overlap, ...]:
    """Months that two provinces have both. Raises FundsError where one province has the same months twice."""
    found = months_paid_twice(given.years, given.province)
    for overlap, later in found:
        if overlap.provinces[0] == overlap.provinces[1]:
            raise FundsError(f"years[{later}].months", "与另一行的月份重叠 / another row has the same months")
    return tuple(overlap for overlap, _ in found)


def corrections(rows: Sequence[Row], parameters: TransferParameters) -> tuple[Correction, ...]:
    """Rows whose recorded principal differs from the scale, in order of the years paid for."""
    found = []
    for row in sorted(rows, key=lambda row: (row.given.year, row.given.first_month)):
        scale = parameters.scale(row.given.year)
        if scale is not None and row.recorded != row.principal:
            article = f"{scale.article}; 人社厅发〔2017〕7号"
            found.append(Correction(row.given.year, row.recorded, row.principal, article))
    return tuple(found)


def _row(given: FundsInput, parameters: TransferParameters, year: YearInput, path: str) -> Row:
    _check(given.remitted_on.year, year, path)
    row = Row(year, path, *_principal(given.temporary_account, parameters, year))
    if given.temporary_account:
        rate = year.employer_rate if year.employer_rate is not None else given.employer_rate
        if rate is None:
            raise FundsError("employer_rate", "临时账户须给出单位费率 / a temporary account needs the employer's rate")
        rule = parameters.temporary_account(given.province, given.remitted_on)
        row.employer_rate = max(rate, rule.employer_floor)
        row.employer_principal = credit(year.contribution_base_total, year.months, row.employer_rate)
    return row


def _check(transfer_year: int, year: YearInput, path: str) -> None:
    if not 1950 <= year.year <= transfer_year:
        raise FundsError(
            f"{path}.year", "应在 1950 年与转移年度之间 / must lie between 1950 and the year of remittance"
        )
    if not 0 <= year.months <= 12:
        raise FundsError(f"{path}.months", "应为 0 至 12 / must be 0 to 12")
    if not 1 <= year.first_month <= 12:
        raise FundsError(f"{path}.first_month", "应为 1 至 12 / must be 1 to 12")
    if year.first_month + year.months > 13:
        raise FundsError(f"{path}.months", "超出该年 12 月 / the months run past December")
    if year.months == 0 and year.contribution_base_total:
        raise FundsError(f"{path}.months", "有缴费基数但月数为 0 / a base is given, but no months")
    if year.contribution_base_total < 0 or (year.recorded_account or 0) < 0:
        raise FundsError(path, "金额不能为负 / amounts must not be negative")
    _check_crediting(transfer_year, year, path)


def _check_crediting(transfer_year: int, year: YearInput, path: str) -> None:
    """The account is credited in the months paid for, or later; how much later counts for the interest."""
    if year.credited_year is None:
        if year.credited_month is not None:
            raise FundsError(f"{path}.credited_year", "缺记账年度 / the year of crediting is missing")
        return
    if not year.year <= year.credited_year <= transfer_year:
        raise FundsError(
            f"{path}.credited_year",
            "应在缴费年度与转移年度之间 / must lie between the year paid for and the year of remittance",
        )
    if year.credited_month is None:
        if year.year < year.credited_year < transfer_year:
            raise FundsError(
                f"{path}.credited_month", "缺记账月份，利息自该月起计 / the month of crediting: interest runs from it"
            )
    elif not 1 <= year.credited_month <= 12:
        raise FundsError(f"{path}.credited_month", "应为 1 至 12 / must be 1 to 12")
    elif year.credited_year == year.year and year.credited_month < year.first_month + year.months - 1:
        raise FundsError(f"{path}.credited_month", "早于所缴的月份 / is before a month that was paid for")


def _principal(temporary_account: bool, parameters: TransferParameters, year: YearInput) -> tuple[Fen, Fen, Fraction]:
    """Principal in fact credited, what of it moves, and at which rate.

    Above the scale the excess stays; below it the origin computes by the scale and corrects its record. A temporary
    account moves wholly; what lies before 1998 is in `account_before_1998`.
    """
    scale = parameters.scale(year.year)
    if scale is None:
        return Fen(0), Fen(0), year.account_rate or Fraction(0)
    rate = scale.rate if year.account_rate is None else year.account_rate
    recorded = year.recorded_account
    if recorded is None:
        recorded = credit(year.contribution_base_total, year.months, rate)
    if temporary_account:
        return recorded, recorded, rate
    return recorded, credit(year.contribution_base_total, year.months, scale.rate), scale.rate
