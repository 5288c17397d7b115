"""Checks that the office makes by itself on a case before a clerk decides: what was found, and on which article.

They inform and decide nothing: the automatic desk and the platform have rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinbao.language.words import Words
from jinbao.regional_adapter.office.automatic_desk import continuation_of, ground_for_return
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, Situation
from jinbao.rules.money import format_yuan
from jinbao.rules.reason_codes import REASON_CODES


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    """place: where the relationship continues; history: the books are complete; ground: a plain ground for a return;
    money: sheet against money."""
    passed: bool
    finding: Words
    article: str | None = None


def checks_of(case: Case, situation: Situation) -> tuple[Check, ...]:
    """What can be checked now with what lies here."""
    found: list[Check] = []
    if situation.state in (NONE, "application_review", "returned") and case.role in ("destination", "none"):
        found += _place(case)
    if situation.state in ("origin_review", "transfer") and case.role == "origin":
        found += _books(case)
    if case.role == "destination" and case.sheet is not None:
        found.append(_money(case))
    return tuple(found)


def _place(case: Case) -> Iterator[Check]:
    application, person = case.application, case.person()
    if application is None or person is None:
        return
    if application.insured_on is not None and person.birth is not None and person.birth > application.insured_on:
        return
    place = continuation_of(application, person, case.province)
    if place is None:
        return
    yield Check("place", place.outcome == "continues", (place.reason_zh, place.reason_en), place.article)


def _books(case: Case) -> Iterator[Check]:
    personal = case.personal()
    number = str(personal.get("number", ""))
    person, account = case.local.person(number), case.local.account(number)
    if person is None or account is None:
        yield Check("history", False, ("本省没有此人的账户", "no account of this person lies here"))
        return
    is_complete = case.local.history_is_complete(number)
    yield Check(
        "history",
        is_complete,
        ("缴费历史与累计月数相符", "the history adds up to the account's months")
        if is_complete
        else ("缴费历史不完整，与累计月数不符", "the history does not add up to the account's months"),
    )
    ground = ground_for_return(person, account, personal, case.today)
    if ground is None:
        yield Check("ground", True, ("没有应当退回的情形", "there is no plain ground for a return"))
    else:
        reason = REASON_CODES[ground]
        yield Check("ground", False, (reason.text_zh, reason.text_en), reason.article)


def _money(case: Case) -> Check:
    expected, kept = case.expected(), case.kept()
    zh = f"信息表应到 {format_yuan(expected)} 元，已到 {format_yuan(kept)} 元"
    en = f"the sheet says {format_yuan(expected)} yuan, {format_yuan(kept)} yuan have come"
    return Check("money", expected == kept, (zh, en))
