"""`jinbao adapter documents`: how far each document of a province has come, by the province's own system."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.exchange.standing import newest_documents
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_layout import LOCAL_SYSTEM
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.settings import load_settings
from jinbao.storage.sqlite_file import WrongFile, open_for_reading, reason
from jinbao.views.documents import documents_table, outgoing_as_json

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
    file = Province(load_settings(data).data, province).local_file
    if not file.is_file():
        raise UserError(
            f"{file}：没有该省的本地系统；请用 --data 指明数据目录",
            f"{file}: no local system of that province; name its folder by --data",
        )
    wanted = None if state is None else _NAMES[state]
    try:
        with closing(open_for_reading(file)) as local:
            LOCAL_SYSTEM.check(local)
            found = newest_documents(local, case=case, state=wanted, limit=limit + 1)
    except WrongFile:
        raise
    except sqlite3.Error as error:
        raise UserError(
            f"{file}：无法读取：{reason(error)[0]}；若是旧版本的文件，请先运行一次该省的适配器",
            f"{file}: cannot be read: {error}; run the province's adapter once if an earlier version wrote it",
        ) from None
    more, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"documents": [outgoing_as_json(document) for document in found], "more": more})
        return
    print_view([documents_table(tr, found)])
    count = tr(f"共 {len(found)} 份", formatting.counted(len(found), "document"))
    print_line(count + (tr("，还有更多（--limit）", ", and more (--limit)") if more else ""))
