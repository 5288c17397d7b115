"""Notices: who is told of which decision, in which words."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.rules.notices import AMOUNTS, FIELDS, TOLD, notices_due
from jinbao.schemas import messages

DAY = date(2025, 3, 7)
EVERYWHERE = {"origin", "destination", "sender", "day", "reason", "next_step"}
DUE = {"origin": "44", "destination": "41", "day": DAY}
FIELD_VALUES = {
    "reason_code": "NOT_INSURED_HERE",
    "reason_text": "账户信息有误",
    "individual_total": 1_365_425,
    "pooling_total": 1_944_000,
    "cause": "death",
    "kept_province": "41",
    "account_number": "LS-1",
}


def fields_of(kind: str, **over: object) -> dict[str, object]:
    """Plausible values for every field of a message."""
    values: dict[str, object] = {}
    for name in messages.BY_NAME[kind].__struct_fields__:
        if name in FIELD_VALUES:
            values[name] = FIELD_VALUES[name]
        elif name in AMOUNTS:
            values[name] = 96_000
        elif name.endswith("_on"):
            values[name] = date(2025, 3, 5)
        elif name == "months":
            values[name] = 40
    return {**values, **over}


def test_the_law_wants_a_refusal_told_in_writing_to_the_applicant() -> None:
    [notice] = notices_due("ApplicationRefused", fields_of("ApplicationRefused"), sender="41", **DUE)  # type: ignore[arg-type]
    assert (notice.to, notice.by, notice.in_writing) == ("person", "41", True)
    assert notice.text == (
        "您申请将基本养老保险关系由广东转入河南，河南经办机构于2025年3月7日决定不予受理。"
        "原因：申请人在本地没有建立基本养老保险关系。下一步：先在本地参保缴费，再提出转移申请。"
    )


def test_a_completion_is_told_to_person_and_employer_with_its_amounts() -> None:
    person, employer = notices_due("TransferCompleted", fields_of("TransferCompleted"), sender="41", **DUE)  # type: ignore[arg-type]
    assert (person.to, employer.to) == ("person", "employer")
    assert "个人账户部分13654.25元，统筹基金部分19440.00元" in person.text
    assert "元" not in employer.text, "the employer is not told what the account holds"
    assert person.article is not None


def test_what_stays_behind_is_told_in_writing_by_the_origin() -> None:
    [notice] = notices_due("LumpSumFound", fields_of("LumpSumFound"), sender="44", **DUE)  # type: ignore[arg-type]
    assert (notice.by, notice.in_writing, notice.article) == ("44", True, "人社厅发〔2019〕94号")
    assert "2025年3月5日一次性缴纳的40个月养老保险费（960.00元）" in notice.text
    assert "您无需提供" in notice.text, "the person is never asked for the document"


def test_each_cause_of_a_freeze_has_its_own_words() -> None:
    texts = {}
    for cause in ("death", "nationality_lost", "pension_started"):
        [notice] = notices_due("TransferFrozen", fields_of("TransferFrozen", cause=cause), sender="44", **DUE)  # type: ignore[arg-type]
        texts[cause] = notice.text
    assert "继承" in texts["death"]
    assert "书面申请终止" in texts["nationality_lost"]
    assert "领取基本养老金" in texts["pension_started"]


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_after_a_death_the_heirs_are_told_and_neither_person_nor_employer(kind: str) -> None:
    for has_died in (False, True):
        fields = fields_of(kind, cause="nationality_lost")
        notices = notices_due(kind, fields, sender="44", has_died=has_died, **DUE)  # type: ignore[arg-type]
        assert all((notice.to == "heirs") == has_died for notice in notices)
    assert [n.to for n in notices_due("TransferFrozen", fields_of("TransferFrozen"), sender="41", **DUE)] == ["heirs"]  # type: ignore[arg-type]
    completed = notices_due("TransferCompleted", fields_of("TransferCompleted"), sender="41", has_died=True, **DUE)  # type: ignore[arg-type]
    assert [("继承" in n.text, n.to) for n in completed] == [(True, "heirs")]


def test_what_nobody_needs_to_know_is_not_told() -> None:
    assert notices_due("ContactLetterReceived", {}, sender="44", **DUE) == ()  # type: ignore[arg-type]
    assert not TOLD & {"DeadlineMissed", "FundsRemitted", "PersonInformed"}


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_every_text_speaks_only_of_what_its_message_says(kind: str) -> None:
    known = set(messages.BY_NAME[kind].__struct_fields__) | EVERYWHERE
    assert FIELDS[kind] <= known
    assert "reason" not in FIELDS[kind] or "reason_code" in known
    for notice in notices_due(kind, fields_of(kind), sender="44", **DUE):  # type: ignore[arg-type]
        assert notice.about == kind
        assert "{" not in notice.text
        assert notice.by in ("44", "41")
        assert len(notice.text) < 500
