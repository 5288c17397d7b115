"""`jinbao codes`: the table of refusal, return, rejection and dead-letter codes, and docs/codes.md made from it."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from jinbao.cli.generated_page import CheckOption, WriteOption, check_page, write_page
from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Translator
from jinbao.presentation.code_labels import KINDS, SEVERITIES
from jinbao.presentation.prose import prose
from jinbao.rules.reason_codes import EDITIONS, REASON_CODES, ReasonCode, ReasonKind
from jinbao.service.errors import UserError

app = typer.Typer()


@app.command(help=prose("The table of refusal, return and rejection codes"))
def codes(
    ctx: typer.Context,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help=" | ".join(get_args(ReasonKind)), show_default=False)
    ] = None,
    write: WriteOption = None,
    check: CheckOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=prose("answer in JSON"))] = False,
) -> None:
    """Print the codes of one kind or all; with --write or --check, the whole table as a page."""
    tr = translator(ctx)
    if kind is not None and kind not in get_args(ReasonKind):
        known = ", ".join(get_args(ReasonKind))
        raise UserError(f"--kind {kind}：应为 {known} 之一", f"--kind {kind}: expected one of {known}")
    if write is not None:
        write_page(tr, write, page())
    if check is not None:
        check_page(tr, check, page(), "codes")
    if write is not None or check is not None:
        return
    rows = [reason for reason in REASON_CODES.values() if kind in (None, reason.kind)]
    if as_json:
        print_json({"edition": EDITIONS[-1], "codes": rows})
        return
    headings = (
        tr("代码", "code"),
        tr("严重程度", "severity"),
        tr("含义", "meaning"),
        tr("字段", "field"),
        tr("依据", "rule"),
        tr("下一步", "next step"),
    )
    print_table(headings, [_spoken(tr, reason) for reason in rows])
    newest = EDITIONS[-1]
    print_line(
        tr(
            f"第 {newest.version} 版，自 {newest.valid_from} 起，共 {len(rows)} 个代码",
            f"edition {newest.version}, in force from {newest.valid_from}: {len(rows)} codes",
        )
    )


def _spoken(tr: Translator, reason: ReasonCode) -> tuple[str | None, ...]:
    severity = tr(*SEVERITIES[reason.severity])
    meaning, step = tr(reason.text_zh, reason.text_en), tr(reason.next_step_zh, reason.next_step_en)
    return reason.code, severity, meaning, reason.field, reason.article, step


def page() -> str:
    """The table as docs/codes.md: Chinese with English beside it."""
    lines = [
        "# Reason codes / 原因代码",
        "",
        "Made by `jinbao codes --write docs/codes.md` from `rules/data/reason_codes.toml`; do not edit.",
        "A code keeps its meaning for ever; one that is added makes a new edition.",
        "代码含义永不改变；新增代码即为新版。",
        "",
        "| Edition / 版本 | From / 生效 | What it brought / 内容 |",
        "|---|---|---|",
        *(f"| {e.version} | {e.valid_from} | {e.text_zh} {e.text_en} |" for e in EDITIONS),
        "",
        "| Severity / 严重程度 | |",
        "|---|---|",
        *(f"| {name} | {zh}：{en} |" for name, (zh, en) in SEVERITIES.items()),
    ]
    for kind, (zh, en) in KINDS.items():
        lines += [
            "",
            f"## {kind}: {en} / {zh}",
            "",
            "| Code 代码 | Severity 程度 | Meaning 含义 | What to do 下一步 | Field 字段 | Rule 依据 | Edition 版本 |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_line(reason) for reason in REASON_CODES.values() if reason.kind == kind]
    return "\n".join(lines) + "\n"


def _line(r: ReasonCode) -> str:
    field = f"`{r.field}`" if r.field else "–"
    return (
        f"| `{r.code}` | {r.severity} | {r.text_zh}<br>{r.text_en} | {r.next_step_zh}<br>{r.next_step_en} "
        f"| {field} | {r.article or '–'} | {r.since} |"
    )
