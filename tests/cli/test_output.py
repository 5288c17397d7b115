"""Output: JSON that keeps Chinese and dates, tables that keep text as it is."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from jinbao.cli.output import print_json, print_table, progress


def test_json_keeps_chinese_dates_and_paths(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "河南", "due": date(2025, 10, 17), "file": Path("a/b"), "sum": 0})
    printed = capsys.readouterr().out
    assert '"河南"' in printed
    assert json.loads(printed) == {"name": "河南", "due": "2025-10-17", "file": "a/b", "sum": 0}


def test_a_table_shows_text_as_it_is_and_numbers_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "fen"], [("[bold]广东[/bold]", 5), (None, 12345)], title="x")
    title, _head, _rule, first, second = [
        line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()
    ]
    assert title.strip() == "x"
    assert first.strip().startswith("[bold]广东[/bold]")
    assert (first[-5:], second.strip()) == ("    5", "12345")


def test_a_progress_bar_stays_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("counting", total=3) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_id_day_or_reference_is_cut_however_narrow_the_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("jinbao.cli.output._WIDTH_OF_A_PIPE", columns)
    whole = ["bfdcaa35-4c22-5bcb-968a-9cd005b18a5e", "2025-10-17", "RF281E71F89A3A72536092073", "38,401.23"]
    said = "a longer text with many words that may be broken between them, 也有中文的说明文字"
    print_table(["transfer", "due", "payment", ("yuan", "right"), "said"], [(*whole, said)] * 3)
    printed = capsys.readouterr().out
    for piece in whole:
        assert printed.count(piece) == 3
    for word in said.split():
        assert word in printed or not word.isascii()


def test_a_table_that_fits_when_its_texts_are_broken_stays_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinbao.cli.output._WIDTH_OF_A_PIPE", 60)
    print_table(["due", "payment", "said"], [("2025-10-17", "RF281E71F89A3A72536092073", "many words " * 10)])
    head = next(line for line in capsys.readouterr().out.splitlines() if line.strip())
    assert head.split() == ["due", "payment", "said"]
