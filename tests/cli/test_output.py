"""Output: JSON that keeps Chinese and dates, tables that keep text as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.cli.output import print_json, print_json_line, print_line, print_note, print_table, progress
from jinbao.rules.unprintable import has_unprintable

ROOM = Path(__file__).parents[2] / "cli"
HOSTILE = "\x1b[2J\x9b31m\u202egnp\u2066\x00\x7f\U000e0041"
COMMAND = [sys.executable, "-m", "jinbao.cli.main", "--lang", "en"]


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


def test_nothing_that_is_printed_moves_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(HOSTILE)
    print_note(HOSTILE)
    print_table([HOSTILE], [(HOSTILE,)], title=HOSTILE)
    out, error = capsys.readouterr()
    for text in (out, error):
        assert not any(has_unprintable(line) for line in text.split("\n"))
        assert "\\x1b[2J" in text
    assert "\\u202egnp" in out


@pytest.mark.parametrize("show", [print_json, print_json_line])
def test_json_escapes_what_moves_a_terminal_and_keeps_the_value(capsys: pytest.CaptureFixture[str], show: Any) -> None:
    show({"name": HOSTILE, "河南": "好"})
    printed = capsys.readouterr().out
    assert not any(has_unprintable(line) for line in printed.split("\n"))
    assert json.loads(printed) == {"name": HOSTILE, "河南": "好"}
    assert "好" in printed


def test_one_place_prints() -> None:
    """Whatever a command says goes through `output`; what draws on the terminal itself writes its own controls."""
    draws = {"output.py", "main.py", "platform.py", "schemas.py"}
    direct = re.compile(r"sys\.std(out|err)\.write|typer\.echo|print\(text")
    others = {file.name for file in ROOM.rglob("*.py") if direct.search(file.read_text("utf-8"))}
    assert others <= draws


def _run(*words: str, stdout: Any = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *words], stdout=stdout, stderr=subprocess.PIPE, env={**os.environ, **environment}, check=False
    )


@pytest.mark.parametrize(
    "console",
    [
        {"PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_json_is_utf_8_whatever_the_console_has(console: dict[str, str]) -> None:
    answer = _run("--lang", "zh", "rules", "id", "110105194912310021", "--json", **console)
    assert answer.returncode == 1
    assert "校验码" in json.loads(answer.stdout.decode("utf-8"))["reason"]
    told = _run("rules", "id", "110105194912310021", **console)
    assert (told.returncode, told.stderr) == (1, b"")
    assert told.stdout.startswith(b"not valid: ")


@pytest.mark.slow
@pytest.mark.parametrize("words", [("codes",), ("codes", "--json"), ("rules", "--help"), ("--version",)])
def test_a_full_output_ends_in_one_line(words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        ended = _run(*words, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr == b"jinbao: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("words", [("codes",), ("codes", "--json")])
def test_a_closed_output_ends_in_one_line(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = _run(*words, stdout=writing)
    finally:
        os.close(writing)
    assert ended.returncode == 1
    assert ended.stderr == b"jinbao: the output was closed\n"


@pytest.mark.parametrize("columns", range(60, 150, 7))
def test_no_amount_is_cut_under_headings_of_few_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """A cut amount looks like another amount."""
    monkeypatch.setattr("jinbao.cli.output._WIDTH_OF_A_PIPE", columns)
    amounts = ["-38,401.23", "0.00", "38,401.23", "1,234,567.89", "-5.00", "0.07", "12,345.67"]
    heads = ["转出地基金", "在途", "转入地基金", "暂收", "退回", "清退本人", "更正转移中"]
    print_table([(head, "right") for head in heads], [amounts])
    pieces = capsys.readouterr().out.split()
    for amount in amounts:
        assert amount in pieces
