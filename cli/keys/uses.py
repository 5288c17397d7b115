"""`jinbao keys uses`: who asked the key service for which relationship, when, why, and what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Words
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.key_service.uses import NAME, Action, Outcome, Recorded, recorded
from jinbao.service.settings import load_settings

HELP = prose("What provinces asked the key service for, newest first")
_ACTIONS: Mapping[Action, Words] = {
    "look_up": ("查关系号", "look-up"),
    "seal": ("封存", "seal"),
    "open": ("取钥匙", "opening"),
    "escrow": ("托管主密钥", "master key escrowed"),
    "recover": ("恢复主密钥", "master key recovered"),
    "delete": ("销毁钥匙", "key destroyed"),
}
_OUTCOMES: Mapping[Outcome, Words] = {
    "given": ("已给出", "given"),
    "limit": ("达上限", "beyond the limit"),
    "withheld": ("不给出", "withheld"),
    "deleted": ("已销毁", "destroyed"),
    "unknown": ("没有此钥匙", "unknown"),
}
_HEADINGS: tuple[Words, ...] = (
    ("时间", "at"),
    ("省份", "province"),
    ("事项", "what"),
    ("关系", "relationship"),
    ("为", "for"),
    ("结果", "outcome"),
    ("次数", "times"),
)
ProvinceOption = Annotated[str | None, typer.Option("--province", metavar="PP", help=prose("Of one province only"))]


def uses(
    ctx: typer.Context,
    province: Annotated[
        str | None, typer.Option("--province", metavar="PP", help=prose("Of one province only"))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the record that the key service keeps; there is no number in it."""
    check_province(province)
    tr, folder = translator(ctx), load_settings(data).data
    try:
        found = recorded(folder, province, limit + 1)
    except sqlite3.Error as error:
        raise UserError(f"{folder / NAME}：{error}", f"{folder / NAME}: {error}") from None
    rows, has_more = found[:limit], len(found) > limit
    if as_json:
        print_json({"uses": [_as_json(row) for row in rows], "more": has_more})
        return
    table = [
        (
            formatting.instant(row.at_us),
            row.province,
            tr.of(_ACTIONS[row.action]),
            str(row.relationship or ""),
            row.why,
            tr.of(_OUTCOMES[row.outcome]),
            row.times,
        )
        for row in rows
    ]
    print_table([tr.of(heading) for heading in _HEADINGS], table)
    more = tr("，还有更多（--limit）", ", and more (--limit)") if has_more else ""
    print_line(tr(f"共 {len(rows)} 行", formatting.counted(len(rows), "row")) + more)


def _as_json(row: Recorded) -> dict[str, object]:
    fields = row._asdict()
    return {"at": formatting.iso(fields.pop("at_us")), **fields}
