"""`jinbao adapter documents`: how far each document of a province has come, by the province's own system."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Annotated, Any

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Translator
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation import case_labels, code_labels, formatting, labels
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.exchange.standing import newest_documents
from jinbao.regional_adapter.local.local_system import DocumentState, LocalDocument
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.storage.sqlite_file import open_for_reading

HELP = prose("How far each document of a province has come")

_NAMES = {state.name.lower(): state for state in DocumentState}


def documents(
    ctx: typer.Context,
    province: Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")],
    case: Annotated[str | None, typer.Option("--case", help=prose("Application number or transfer id"))] = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="|".join(_NAMES), help=prose("One state only"))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the province's newest documents; what follows outside waits for those that are not accepted."""
    tr = translator(ctx)
    check_province(province)
    if state is not None and state not in _NAMES:
        known = ", ".join(_NAMES)
        raise UserError(f"--state {state}：应为 {known} 之一", f"--state {state}: expected one of {known}")
    file = load_settings(data).data / "local" / f"{province}.sqlite"
    if not file.is_file():
        raise UserError(
            f"{file}：没有该省的本地系统；请用 --data 指明数据目录",
            f"{file}: no local system of that province; name its folder by --data",
        )
    wanted = None if state is None else _NAMES[state]
    try:
        with closing(open_for_reading(file)) as local:
            found = newest_documents(local, case=case, state=wanted, limit=limit + 1)
    except sqlite3.Error as error:
        raise UserError(
            f"{file}：无法读取：{error}；若是旧版本的文件，请先运行一次该省的适配器",
            f"{file}: cannot be read: {error}; run the province's adapter once if an earlier version wrote it",
        ) from None
    more, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"documents": [_as_json(document) for document in found], "more": more})
        return
    heads = [("写于（北京）", "written (Beijing)"), ("业务", "case"), ("文书", "document"), ("文书号", "number")]
    heads += [("状态", "state"), ("原因", "reason"), ("字段", "field")]
    print_table([tr(*head) for head in heads], [_row(tr, document) for document in found])
    count = tr(f"共 {len(found)} 份", formatting.counted(len(found), "document"))
    print_line(count + (tr("，还有更多（--limit）", ", and more (--limit)") if more else ""))


def _row(tr: Translator, d: LocalDocument) -> tuple[Any, ...]:
    kind = tr.of(labels.message(d.kind))
    waits = d.state is DocumentState.PARKED
    why = f"{d.code} {tr.of(code_labels.why_not_taken(d.code, waits=waits))}" if d.code else ""
    return (
        formatting.instant(d.written_at),
        d.case,
        kind,
        d.key,
        tr.of(case_labels.document_state(d.state.name)),
        why,
        d.field or "",
    )


def _as_json(d: LocalDocument) -> dict[str, Any]:
    return {
        "sequence": d.sequence,
        "case": d.case,
        "document": d.kind,
        "number": d.key,
        "attempt": d.attempt,
        "written_at": formatting.in_shanghai(d.written_at),
        "state": d.state.name.lower(),
        "code": d.code,
        "field": d.field,
        "decided_at": None if d.decided_at is None else formatting.in_shanghai(d.decided_at),
    }
