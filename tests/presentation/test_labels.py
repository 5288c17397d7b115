"""Labels and formatting: every code that the platform keeps has its words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from jinbao.language.words import Words
from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.state import State
from jinbao.platform.projections.fund_ledger import Money
from jinbao.presentation import case_labels, formatting, labels, ledger_labels, message_labels
from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.rules.procedures import load_procedures
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import BY_NAME, MESSAGES, Agency, YearRow
from jinbao.schemas.personal_fields import ApplicantFields


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (case_labels.STATES, {state.value for state in State}),
        (case_labels.DOCUMENT_STATES, {state.name.lower() for state in DocumentState}),
        (case_labels.RESULTS, {name.rstrip("_") for name in Money._fields}),
        (labels.FACTS, set(FACTS)),
        (load_procedures().clock_titles, set()),
    ],
)
def test_every_code_has_words_in_both_languages(known: Mapping[str, Words], needed: set[str]) -> None:
    assert needed <= set(known)
    for zh, en in known.values():
        assert zh
        assert en.isascii()
        assert not zh.isascii()


def test_every_clock_of_the_shipped_procedures_has_words() -> None:
    names = {clock.name for procedure in load_procedures() for clock in procedure.clocks}
    assert {"application_review", "origin_transfer"} <= names
    assert names == load_procedures().clock_titles.keys()
    assert case_labels.clock("lump_sum_notice") == ("一次性缴费书面告知", "lump-sum notice")
    assert case_labels.clock("a-province's-own") == ("a-province's-own", "a-province's-own")


def test_screen_and_paper_share_one_table_of_words_and_no_field_is_without() -> None:
    records = {"agency": Agency, "personal": ApplicantFields, "rows": YearRow}
    inside = {f"{record}.{name}" for record, kind in records.items() for name in kind.__struct_fields__}
    filled_in = {name for form in FORMS.values() for name in form.__struct_fields__}
    of_a_message = {name for kind in MESSAGES for name in kind.__struct_fields__}
    for name in (filled_in | inside) - {"rows.credited_year", "rows.credited_month"}:  # on neither
        zh, en = message_labels.field(name)
        assert en.isascii(), name
        assert not zh.isascii(), name
    known = {key.partition(".")[2] if key.partition(".")[0] in BY_NAME else key for key in message_labels.FIELDS}
    assert known <= filled_in | inside | of_a_message, "words of no field"


def test_a_message_may_name_a_field_in_its_own_words() -> None:
    assert message_labels.field("months", "ArrearsReported")[0] == "月数"
    assert message_labels.field("months", "InformationSheetSent")[0] == "累计缴费月数"
    assert message_labels.field("personal.name")[0] == "姓名"
    assert message_labels.field("agency.name")[0] == "经办机构名称"
    assert message_labels.field("nobody_knows") == ("nobody_knows", "nobody_knows")
    assert (message_labels.value("reason", "merged"), message_labels.value("text", "merged")) == ("合并", "merged")


def test_amounts_have_thousands_separators_and_two_decimals() -> None:
    assert [formatting.yuan(fen) for fen in (0, 5, -120, 3_309_425, 123_456_789_01)] == [
        "0.00",
        "0.05",
        "-1.20",
        "33,094.25",
        "123,456,789.01",
    ]


def test_days_have_the_names_of_their_weekdays() -> None:
    assert formatting.day(date(2025, 2, 28)) == ("2025-02-28 周五", "2025-02-28 Fri")


def test_instants_are_told_in_shanghai() -> None:
    assert formatting.instant(0) == "1970-01-01 08:00"
    assert formatting.in_shanghai(1_735_786_800_000_000).isoformat() == "2025-01-02T11:00:00+08:00"


def test_provinces_and_the_platform_have_short_names() -> None:
    assert [labels.province(code)[0] for code in ("41", "66", "00")] == ["河南", "兵团", "全国平台"]
    assert {labels.province(code) for code in PROVINCES} == {(p.short, p.name_en) for p in PROVINCES.values()}


def test_days_left_count_down_and_on() -> None:
    assert [formatting.days_left(n) for n in (3, 1, 0, -1, -2)] == [
        ("余 3 个工作日", "3 working days left"),
        ("余 1 个工作日", "1 working day left"),
        ("今天到期", "due today"),
        ("已过 1 个工作日", "1 working day over"),
        ("已过 2 个工作日", "2 working days over"),
    ]


def test_the_account_that_stands_negative_shares_no_word_with_the_summary_that_counts_what_went_out() -> None:
    results = {word for pair in case_labels.RESULTS.values() for word in pair}
    assert results.isdisjoint(ledger_labels.ACCOUNTS["origin_fund"])
