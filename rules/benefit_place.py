"""The place that pays the pension at retirement (待遇领取地): 国办发〔2009〕66号 art. 6, five rules in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from jinbao.rules.form import FormError
from jinbao.rules.provinces import is_province

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
    """Months paid in one province (deemed months included, at the province worked in)."""

    province: str
    months: Annotated[int, msgspec.Meta(ge=0)]
    temporary_account: bool = False
    """Months in a temporary account do not count for the place that holds it."""


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


class BenefitPlaceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The question as a JSON form asks it."""

    hukou: str | None
    current: str
    places: list[PlaceMonths]


def benefit_place(hukou: str | None, current: str, places: Sequence[PlaceMonths]) -> BenefitPlace:
    """Decide the benefit place.

    `hukou` is None for residents of Hong Kong, Macao and Taiwan; `current` is where the relationship lies; `places` are
    in order of time. A province that comes again is added up and counts as recent as its last entry. Raises FormError
    for an unknown province or negative months.
    """
    named = [("hukou", hukou), ("current", current)]
    named += [(f"places[{index}].province", place.province) for index, place in enumerate(places)]
    for path, code in named:
        if code is not None and not is_province(code):
            raise FormError(path, "没有此省份代码 / there is no such province code")
    months: dict[str, int] = {}
    for index, place in enumerate(places):
        if place.months < 0:
            raise FormError(f"places[{index}].months", "月数不能为负 / months must not be negative")
        counted = 0 if place.temporary_account else place.months
        months[place.province] = months.pop(place.province, 0) + counted
    return _decide(hukou, current, months)


def _decide(hukou: str | None, current: str, months: dict[str, int]) -> BenefitPlace:
    """`months` is in order of each province's last entry."""

    def answer(province: str, rule: int, zh: str, en: str) -> BenefitPlace:
        return BenefitPlace(province, rule, ARTICLES[rule], zh, en, months)

    if current == hukou:
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
    most = max(latest_first, key=lambda province: months[province], default=current)
    return answer(
        most,
        5,
        "无内地户籍且各参保地均不满 10 年，由缴费年限最长的参保地办理；相同的取最近的",
        "no hukou and no place with ten years: the place with most years, on a tie the latest",
    )
