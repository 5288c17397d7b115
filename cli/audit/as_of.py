"""`jinbao audit as-of`: the nation, a province's work list or a case as it stood at an instant."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jinbao.cli.case import find_case
from jinbao.cli.clock import instant, instant_until
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.nation.result import print_result
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_note, print_view
from jinbao.cli.reading import is_simulation, opened, simulated_run
from jinbao.language.words import Translator
from jinbao.platform.audit.history.as_of import Instant, Then, as_it_stood, find, streams_of
from jinbao.platform.audit.history.snapshots import kept_in
from jinbao.platform.projections.case_board import case_list
from jinbao.platform.store.store import Store
from jinbao.platform.whole_case import whole_case
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import CalendarError, day_of, load_working_days
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.simulator.summary import summary_then
from jinbao.views.as_of import ALL, case_then, nation_then, province_then, standing
from jinbao.views.case_page import case_page, case_table, heading

HELP = prose("The nation, a province's work list or a case as it stood at an instant")


def as_of(
    ctx: typer.Context,
    at: Annotated[str, typer.Argument(metavar="TIME", help=prose("Shanghai time, e.g. 2025-03-01T12:00"))],
    fact: Annotated[
        str | None, typer.Option("--fact", metavar="TIME", help=prose("Only what had occurred by then"))
    ] = None,
    transfer: Annotated[
        str | None,
        typer.Option("--case", metavar="TRANSFER", help=prose("Transfer id, its first digits, or application number")),
    ] = None,
    province: Annotated[
        str | None, typer.Option("--province", metavar="PP", help=prose("Province code, e.g. 41"))
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", min=0, help=prose("Nothing behind this event of the log"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was recorded by an instant, folded in the log's order; exit 1 where there was no such case yet."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    check_province(province)
    if transfer is not None and province is not None:
        raise UserError("--case 与 --province 只能用一个", "--case and --province exclude each other")
    recorded_us, fact_us = _last(at, "TIME"), None if fact is None else _last(fact, "--fact")
    asked = Instant(recorded_us, fact_us, position)
    with opened(settings) as store:
        with store.read() as work:
            then = find(work.bulk, asked)
        try:
            if transfer is not None:
                _case(tr, store, then, transfer, asked, as_json=as_json)
            elif province is not None:
                _province(tr, settings, store, then, province, asked, as_json=as_json)
            else:
                _nation(tr, settings, store, then, asked, as_json=as_json)
        except CalendarError as error:
            raise UserError(*error.words) from None


def _last(text: str, option: str) -> int:
    """An instant; of a day alone its last. Raises UserError."""
    until = instant_until(text, option)
    return until - 1 if until > instant(text, option) else until


def _nation(tr: Translator, settings: Settings, store: Store, then: Then, asked: Instant, *, as_json: bool) -> None:
    planned = simulated_run(settings.data).transfers if is_simulation(settings.data) else None
    with summary_then(store, then.cut, planned, kept_in(settings.data)) as (work, found):
        overview = {**found, "set_aside": 0}
        told = {**standing(then), **nation_then(work, overview, day_of(asked.recorded_us), load_working_days())}
    if as_json:
        print_json(told)
        return
    _print_standing(tr, told)
    print_result(tr, overview)


def _province(
    tr: Translator, settings: Settings, store: Store, then: Then, province: str, asked: Instant, *, as_json: bool
) -> None:
    on = day_of(asked.recorded_us)
    with as_it_stood(store, then.cut, kept_in(settings.data)) as (_, work):
        told = {**standing(then), **province_then(work, province, on, load_working_days())}
        rows = [] if as_json else case_list(work, province=province, waiting=True, limit=ALL)
    if as_json:
        print_json(told)
        return
    _print_standing(tr, told)
    print_view([case_table(tr, rows, on)])


def _case(tr: Translator, store: Store, then: Then, transfer: str, asked: Instant, *, as_json: bool) -> None:
    on = day_of(asked.recorded_us)
    with store.read() as work:
        now = find_case(work, transfer)
        streams = () if now is None else streams_of(work.bulk, now.transfer_id.bytes)
    told: dict[str, Any] | None = None
    with as_it_stood(store, then.cut._replace(streams=streams)) as (_, work):
        row = None if now is None else find_case(work, str(now.transfer_id))
        if row is not None:
            whole = whole_case(work, row)
            told = {**standing(then), **case_then(row, whole, on)}
    if row is None or told is None:
        print_note(tr(f"当时没有这笔业务：{transfer}", f"no such transfer then: {transfer}"))
        raise typer.Exit(FAILED)
    if as_json:
        print_json(told)
        return
    _print_standing(tr, told)
    route, state = heading(tr, row)
    print_line(f"{route}  {state}")
    print_view(case_page(tr, row, whole, on))


def _print_standing(tr: Translator, told: dict[str, Any]) -> None:
    print_line(tr("事件", "event") + f" {told['position']:,}  " + tr("根", "root") + f" {told['root'] or '-'}")
