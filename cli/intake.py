"""`jinbao intake`: the messages that the platform did not take, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.projections.untaken import NOT_TAKEN, SELECTIONS, untaken
from jinbao.platform.queries import number_of_events
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.views.untaken import as_json_of, untaken_table

app = typer.Typer(help=prose("Intake: messages that were not taken"), no_args_is_help=True)


@app.callback()
def intake() -> None:
    """Keep `list` a sub-command although it is the only one."""


@app.command("list", help=prose("Messages that were not taken, newest first"))
def list_(
    ctx: typer.Context,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", metavar="|".join(SELECTIONS), help=prose("One outcome only, or all but duplicates")),
    ] = None,
    province: Annotated[
        str | None,
        typer.Option(
            "--province",
            metavar="PP",
            help=prose("Of one sender only (dead letters tell none)"),
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what was rejected, waits, came again, or could not be read."""
    tr = translator(ctx)
    if outcome is not None and outcome not in SELECTIONS:
        known = ", ".join(SELECTIONS)
        raise UserError(f"--outcome {outcome}：应为 {known} 之一", f"--outcome {outcome}: expected one of {known}")
    check_province(province)
    wanted = tuple(NOT_TAKEN.values()) if outcome is None else SELECTIONS[outcome]
    with reading(data, database) as (_, work):
        position = number_of_events(work)
        found = untaken(work, outcomes=wanted, sender=province, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"position": position, "messages": [as_json_of(message) for message in found], "more": more})
        return
    print_view([untaken_table(tr, found, with_transfer=True)])
    count = tr(f"共 {len(found)} 条", formatting.counted(len(found), "message"))
    count += tr("，还有更多（--limit）", ", and more (--limit)") if more else ""
    print_line(count + tr.of(formatting.as_of(position)))
