"""The program's frame: groups on demand, languages, user errors as one line."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jinbao.bus.interface import BusError
from jinbao.cli import main as program
from jinbao.presentation.prose import translated
from jinbao.service.errors import UserError


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("JINBAO_LANG", "JINBAO_CONFIG"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def run(*words: str) -> Result:
    return CliRunner().invoke(program.app, list(words))


def in_a_process(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("word", sorted(program.ENTRIES))
def test_every_word_of_the_program_has_its_commands(word: str) -> None:
    result = run(word, "--help")
    assert result.exit_code == 0, result.output
    assert f"jinbao {word}" in result.output


def test_help_lists_every_group_in_chinese_or_english() -> None:
    zh, en = run("--help").output, run("--lang", "en", "--help").output
    for word, entry in program.ENTRIES.items():
        assert re.search(rf"{word} +{re.escape(translated(entry.help, 'zh'))}", zh)
        assert re.search(rf"{word} +{re.escape(entry.help)}", en)


def test_the_language_may_come_from_environment_or_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "jinbao.toml").write_text('lang = "en"\n')
    assert "The program's settings" in run("--help").output
    monkeypatch.setenv("JINBAO_LANG", "zh")
    assert "程序的设置" in run("--help").output
    assert "The program's settings" in run("--lang=en", "--help").output


def test_the_help_of_a_group_speaks_the_chosen_language() -> None:
    words = [sys.executable, "-m", "jinbao.cli.main", "--lang", "en", "config", "--help"]
    assert "List each setting and its source" in subprocess.run(words, capture_output=True, text=True).stdout


def test_an_unknown_language_is_refused() -> None:
    result = run("--lang", "fr", "config", "show")
    assert (result.exit_code, result.stderr) == (2, "jinbao: --lang fr：应为 zh, en 之一\n")


def test_the_version_is_the_packages() -> None:
    assert run("--version").output == f"jinbao {version('jinbao')}\n"


@pytest.mark.parametrize(
    "error", [UserError("in.csv, line 3: no such month"), BusError("embedded bus x: cannot open it")]
)
def test_a_users_mistake_is_one_line_and_exit_code_2(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("jinbao.cli.config.load_configuration", fail)
    result = run("config", "show")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"jinbao: {error}\n")


def test_a_defect_is_not_dressed_up_as_a_users_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinbao.cli.config.load_configuration", lambda *_: 1 / 0)
    assert isinstance(run("config", "show").exception, ZeroDivisionError)


def test_only_the_called_group_is_imported() -> None:
    imported = in_a_process(
        "import sys; sys.argv = ['jinbao', '--help']\n"
        "from jinbao.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*[m for m in sys.modules if m in ('sqlalchemy', 'fastavro', 'kafka', 'jinbao.cli.rules')])"
    )
    assert imported.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        ("case show", "缺少参数 'transfer'", "Missing argument 'transfer'."),
        ("case lst", "没有命令 'lst'，是否指 'list'？", "No such command 'lst'. Did you mean 'list'?"),
        ("ledgre", "没有命令 'ledgre'，是否指 'ledger'？", "No such command 'ledgre'. Did you mean 'ledger'?"),
        ("simulate --dyas 1", "没有选项 --dyas，是否指 --data, --database, --days？", "No such option: --dyas"),
        ("--dyas", "没有选项 --dyas", "No such option: --dyas"),
        ("case list more", "多余的参数：more", "Got unexpected extra argument(s) (more)"),
        ("case list --province", "选项 '--province' 须带一个值", "Option '--province' requires an argument."),
        ("case list --json=1", "选项 '--json' 不带值", "Option '--json' does not take a value."),
        ("simulate --days x", "'--days' 的值应为整数", "Invalid value for '--days'"),
        ("simulate --days 0", "'--days' 的值应不小于 1", "Invalid value for '--days'"),
        ("demo --days 5001", "'--days' 的值应不大于 5000", "Invalid value for '--days'"),
        ("demo --pace x", "'--pace' 的值应为数字", "Invalid value for '--pace'"),
        ("adapter import", "缺少参数 'file'", "Missing argument 'file'."),
        ("rules due", "缺少选项 '--from'", "Missing option '--from'."),
        ("demo --engines x", "'--engines' 的值 'x' 应为 embedded, real 之一", "Invalid value for '--engines'"),
    ],
)
def test_a_usage_error_is_told_in_the_language_spoken(words: str, zh: str, en: str) -> None:
    for language, text, title in (("zh", zh, "用法有误"), ("en", en, "Error")):
        result = run("--lang", language, *words.split())
        assert (result.exit_code, result.stdout) == (2, "")
        assert text in result.stderr
        assert title in result.stderr


@pytest.mark.parametrize("words", [[], ["--help"], ["case"], ["case", "list", "--help"], ["demo", "--help"]])
def test_the_frames_of_help_are_in_the_language_spoken(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    headings = {
        "zh": ("用法：", "选项", "命令", "显示本说明"),
        "en": ("Usage: ", "Options", "Commands", "this message"),
    }
    for language, own in headings.items():
        other = headings["en" if language == "zh" else "zh"]
        monkeypatch.setenv("JINBAO_LANG", language)
        output = run(*words).output
        assert own[0] in output
        assert own[1] in output
        assert not any(f"─ {heading}" in output or f"{heading} jinbao" in output for heading in other)
