"""`jinbao rules`: the law at the command line. Exit codes: 0 the answer, 1 the answer is no, 2 wrong input."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from jinbao.cli import output
from jinbao.cli.language import translator
from jinbao.cli.options import check_province
from jinbao.cli.output import print_json, print_line, print_note, print_table
from jinbao.language.system_errors import at, system_reason
from jinbao.language.words import Translator, words_of
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.benefit_place import BenefitPlaceForm, benefit_place
from jinbao.rules.days import read_day
from jinbao.rules.form import FormError, decode_form
from jinbao.rules.funds import compute_transfer
from jinbao.rules.funds_form import funds_answer, read_funds_form
from jinbao.rules.identity import IdentityType, check_identity
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.service.errors import UserError

app = typer.Typer(
    help=prose("The rules: due dates, identity numbers, amounts, benefit place"),
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help=prose("answer in JSON"))]


@app.command(help=prose("The day on which a limit of working days ends"))
def due(
    ctx: typer.Context,
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help=prose("first day, not counted"))],
    working_days: Annotated[int, typer.Option("--working-days", metavar="N", help=prose("working days"))],
    as_json: Json = False,
) -> None:
    """Print the due date; a note on stderr when it is provisional."""
    tr = translator(ctx)
    answer = load_working_days().due(_day(start), working_days)
    if as_json:
        print_json({"due": answer.date, "provisional": answer.provisional})
        return
    print_line(answer.date.isoformat())
    if answer.provisional:
        print_note(tr("暂定：该年放假安排尚未公布", "provisional: that year's holidays are not yet published"))


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        raise UserError("--from：应为日期，如 2025-09-22", "--from: must be a date like 2025-09-22") from None


@app.command("id", help=prose("Whether an identity number is valid"))
def identity(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help=prose("the number"))],
    type: Annotated[str, typer.Option("--type", help=", ".join(get_args(IdentityType)))] = "resident_id",
    as_json: Json = False,
) -> None:
    """Exit 0 when it is valid, else 1 with the reason."""
    tr = translator(ctx)
    try:
        check = check_identity(number, type, on=day_of(time.time_ns() // 1_000))
    except ValueError as error:
        zh, en = words_of(str(error))
        raise UserError(f"--type：{zh}", f"--type: {en}") from error
    reason = None if check.reason is None else tr.of(words_of(check.reason))
    if as_json:
        print_json({"valid": check.valid, "type": check.type, "normalized": check.normalized, "reason": reason})
    elif check.valid:
        print_line(tr("有效：", "valid: ") + str(check.normalized))
    else:
        print_line(tr("无效：", "not valid: ") + (reason or ""))
    raise typer.Exit(0 if check.valid else 1)


@app.command(help=prose("The amount of a transfer, figure by figure with its article"))
def funds(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help=prose("the contribution record"))],
    province: Annotated[
        str | None,
        typer.Option(metavar="PP", help=prose("the province that keeps the account, like 62")),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="PP", help=prose("the province that it moves to, like 50")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute the amounts from a JSON form, by the rules of the provinces where they differ."""
    tr = translator(ctx)
    for option, code in (("--province", province), ("--to", to)):
        check_province(code, option)
    if to is not None and to == province:
        raise UserError("--to 应为另一个省份", "--to: another province than --province is needed")
    try:
        answer = funds_answer(compute_transfer(read_funds_form(_read(file), province, to)))
    except FormError as error:
        raise _wrong_form(file, error) from error
    if as_json or not output.on_terminal():
        print_json(answer)
    else:
        _print_funds(tr, answer)


def _print_funds(tr: Translator, answer: dict[str, Any]) -> None:
    """The year rows as a table, then every figure with how it came about."""
    headings = {
        "year": tr("年", "year"),
        "months": tr("月数", "months"),
        "contribution_base_total": tr("基数合计", "bases"),
        "account_credit": tr("计入本金", "credit"),
        "account_interest": tr("利息", "interest"),
        "account_balance": tr("储存额", "balance"),
        "pooling": tr("统筹", "pooling"),
    }
    print_table(
        [(heading, "right") for heading in headings.values()],
        [[year[column] for column in headings] for year in answer["years"]],
        title=tr("分年明细（元）", "Years (yuan)"),
    )
    for line in answer["explanation"]:
        print_line(f"{line['amount']:>14}  {line['figure']}")
        print_line(f"{'':16}{tr.of(words_of(line['text']))}")
        print_line(f"{'':16}{formatting.article(tr, line['article'])}")
    for overlap in answer["overlaps"]:
        period = f"{overlap['year']}-{overlap['first_month']:02d}..{overlap['last_month']:02d}"
        provinces = " + ".join(code or "–" for code in overlap["provinces"])
        print_line(f"{period:>14}  {provinces}  {tr.of(words_of(overlap['text']))}")
        print_line(f"{'':16}{formatting.article(tr, overlap['article'])}")
    check = answer["plausibility"]
    if check is not None:
        print_line(f"{check['recomputed']:>14}  {tr('核对：按实际记入重算', 'check: recomputed as it was credited')}")
        verdict = (
            tr("在容差内", "within") if check["within_tolerance"] else tr("超出容差，请核对", "beyond: look into it")
        )
        differs = tr(f"与记录相差 {check['difference']}", f"the record differs by {check['difference']}")
        print_line(f"{'':16}{differs}{tr('，容差', ', tolerance')} {check['tolerance']}{tr('：', ': ')}{verdict}")
    if answer["provisional"]:
        print_note(tr("暂定：有年度利率尚未公布", "provisional: a year's interest rate is not yet published"))


@app.command("benefit-place", help=prose("The province that pays the pension, by which rule"))
def place(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.json", help=prose("hukou, current place, months")),
    ],
    as_json: Json = False,
) -> None:
    """Decide from a JSON form."""
    tr = translator(ctx)
    try:
        form = decode_form(_read(file), BenefitPlaceForm)
        answer = benefit_place(form.hukou, form.current, form.places, form.pension_age_on)
    except FormError as error:
        raise _wrong_form(file, error) from error
    if as_json or not output.on_terminal():
        print_json(
            {
                "province": answer.province,
                "rule": answer.rule,
                "article": answer.article,
                "reason": tr(answer.reason_zh, answer.reason_en),
                "hukou": answer.hukou,
                "months": answer.months,
            }
        )
        return
    province = PROVINCES[answer.province]
    print_line(f"{answer.province} {tr(province.name_zh, province.name_en)}")
    print_line(tr(f"规则 {answer.rule}：{answer.reason_zh}", f"rule {answer.rule}: {answer.reason_en}"))
    print_line(formatting.article(tr, answer.article))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(*at(file, system_reason(error))) from error


def _wrong_form(file: Path, error: FormError) -> UserError:
    zh, en = error.words
    return UserError(f"{file}: {zh}", f"{file}: {en}")
