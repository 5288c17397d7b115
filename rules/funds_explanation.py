"""Words for the figures of a transfer: how each came about and on which article it rests, for a clerk to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinbao.rules.funds import TransferAmounts, YearAmounts, credit
from jinbao.rules.money import NO_FEN, Fen, format_yuan, percent
from jinbao.rules.procedures import MoneyWay
from jinbao.rules.transfer_parameters import TemporaryAccountRule, TransferParameters, load_transfer_parameters

ART_4 = "国办发〔2009〕66号 art. 4"
_WAYS: Mapping[MoneyWay, str] = {
    "per_person": "一笔划转 / personal part and pooling part, paid as one amount",
    "none": "仅转信息 / personal part and pooling part, told for information only",
    "by_period": "两省按期结算，不单独划转 / personal part and pooling part, settled between the two by period",
}
"""How the total moves."""
ART_4_1 = "国办发〔2009〕66号 art. 4(1)"
ART_4_2 = "国办发〔2009〕66号 art. 4(2)"
CURRENT_YEAR = "人社部发〔2009〕187号; 人社部发〔2010〕70号"
INTEREST = "人社部发〔2017〕31号"
OVERLAP_ARTICLE = "人社部规〔2016〕5号"
OVERLAP_TEXT = (
    "两地重复缴费：先转后清，由转入地与本人协商清理，年限只计一次 / "
    "paid in two places at once: transferred first, then cleared by the destination with the person; counts once"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure: its name in the result, its amount in fen, how it came about, and the rule."""

    figure: str
    amount: Fen
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
        late_zh, late_en = _crediting(year)
        rate = percent(year.account_rate)
        yield Explanation(
            f"{where}.account_credit",
            year.account_credit,
            f"{year.year} 年 {months} 个月{late_zh}，基数合计 {base}，每月按 {rate} 计入并四舍五入到分 / "
            f"{year.year}: {months} months{late_en}, bases {base} in all, {rate} credited each month, "
            "rounded to the fen"
            if by_rate
            else f"{year.year} 年 {months} 个月{late_zh}，按记录的本金 / "
            f"{year.year}: {months} months{late_en}, principal as recorded",
            scale.article,
        )
    yield from _interest(year, where)
    if amounts.temporary_rule is not None:
        if months or year.pooling:
            yield _employer(year, where, amounts.temporary_rule)
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
            NO_FEN,
            f"{year.year} 年在 1998 年之前，不转移统筹基金 / {year.year} lies before 1998: no pooling money moves",
            ART_4_2,
        )


def _crediting(year: YearAmounts) -> tuple[str, str]:
    """When the row was credited, where that was not as it was paid."""
    if year.credited_month is not None:
        when = f"{year.credited_year}-{year.credited_month:02d}"
    elif year.credited_year != year.year:
        when = str(year.credited_year)
    else:
        return "", ""
    return f"（{when} 记账）", f" (credited in {when})"


def _employer(year: YearAmounts, where: str, rule: TemporaryAccountRule) -> Explanation:
    rate, floor = percent(year.employer_rate or rule.employer_floor), percent(rule.employer_floor)
    zh, en = ("本息", "with interest") if rule.employer_interest else ("，不计利息", "without interest")
    return Explanation(
        f"{where}.pooling",
        year.pooling,
        f"{year.year} 年单位缴费{zh}，基数合计 {format_yuan(year.contribution_base_total)}，按 {rate}"
        f"（实际费率，不低于 {floor}），临时账户全部转移 / {year.year}: the employer's money {en}, at {rate} of the "
        f"bases (the actual rate, at least {floor}); a temporary account moves wholly",
        rule.article,
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
    if correction.recorded > correction.scale:
        zh, en = "超出部分不转移，记录不变", "the excess does not move, the record stays"
    else:
        zh, en = "由转出地按规定比例补足并更正记录", "the origin computes by the scale and corrects its record"
    recorded, scale = format_yuan(correction.recorded), format_yuan(correction.scale)
    return Explanation(
        f"corrections[{index}].transferred",
        correction.scale,
        f"{correction.year} 年记入本金 {recorded}，按规定比例应为 {scale}：{zh} / "
        f"{correction.year}: {recorded} credited, {scale} by the scale: {en}",
        correction.article,
    )


def _balance(amounts: TransferAmounts) -> tuple[str, str]:
    """How the balance at the end of the year before came about."""
    if not amounts.account_is_recorded:
        return "逐年本金加利息", "principal and interest year by year"
    adjustment = amounts.scale_adjustment
    if not adjustment:
        return "按转出地记录，不作重算", "as the origin recorded it, not recomputed"
    recorded, difference = format_yuan(amounts.account_at_previous_year_end - adjustment), format_yuan(abs(adjustment))
    if adjustment < 0:
        return (
            f"转出地记录 {recorded}，减去超出规定比例记入的本息 {difference}",
            f"{recorded} as the origin recorded it, less {difference} credited above the scale, with interest",
        )
    return (
        f"转出地记录 {recorded}，加上低于规定比例少记的本息 {difference}",
        f"{recorded} as the origin recorded it, and {difference} that the scale wants besides, with interest",
    )


def _totals(amounts: TransferAmounts) -> Iterator[Explanation]:
    yield Explanation(
        "individual_before_1998",
        amounts.individual_before_1998,
        "1998-01-01 之前个人缴费累计本息，按记录 / individual contributions before 1998 with interest, as recorded",
        ART_4_1,
    )
    previous = amounts.remitted_on.year - 1
    how_zh, how_en = _balance(amounts)
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
        "临时账户单位缴费全额 / the employer's money of the temporary account, wholly"
        if amounts.temporary_rule is not None
        else "各年统筹部分之和，不计利息，与单位实际费率无关 / "
        "the sum of the years' pooling parts, without interest, whatever the employer's rate",
        ART_4_2 if amounts.temporary_rule is None else amounts.temporary_rule.article,
    )
    yield Explanation(
        "total",
        amounts.total,
        f"个人账户部分加统筹部分，{_WAYS[amounts.money]}",
        ART_4,
    )
