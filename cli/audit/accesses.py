"""`jinbao audit accesses`: who opened which person's data, when, why and for which case."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from jinbao.cli.case import find_case
from jinbao.cli.clock import instant, instant_until
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, print_table
from jinbao.cli.reading import opened
from jinbao.language.words import Translator, Words
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.audit.statements.accesses import Listed, gaps, listed
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.settings import load_settings

HELP = prose("Who opened which person's data, when, why and for which case")
_WAYS: Mapping[str, Words] = {
    "page": ("页面", "page"),
    "command": ("命令", "command"),
    "export": ("导出", "export"),
    "ring": ("密钥环", "key ring"),
}
_HEADINGS: tuple[Words, ...] = (
    ("时间", "at"),
    ("用户", "user"),
    ("角色", "role"),
    ("省份", "province"),
    ("方式", "way"),
    ("事项", "what"),
    ("对象", "whom"),
    ("理由", "why"),
    ("结果", "outcome"),
    ("次数", "times"),
)


def accesses(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help=prose("Of one user only"))] = None,
    transfer: Annotated[
        str | None, typer.Option("--transfer", metavar="ID", help=prose("Of one transfer, relationship or case only"))
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help=prose("From this time on"))] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help=prose("Up to this time; a day counts whole"))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest first; there is no number in it. Exit 1 where a place has kept some back."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    since_us = None if since is None else instant(since, "--from")
    until_us = None if until is None else instant_until(until, "--to")
    with opened(settings) as store, store.read() as work:
        newest = deque(
            listed(work.bulk, user=user, about=_names(work, transfer), since_us=since_us, until_us=until_us), limit + 1
        )
        kept_back = gaps(work.bulk)
    found, more = list(reversed(newest))[:limit], len(newest) > limit
    if as_json:
        print_json({"accesses": [_as_json(one) for one in found], "more": more, "gaps": kept_back})
    else:
        _print(tr, found, more=more, kept_back=kept_back)
    if kept_back:
        raise typer.Exit(FAILED)


def _people(relationships: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" +{len(relationships) - 1}" if len(relationships) > 1 else ""
    return relationships[0] + more if relationships else ""


def _names(work: UnitOfWork, transfer: str | None) -> set[str]:
    """By which names accesses may be about what was asked for: its own, and those of the case that it names."""
    if transfer is None:
        return set()
    row = find_case(work, transfer)
    if row is None:
        return {transfer}
    stream, _ = case_parts(row.case_id)
    return {transfer, str(row.transfer_id), row.application, str(work.streams(RELATIONSHIPS).key_of(stream))} - {""}


def _as_json(one: Listed) -> dict[str, object]:
    access = one.access
    return {
        "at": formatting.iso(access.at),
        "recorded_at": formatting.iso(one.recorded_at),
        "place": one.place,
        **{name: getattr(access, name) for name in access.__struct_fields__ if name != "at"},
    }


def _print(tr: Translator, found: Sequence[Listed], *, more: bool, kept_back: Mapping[str, Sequence[int]]) -> None:
    rows = [
        (
            formatting.instant(a.at),
            a.user,
            a.role,
            a.province or "",
            tr.of(_WAYS[a.way]),
            a.action,
            a.case or a.transfer or _people(a.relationships),
            a.reason or a.ground,
            a.outcome,
            a.times,
        )
        for a in (one.access for one in found)
    ]
    print_table([tr.of(heading) for heading in _HEADINGS], rows)
    rest = tr("，还有更多（--limit）", ", and more (--limit)") if more else ""
    print_line(tr(f"共 {len(rows)} 行", formatting.counted(len(rows), "row")) + rest)
    for place, numbers in kept_back.items():
        told = ", ".join(map(str, numbers))
        print_note(tr(f"{place} 在第 {told} 条之前有缺号", f"{place}: some are missing before number {told}"))
