"""What the pages for newcomers say is there, is there: files, tests, links and command lines."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from jinbao.cli import main as program

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "ARCHITECTURE.md")),
    *(ROOT / name for name in ("docs/rules.md", "docs/assumptions.md", "docs/pages.md")),
    *(ROOT / name for name in ("examples/README.md", "schemas/avro/README.md")),
    *DECISIONS,
]
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./*-]+\.(?:py|md|toml|csv|json|avsc|html|css)")
MADE_BY_USERS = {"jinbao.toml", "Name.vN.avsc"}
COMMANDS = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?(jinbao [^>&#\n]+)", re.MULTILINE)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def functions(file: Path) -> frozenset[str]:
    return frozenset(n.name for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.FunctionDef))


def command_lines(page: Path) -> list[str]:
    """Lines of code blocks that call the program, and in the READMEs what else stands there as a command."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = [line.strip() for block in blocks for line in COMMANDS.findall(block)]
    if page.parent == ROOT:
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        found += [code for code in CODE.findall(prose) if code.startswith("jinbao ")]
    return found


@cache
def file_names() -> frozenset[str]:
    rooms = [folder for folder in ROOT.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    return frozenset(path.name for folder in (*rooms, ROOT / ".ci") for path in folder.rglob("*")) | frozenset(
        path.name for path in ROOT.iterdir()
    )


def test_the_house_is_described_within_200_lines_and_a_messages_way_in_12_steps() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert len(text.splitlines()) <= 200
    assert 8 <= len(re.findall(r"^\d+\. \*\*", text, re.MULTILINE)) <= 12


def test_every_invariant_names_tests_that_exist() -> None:
    _, _, table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Invariants")
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    missing = []
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        if not tests:
            missing.append(f"no test: {row}")
        for file, test in tests:
            if not (ROOT / file).is_file() or test not in functions(ROOT / file):
                missing.append(f"{file}::{test}")
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))]
    assert [link for link in links if link and "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """With its folder, or where it stands alone, somewhere in the project."""
    missing = []
    for code in CODE.findall(page.read_text("utf-8")):
        path = code.partition("::")[0]
        if not FILE.fullmatch(path) or path in MADE_BY_USERS:
            continue
        if "/" in path:
            exists = any(ROOT.glob(path)) or any(page.parent.glob(path))
        else:
            exists = path in file_names()
        if not exists:
            missing.append(path)
    assert missing == []


@pytest.mark.parametrize("page", [p for p in PAGES if command_lines(p)], ids=named)
def test_every_command_line_of_a_page_is_one_that_the_program_takes(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for line in command_lines(page):
        try:
            parse(shlex.split(line)[1:])
        except Exception as error:
            pytest.fail(f"{named(page)}: {line}: {getattr(error, 'message', error)}")


def parse(words: list[str]) -> None:
    """Let the program read the words, down to the command's own options, and run nothing."""
    root = get_command(program.app)
    for name, entry in program.ENTRIES.items():
        root.add_command(program._OnDemand(name, entry))  # type: ignore[attr-defined]
    context = root.make_context("jinbao", words)
    command = root
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        command = context.command


def test_the_two_readmes_show_the_same_commands() -> None:
    english, chinese = (command_lines(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


def test_a_wrong_command_line_is_noticed() -> None:
    for wrong in (
        ["nothing"],
        ["rules", "due", "--form", "2025-09-22"],
        ["case", "shew", "1"],
        ["ledger", "--province"],
    ):
        with pytest.raises(Exception, match=r"(?i)no such|requires"):
            parse(wrong)


def test_the_list_of_decisions_is_complete() -> None:
    page = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert [p.name for p in DECISIONS if p.name != "README.md" and f"({p.name})" not in page] == []
