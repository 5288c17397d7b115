"""Words: every code that the platform keeps has its words in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jinbao.cli import language, words
from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.state import State
from jinbao.platform.queries import Money
from jinbao.presentation.labels import Words
from jinbao.rules import procedures
from jinbao.rules.provinces import PROVINCES


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (words.STATES, set(State)),
        (words.FACTS, set(FACTS)),
        (words.RESULTS, {name.rstrip("_") for name in Money._fields}),
    ],
)
def test_every_code_has_words_in_both_languages(known: dict[str, Words], needed: set[str]) -> None:
    assert needed <= set(known)
    for zh, en in known.values():
        assert zh
        assert en.isascii()
        assert not zh.isascii()


def test_every_clock_of_the_shipped_procedures_has_words() -> None:
    files = (Path(procedures.__file__).parent / "data" / "procedures").glob("*.toml")
    names = {clock["name"] for file in files for clock in tomllib.loads(file.read_text(encoding="utf-8"))["clock"]}
    assert {"application_review", "origin_transfer"} <= names <= set(words.CLOCKS)


def test_amounts_have_thousands_separators_and_two_decimals() -> None:
    assert [words.yuan(fen) for fen in (0, 5, -120, 3_309_425, 123_456_789_01)] == [
        "0.00",
        "0.05",
        "-1.20",
        "33,094.25",
        "123,456,789.01",
    ]


def test_instants_are_told_in_shanghai() -> None:
    assert words.instant(0) == "1970-01-01 08:00"
    assert words.in_shanghai(1_735_786_800_000_000).isoformat() == "2025-01-02T11:00:00+08:00"


def test_provinces_and_the_platform_have_short_names() -> None:
    assert (words.province("41"), words.province("66"), words.province("00")) == ("河南", "兵团", "全国平台")
    assert {words.province_words(code) for code in PROVINCES} == {(p.short, p.name_en) for p in PROVINCES.values()}


def test_days_left_count_down_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [words.days_left(n) for n in (3, 0, -2)] == ["余 3 天", "今天到期", "已过 2 天"]
    monkeypatch.setattr(language, "_current", "en")
    assert [words.days_left(n) for n in (3, 1, 0, -1)] == ["3 days left", "1 day left", "due today", "1 day over"]


def test_the_account_that_stands_negative_shares_no_word_with_the_summary_that_counts_what_went_out() -> None:
    results = {word for pair in words.RESULTS.values() for word in pair}
    assert results.isdisjoint(words.ACCOUNTS["origin_fund"])
