"""The place that pays the pension at retirement (待遇领取地): 国办发〔2009〕66号 art. 6, five rules in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

from jinbao.rules.form import FormError
from jinbao.rules.hukou import HukouPeriod, hukou_on, ordinary_from
from jinbao.rules.provinces import PROVINCES

REQUIRED_MONTHS = 120
"""Ten years of contributions, counted in months [assumed]."""

ARTICLES = {
    1: "国办发〔2009〕66号 art. 6(1)",
    2: "国办发〔2009〕66号 art. 6(2)",
    3: "国办发〔2009〕66号 art. 6(3)",
    4: "国办发〔2009〕66号 art. 6(4)",
    5: "国办发〔2009〕66号 art. 6; 人社部、国家医保局令第41号 (2019)",
}


class PlaceMonths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Months paid in one province, wherever the relationship lay."""

    province: str
    months: Annotated[int, msgspec.Meta(ge=0)]
    temporary_account: bool = False
    """Months in a temporary account do not count for the place that holds it."""
    deemed_months: Annotated[int, msgspec.Meta(ge=0)] = 0
    """视同缴费: deemed months of work in that province, besides `months`; they count for it [likely]."""


@dataclass(frozen=True, slots=True)
class BenefitPlace:
    """The province that pays, by which rule, and why."""

    province: str
    rule: int
    article: str
    reason_zh: str
    reason_en: str
    months: dict[str, int]
    """Months counted for each province."""
    hukou: str | None
    """The hukou's province that counted: that of the day pension age is reached."""


class BenefitPlaceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The question as a JSON form asks it."""

    hukou: str | list[HukouPeriod] | None
    """Where it lay on the day pension age is reached; or its periods, with that day."""
    current: str
    places: list[PlaceMonths]
    pension_age_on: date | None = None
    """The day pension age is reached."""


def benefit_place(
    hukou: str | Sequence[HukouPeriod] | None,
    current: str,
    places: Sequence[PlaceMonths],
    pension_age_on: date | None = None,
) -> BenefitPlace:
    """Decide the benefit place.

    `hukou` is where it lies on the day pension age is reached (None for residents of Hong Kong, Macao and Taiwan), or
    its periods, of which that day decides; `current` is where the relationship lies; `places` are in order of time. A
    province that comes again is added up and counts as recent as its last entry. A temporary account at the place to
    which the hukou moved is an ordinary one from the month after. Raises FormError for unknown provinces, negative
    months, periods without their day, or a relationship that would lie in a temporary account.
    """
    periods = _periods(hukou, pension_age_on)
    named = [("current", current)] + [(f"places[{i}].province", place.province) for i, place in enumerate(places)]
    named += [(path, code) for path, code, _ in periods if code is not None]
    for path, code in named:
        if code not in PROVINCES:
            raise FormError(path, "没有此省份代码 / there is no such province code")
    until = pension_age_on or date.max
    ordinary = {code for _, code, since in periods if since is None or ordinary_from(since) <= until}
    months: dict[str, int] = {}
    for index, place in enumerate(places):
        if min(place.months, place.deemed_months) < 0:
            raise FormError(f"places[{index}].months", "月数不能为负 / months must not be negative")
        temporary = place.temporary_account and place.province not in ordinary
        if not temporary or place.deemed_months:
            counted = place.deemed_months + (0 if temporary else place.months)
            months[place.province] = months.pop(place.province, 0) + counted
    only_temporary = current not in months and any(place.province == current for place in places)
    return _decide(_hukou_at(hukou, pension_age_on), current, months, only_temporary)


def _periods(
    hukou: str | Sequence[HukouPeriod] | None, pension_age_on: date | None
) -> list[tuple[str, str | None, date | None]]:
    """Each period's path in the form, province, and first day (None where none is told)."""
    if hukou is None or isinstance(hukou, str):
        return [("hukou", hukou, None)]
    if pension_age_on is None:
        raise FormError(
            "pension_age_on", "户籍分段给出时，须填达到领取年龄之日 / is needed where the hukou has periods"
        )
    if list(hukou) != sorted(hukou, key=lambda period: period.since):
        raise FormError("hukou", "各段须按时间先后 / the periods must be in order of time")
    return [(f"hukou[{index}].province", period.province, period.since) for index, period in enumerate(hukou)]


def _hukou_at(hukou: str | Sequence[HukouPeriod] | None, pension_age_on: date | None) -> str | None:
    if hukou is None or isinstance(hukou, str):
        return hukou
    assert pension_age_on is not None, "periods come with their day"
    try:
        return hukou_on(hukou, pension_age_on)
    except ValueError as error:
        raise FormError("pension_age_on", str(error)) from error


def _decide(hukou: str | None, current: str, months: dict[str, int], only_temporary: bool) -> BenefitPlace:
    """`months` is in order of each province's last entry; `only_temporary`: the current place has nothing else."""

    def answer(province: str, rule: int, zh: str, en: str) -> BenefitPlace:
        return BenefitPlace(province, rule, ARTICLES[rule], zh, en, months, hukou)

    if current == hukou and not only_temporary:
        return answer(current, 1, "养老保险关系在户籍所在地", "the relationship lies at the hukou place")
    if months.get(current, 0) >= REQUIRED_MONTHS:
        return answer(current, 2, "在关系所在地缴费满 10 年", "ten years or more were paid where the relationship lies")
    latest_first = list(reversed(months))
    for province in latest_first:
        if province != current and months[province] >= REQUIRED_MONTHS:
            return answer(
                province,
                3,
                "关系所在地不满 10 年，转回上一个满 10 年的参保地",
                "fewer than ten years here: back to the most recent place with ten",
            )
    if hukou is not None:
        return answer(
            hukou,
            4,
            "各参保地均不满 10 年，归集到户籍所在地",
            "no place has ten years: everything is collected at the hukou place",
        )
    if only_temporary and not months:
        raise FormError(
            "current",
            "该地只有临时账户，养老保险关系不在该地 / it has only a temporary account: the relationship lies elsewhere",
        )
    most = max(latest_first, key=lambda province: months[province], default=current)
    return answer(
        most,
        5,
        "无内地户籍且各参保地均不满 10 年，由缴费年限最长的参保地办理；相同的取最近的",
        "no hukou and no place with ten years: the place with most years, on a tie the latest",
    )
