"""`jinbao case`: a transfer's history, and the work lists of the agencies."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli import case_play
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import console, print_json, print_line, print_note, print_view
from jinbao.cli.reading import reading, today
from jinbao.language.words import Translator
from jinbao.platform.aggregates.state import State
from jinbao.platform.case_explanation import explain_case
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.projections.case_board import BoardRow, Place, case_list, case_of, place_of, transfers_like
from jinbao.platform.projections.log_gaps import known_gaps, told
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.whole_case import whole_case
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.views.case_explanation import explanation, explanation_as_json
from jinbao.views.case_json import case_as_json, whole_case_as_json
from jinbao.views.case_page import case_page, case_table, damages, heading
from jinbao.views.case_stuck import stuck_as_json, stuck_in, stuck_lines
from jinbao.views.untaken import untaken_table

app = typer.Typer(help=prose("Cases: work lists and what happened"), no_args_is_help=True)

app.command("play", help=case_play.HELP)(case_play.play)


@app.command(help=prose("One case: where it stands, whose turn it is, what happened"))
def show(
    ctx: typer.Context,
    transfer: Annotated[
        str,
        typer.Argument(help=prose("Transfer id, its first digits, or application number")),
    ],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one case; exit 1 when there is none, 2 when several begin like that."""
    tr = translator(ctx)
    with reading(data, database) as (settings, work):
        row = find_case(work, transfer)
        if row is None:
            print_note(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"))
            raise typer.Exit(1)
        on = today(settings, work)
        _tell_gaps(tr, work)
        whole = whole_case(work, row)
    if as_json:
        print_json(whole_case_as_json(row, whole, on))
        return
    route, state = heading(tr, row)
    console().print(f"[bold]{route}[/]  {state}")
    print_view(case_page(tr, row, whole, on))
    for damage in damages(whole):
        print_line(tr.of(damage))
    if whole.not_taken:
        print_view(
            [untaken_table(tr, whole.not_taken, title=tr("未被接受的报文", "Messages not taken"), with_transfer=False)]
        )


@app.command("list", help=prose("Cases, those due first on top"))
def list_(
    ctx: typer.Context,
    province: Annotated[
        str | None, typer.Option("--province", metavar="PP", help=prose("Province code, e.g. 41"))
    ] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help=prose("Only those that wait (for this province)"))] = False,
    state: Annotated[State | None, typer.Option("--state", help=prose("Only those in this state"))] = None,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="TRANSFER", help=prose("Go on after this transfer, the last of a former list")),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the transfers that a province takes part in, or its work list."""
    tr = translator(ctx)
    check_province(province)
    with reading(data, database) as (settings, work):
        on = today(settings, work)
        _tell_gaps(tr, work)
        position = followed_to(work)
        behind = None if after is None else _place_after(tr, work, after)
        rows = case_list(work, province=province, state=state, waiting=waiting, after=behind, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if as_json:
        print_json({"today": on, "position": position, "cases": [case_as_json(row, on) for row in rows], "more": more})
        return
    print_view([case_table(tr, rows, on)])
    count = tr(f"{on}，共 {len(rows)} 笔", f"{on}: {formatting.counted(len(rows), 'case')}")
    count += tr("，还有更多（--limit、--after）", ", and more (--limit, --after)") if more else ""
    print_line(count + tr.of(formatting.as_of(position)))


@app.command("explain", help=prose("Explain one case in plain words: standing, turn, next steps, amounts"))
def explain(
    ctx: typer.Context,
    transfer: Annotated[
        str,
        typer.Argument(help=prose("Transfer id, its first digits, or application number")),
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in plain words where one case stands and why; exit 1 when there is none, 2 when several begin like that."""
    tr = translator(ctx)
    with reading(data) as (settings, work):
        row = find_case(work, transfer)
        if row is None:
            print_note(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"))
            raise typer.Exit(1)
        on = today(settings, work)
        _tell_gaps(tr, work)
        whole, why = whole_case(work, row), explain_case(work, row)
    stuck = stuck_in(settings.data, row)
    if as_json:
        in_the_way = stuck_as_json(whole.not_taken, stuck)
        print_json({**explanation_as_json(row, whole, why, on), "in_the_way": in_the_way})
        return
    print_view([*explanation(tr, row, whole, why, on), *stuck_lines(tr, whole.not_taken, stuck)])


def _place_after(tr: Translator, work: UnitOfWork, transfer: str) -> Place:
    row = find_case(work, transfer)
    if row is None:
        raise UserError(f"--after {transfer}：没有这笔业务", f"--after {transfer}: no such transfer")
    return place_of(row)


def _tell_gaps(tr: Translator, work: UnitOfWork) -> None:
    """Say on stderr which facts the log lacks, since they may be this case's."""
    if gaps := known_gaps(work):
        print_note(tr.of(told(gaps)))


def find_case(work: UnitOfWork, text: str) -> BoardRow | None:
    """The case of a transfer id, its first digits, or an application number. Raises UserError where several are."""
    found = transfers_like(work, text.strip())
    if len(found) > 1:
        raise UserError(
            f"{text}：不止一笔业务以此开头（如 {found[0]}、{found[1]}），请多写几位",
            f"{text}: several transfers begin like that ({found[0]}, {found[1]}); give more digits",
        )
    return case_of(work, found[0]) if found else None
