"""Words for the figures of a transfer: how each came about and on which article it rests, for a clerk to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinbao.rules.funds import TransferAmounts, YearAmounts, credit
from jinbao.rules.money import format_yuan, percent
from jinbao.rules.transfer_parameters import TransferParameters, load_transfer_parameters

ART_4 = "国办发〔2009〕66号 art. 4"
ART_4_1 = "国办发〔2009〕66号 art. 4(1)"
ART_4_2 = "国办发〔2009〕66号 art. 4(2)"
CURRENT_YEAR = "人社部发〔2009〕187号; 人社部发〔2010〕70号"
INTEREST = "人社部发〔2017〕31号"
TEMPORARY = "国办发〔2009〕66号 art. 5(2)"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure: its name in the result, its amount in fen, how it came about, and the rule."""

    figure: str
    amount: int
    text: str
    article: str


def explain(amounts: TransferAmounts, parameters: TransferParameters | None = None) -> tuple[Explanation, ...]:
    """Every figure of `amounts`, first the years in order of time, then the totals; texts in Chinese and English."""
    parameters = parameters or load_transfer_parameters()
    lines: list[Explanation] = []
    for index, year in enumerate(amounts.years):
        lines.extend(_year(amounts, year, f"years[{index}]", parameters))
    lines.extend(_correction(amounts, index) for index in range(len(amounts.corrections)))
    lines.extend(_totals(amounts))
    return tuple(lines)


def _year(
    amounts: TransferAmounts, year: YearAmounts, where: str, parameters: TransferParameters
) -> Iterator[Explanation]:
    base, months = format_yuan(year.contribution_base_total), year.months
    scale, pooling = parameters.scale(year.year), parameters.pooling_rate(year.year)
    if months and scale is not None:
        by_rate = year.account_credit == credit(year.contribution_base_total, months, year.account_rate)
        yield Explanation(
            f"{where}.account_credit",
            year.account_credit,
            f"{year.year} 年 {months} 个月，基数合计 {base}，每月按 {percent(year.account_rate)} 计入并四舍五入到分 / "
            f"{year.year}: {months} months, bases {base} in all, {percent(year.account_rate)} credited each month, "
            "rounded to the fen"
            if by_rate
            else f"{year.year} 年 {months} 个月，按记录的本金 / {year.year}: {months} months, principal as recorded",
            scale.article,
        )
    yield from _interest(year, where)
    if months and amounts.temporary_account:
        yield Explanation(
            f"{where}.pooling",
            year.pooling,
            f"{year.year} 年单位缴费本息，临时账户全部转移 / {year.year}: the employer's money with interest; "
            "a temporary account moves wholly",
            TEMPORARY,
        )
    elif months and pooling is not None:
        yield Explanation(
            f"{where}.pooling",
            year.pooling,
            f"{year.year} 年基数合计 {base} × {percent(pooling.rate)}，按实际缴费月数 / "
            f"{year.year}: bases {base} × {percent(pooling.rate)}, actual months only",
            pooling.article,
        )
    elif months:
        yield Explanation(
            f"{where}.pooling",
            0,
            f"{year.year} 年在 1998 年之前，不转移统筹基金 / {year.year} lies before 1998: no pooling money moves",
            ART_4_2,
        )


def _interest(year: YearAmounts, where: str) -> Iterator[Explanation]:
    if year.interest_rate is None or year.account_interest is None:
        return
    rate, mark = percent(year.interest_rate), ("（暂按最近公布的利率）", " (provisional: the latest published rate)")
    note_zh, note_en = mark if year.provisional else ("", "")
    balance, credits = format_yuan(year.interest_on_balance or 0), format_yuan(year.interest_on_credits or 0)
    yield Explanation(
        f"{where}.account_interest",
        year.account_interest,
        f"{year.year} 年利率 {rate}{note_zh}：年初储存额利息 {balance}，当年缴费按月积数计息 {credits} / "
        f"{year.year} at {rate}{note_en}: {balance} on the balance, {credits} on the year's credits by months",
        INTEREST,
    )


def _correction(amounts: TransferAmounts, index: int) -> Explanation:
    correction = amounts.corrections[index]
    if correction.transferred == correction.recorded:
        zh, en = "年末储存额按记录转移，差异仅供核对", "the recorded balance moves as it stands; for checking only"
    elif correction.recorded > correction.scale:
        zh, en = "超出部分不转移，记录不变", "the excess does not move, the record stays"
    else:
        zh, en = "由转出地按规定比例补足并更正记录", "the origin computes by the scale and corrects its record"
    recorded, scale = format_yuan(correction.recorded), format_yuan(correction.scale)
    return Explanation(
        f"corrections[{index}].transferred",
        correction.transferred,
        f"{correction.year} 年记入本金 {recorded}，按规定比例应为 {scale}：{zh} / "
        f"{correction.year}: {recorded} credited, {scale} by the scale: {en}",
        correction.article,
    )


def _totals(amounts: TransferAmounts) -> Iterator[Explanation]:
    yield Explanation(
        "individual_before_1998",
        amounts.individual_before_1998,
        "1998-01-01 之前个人缴费累计本息，按记录 / individual contributions before 1998 with interest, as recorded",
        ART_4_1,
    )
    previous = amounts.remitted_on.year - 1
    how_zh, how_en = (
        ("按转出地记录，不作重算", "as the origin recorded it, not recomputed")
        if amounts.account_is_recorded
        else ("逐年本金加利息", "principal and interest year by year")
    )
    yield Explanation(
        "account_at_previous_year_end",
        amounts.account_at_previous_year_end,
        f"1998-01-01 至 {previous}-12-31 个人账户储存额：{how_zh} / personal account up to {previous}-12-31: {how_en}",
        ART_4_1,
    )
    yield Explanation(
        "current_year_principal",
        amounts.current_year_principal,
        f"{previous + 1} 年计入本金，不计利息；当年利息由转入地计 / "
        f"principal credited in {previous + 1}, without interest: the destination credits the year's interest",
        CURRENT_YEAR,
    )
    yield Explanation(
        "individual_total",
        amounts.individual_total,
        "以上三项之和 / the sum of these three",
        ART_4_1,
    )
    yield Explanation(
        "pooling_total",
        amounts.pooling_total,
        "临时账户单位缴费本息全额 / the employer's money of the temporary account with interest, wholly"
        if amounts.temporary_account
        else "各年统筹部分之和，不计利息，与单位实际费率无关 / "
        "the sum of the years' pooling parts, without interest, whatever the employer's rate",
        TEMPORARY if amounts.temporary_account else ART_4_2,
    )
    yield Explanation(
        "total",
        amounts.total,
        "个人账户部分加统筹部分，一笔划转 / personal part and pooling part, paid as one amount"
        if amounts.money_moves
        else "个人账户部分加统筹部分，仅转信息 / personal part and pooling part, told for information only",
        ART_4,
    )
