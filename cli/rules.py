"""`jinbao rules …`: the law at the command line. Exit codes: 0 the answer, 1 the answer is no, 2 wrong input."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jinbao.rules.benefit_place import BenefitPlaceForm, benefit_place
from jinbao.rules.form import FormError, decode_form
from jinbao.rules.funds import compute_transfer
from jinbao.rules.funds_form import funds_answer, read_funds_form
from jinbao.rules.identity import IdentityType, check_identity
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import CalendarError, load_working_days

app = typer.Typer(no_args_is_help=True, help="规则：期限、号码、金额、领取地 / due dates, numbers, amounts, places.")

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / answer in JSON.")]


def _refuse(text: str) -> NoReturn:
    typer.echo(f"输入有误 / wrong input: {text}", err=True)
    raise typer.Exit(2)


def _print_json(answer: dict[str, Any]) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")


@app.command()
def due(
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="起始日，不计入 / not counted.")],
    working_days: Annotated[int, typer.Option("--working-days", metavar="N", help="工作日数 / working days.")],
    as_json: AsJson = False,
) -> None:
    """期限届满日 / the day on which a limit of working days ends."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", start):
        _refuse("--from: 应为 YYYY-MM-DD / must be like 2025-09-22")
    try:
        answer = load_working_days().due(date.fromisoformat(start), working_days)
    except CalendarError as error:
        _refuse(str(error))
    except ValueError:
        _refuse("--from: 没有这一天 / there is no such day")
    if as_json:
        _print_json({"due": answer.date.isoformat(), "provisional": answer.provisional})
        return
    typer.echo(answer.date.isoformat())
    if answer.provisional:
        typer.echo("暂定：该年放假安排尚未公布 / provisional: that year's holidays are not yet published", err=True)


@app.command("id")
def identity(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="证件号码 / the number.")],
    type: Annotated[
        str, typer.Option("--type", help=f"证件类型 / type: {', '.join(get_args(IdentityType))}.")
    ] = "resident_id",
    as_json: AsJson = False,
) -> None:
    """号码是否有效 / whether an identity number is valid; exit 1 and the reason when it is not."""
    try:
        check = check_identity(number, type, on=date.today())
    except ValueError as error:
        _refuse(f"--type: {error}")
    if as_json:
        _print_json({"valid": check.valid, "type": check.type, "normalized": check.normalized, "reason": check.reason})
    elif check.valid:
        typer.echo(f"有效 / valid: {check.normalized}")
    else:
        typer.echo(f"无效 / not valid: {check.reason}")
    raise typer.Exit(0 if check.valid else 1)


@app.command()
def funds(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="参保缴费记录 / the contribution record.")],
    as_json: AsJson = False,
) -> None:
    """转移金额及其依据 / the amount of a transfer, figure by figure with its article."""
    try:
        answer = funds_answer(compute_transfer(read_funds_form(_read(file))))
    except FormError as error:
        _refuse(f"{file}: {error}")
    if as_json:
        _print_json(answer)
        return
    _print_funds(answer)


def _print_funds(answer: dict[str, Any]) -> None:
    """The year rows as a table, then every figure with how it came about."""
    columns = {
        "year": "年 / year",
        "months": "月 / mo.",
        "contribution_base_total": "基数 / bases",
        "account_credit": "本金 / credit",
        "account_interest": "利息 / int.",
        "account_balance": "储存额 / bal.",
        "pooling": "统筹 / pool.",
    }
    table = Table(title="分年明细（元）/ years (yuan)")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for year in answer["years"]:
        table.add_row(*("-" if year[column] is None else str(year[column]) for column in columns))
    console = Console(highlight=False, soft_wrap=True)
    Console().print(table)
    for line in answer["explanation"]:
        console.print(f"[bold]{line['amount']:>14}[/]  {escape(line['figure'])}")
        console.print(f"{'':16}{escape(line['text'])}")
        console.print(f"{'':16}{escape(line['article'])}", style="dim")
    if answer["provisional"]:
        typer.echo("暂定：有年度利率尚未公布 / provisional: a year's interest rate is not yet published", err=True)


@app.command("benefit-place")
def place(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="户籍、所在地、各地月数 / hukou, place, months.")],
    as_json: AsJson = False,
) -> None:
    """待遇领取地 / the province that pays the pension, by which rule."""
    try:
        form = decode_form(_read(file), BenefitPlaceForm)
        answer = benefit_place(form.hukou, form.current, form.places)
    except FormError as error:
        _refuse(f"{file}: {error}")
    if as_json:
        reason = f"{answer.reason_zh} / {answer.reason_en}"
        _print_json({"province": answer.province, "rule": answer.rule, "article": answer.article, "reason": reason})
        return
    province = PROVINCES[answer.province]
    typer.echo(f"{answer.province} {province.name_zh} / {province.name_en}")
    typer.echo(f"规则 / rule {answer.rule}: {answer.reason_zh} / {answer.reason_en}")
    typer.echo(f"依据 / article: {answer.article}")
