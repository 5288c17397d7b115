"""`jinbao bank check`: banks' statements, read and held against their own balances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Translator, Words
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError
from jinbao.regional_adapter.statements.bank_mapping import BankMapping, load_bank_mapping
from jinbao.regional_adapter.statements.statement import Statement, UnreadableStatementError, written
from jinbao.regional_adapter.statements.statement_check import CheckedFile, check_statements
from jinbao.service.errors import UserError

HELP = prose("Say what a bank's file holds and whether it adds up; nothing is stored")

BankMappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="MAPPING", help=prose("Mapping file (TOML) of the bank, for a CSV statement")),
]


def check(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=prose("Statement: camt.053, or CSV with --mapping"))],
    mapping: BankMappingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where the file can be read, 1 where it cannot, 2 where the mapping is wrong."""
    tr = translator(ctx)
    read_by = None if mapping is None else named_mapping(mapping)
    try:
        checked = check_statements(file, read_by)
    except UnreadableStatementError as error:
        shown = {"format": None, "statements": [], "refused": [as_problem(tr, error.code, error.line, error.words)]}
        if as_json:
            print_json(shown)
        else:
            print_line(tr(f"{file}：无法读取", f"{file}: cannot be read"))
            print_line(f"  {error.code}  {tr.of(error.words)}")
        raise typer.Exit(1) from None
    if as_json:
        print_json(_as_json(tr, checked))
    else:
        _print(tr, file, checked)


def named_mapping(file: Path) -> BankMapping:
    """The mapping that an option names. Raises UserError with all its mistakes."""
    try:
        return load_bank_mapping(file)
    except WrongMappingError as error:
        raise wrong_mapping(file, error) from None


def wrong_mapping(file: Path, error: WrongMappingError) -> UserError:
    """What is told of a mapping with mistakes: all of them."""
    zh = "；".join(
        (f"{p.path}：" if p.path else "") + p.problem[0] + (f"（应为 {p.suggestion}？）" if p.suggestion else "")
        for p in error.problems
    )
    en = "; ".join(
        (f"{p.path}: " if p.path else "") + p.problem[1] + (f" ({p.suggestion}?)" if p.suggestion else "")
        for p in error.problems
    )
    return UserError(f"{file}：{zh}", f"{file}: {en}")


def _as_json(tr: Translator, checked: CheckedFile) -> dict[str, Any]:
    return {
        "format": checked.format,
        "checked_by": tr.of(checked.checked_by),
        "statements": [_statement(tr, statement) for statement in checked.statements],
    }


def _statement(tr: Translator, statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "account": statement.account,
        "currency": statement.currency,
        "opening": None if statement.opening is None else written(statement.opening.amount),
        "closing": None if statement.closing is None else written(statement.closing.amount),
        "entries": statement.entries,
        "credits": written(statement.credits),
        "debits": written(statement.debits),
        "adds_up": statement.adds_up(),
        "problems": [as_problem(tr, p.code, p.line, p.words) for p in statement.problems],
    }


def as_problem(tr: Translator, code: str, line: int, words: Words) -> dict[str, Any]:
    """A problem as JSON tells it."""
    return {"code": code, "line": line, "text": tr.of(words)}


def _print(tr: Translator, file: Path, checked: CheckedFile) -> None:
    print_line(f"{file}: {checked.format} ({tr.of(checked.checked_by)})")
    header = (
        tr("对账单", "statement"),
        tr("账号", "account"),
        tr("币种", "currency"),
        tr("期初余额", "opening"),
        tr("贷方", "credits"),
        tr("借方", "debits"),
        tr("期末余额", "closing"),
        tr("笔数", "entries"),
        tr("是否相符", "adds up"),
    )
    words = {True: tr("是", "yes"), False: tr("否", "no"), None: tr("无法判断", "cannot be said")}
    rows = [
        (
            s.id,
            s.account,
            s.currency,
            "-" if s.opening is None else written(s.opening.amount),
            written(s.credits),
            written(s.debits),
            "-" if s.closing is None else written(s.closing.amount),
            str(s.entries),
            words[s.adds_up()],
        )
        for s in checked.statements
    ]
    print_table(header, rows)
    for statement in checked.statements:
        for problem in statement.problems:
            where = tr(f"第 {problem.line} 行", f"line {problem.line}")
            print_line(f"  {statement.id}: {where}: {problem.code}: {tr.of(problem.words)}")
