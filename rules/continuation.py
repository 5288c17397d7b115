"""Where a relationship continues when somebody is insured at a new place: 国办发〔2009〕66号 art. 5."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from jinbao.rules.days import read_day
from jinbao.rules.hukou import ordinary_from
from jinbao.rules.identity import Sex
from jinbao.rules.provinces import PROVINCES

AGE_LIMITS = Path(__file__).parent / "data" / "age_limits.csv"


@dataclass(frozen=True, slots=True)
class Continuation:
    """Whether the relationship moves to the new place, or stays and the new place keeps a temporary account."""

    outcome: Literal["continues", "temporary_account"]
    ground: Literal["hukou", "hukou_moved", "job_transfer", "account_exists", "below_age_limit", "age_limit"]
    article: str
    reason_zh: str
    reason_en: str


@lru_cache(maxsize=1)
def _age_limits() -> tuple[tuple[date, str, int], ...]:
    lines = [line for line in AGE_LIMITS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = [(read_day(row["valid_from"]), row["sex"], int(row["age"])) for row in csv.DictReader(lines)]
    return tuple(sorted(rows))


def age_limit(sex: Sex, on: date) -> int | None:
    """The age in whole years from which only a temporary account is opened; None before the rule of 2010."""
    limit = None
    for valid_from, of_sex, age in _age_limits():
        if of_sex == sex and valid_from <= on:
            limit = age
    return limit


def age_on(born: date, day: date) -> int:
    """Whole years of age on `day`; who is born on 29 February is a year older on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def continue_at(
    new_province: str,
    *,
    hukou: str | None,
    sex: Sex,
    born: date,
    insured_on: date,
    job_transfer: bool = False,
    general_account_open: bool = False,
    hukou_since: date | None = None,
    on: date | None = None,
) -> Continuation:
    """Decide whether the relationship continues at the new place.

    `insured_on` is the day insured there, on which the age is tested [assumed]. `job_transfer`: a transfer (调动)
    approved at county level or above. `general_account_open`: an ordinary account was opened there before the age was
    reached; it is never converted to a temporary one [likely]. `hukou_since`: the day the hukou came to where it lies,
    None where it lay there when insured; a temporary account opened before is an ordinary one from the month after
    [likely], asked for the day `on` (None = whenever that is). Raises ValueError for unknown provinces or a birth after
    `insured_on`.
    """
    if new_province not in PROVINCES or (hukou is not None and hukou not in PROVINCES):
        raise ValueError("没有此省份代码 / there is no such province code")
    if born > insured_on:
        raise ValueError("出生日期晚于参保日期 / the birth is after the day insured")
    moved_since = hukou == new_province and hukou_since is not None and hukou_since > insured_on
    if hukou == new_province and not moved_since:
        return Continuation(
            "continues",
            "hukou",
            "国办发〔2009〕66号 art. 5(1)",
            "新参保地为户籍所在地，不受年龄限制",
            "the new place is the hukou place: no age limit",
        )
    if job_transfer:
        return Continuation(
            "continues",
            "job_transfer",
            "国办发〔2009〕66号 art. 5(3)",
            "经县级以上批准调动，不受年龄限制",
            "a job transfer approved at county level or above: no age limit",
        )
    if general_account_open:
        return Continuation(
            "continues",
            "account_exists",
            "国办发〔2009〕66号 art. 5(2)",
            "达到年龄前已在本地建立一般账户，不转为临时账户",
            "an ordinary account was opened here before the age: it is not converted",
        )
    by_age = _by_age(sex, born, insured_on)
    if by_age.outcome == "temporary_account" and moved_since and hukou_since is not None:
        return _converted(by_age, ordinary_from(hukou_since), on)
    return by_age


def _converted(by_age: Continuation, converted: date, on: date | None) -> Continuation:
    """A temporary account whose place became the hukou's."""
    if on is not None and on < converted:
        return by_age
    return Continuation(
        "continues",
        "hukou_moved",
        "国办发〔2009〕66号 art. 5(1)",
        f"户籍已迁入参保地，临时缴费账户自 {converted} 起转为一般账户",
        f"the hukou has moved to this place: the temporary account is an ordinary one from {converted} on",
    )


def _by_age(sex: Sex, born: date, insured_on: date) -> Continuation:
    limit, age = age_limit(sex, insured_on), age_on(born, insured_on)
    if limit is None or age < limit:
        return Continuation(
            "continues",
            "below_age_limit",
            "国办发〔2009〕66号 art. 5(2)",
            f"非户籍所在地，参保时 {age} 周岁，未达年龄界限",
            f"elsewhere than the hukou place, aged {age} when insured: below the limit",
        )
    return Continuation(
        "temporary_account",
        "age_limit",
        "国办发〔2009〕66号 art. 5(2)",
        f"非户籍所在地，参保时 {age} 周岁，已满 {limit} 周岁：关系留在原参保地，新参保地建立临时缴费账户",
        f"elsewhere than the hukou place, aged {age}, limit {limit}: the origin keeps the relationship, "
        "the new place opens a temporary account",
    )
