"""`jinbao breaks`: what is not explained between banks and ledger, one by one."""

from __future__ import annotations

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_view
from jinbao.cli.reconcile import AsOfOption, ProvinceOption, reconciled_as_of
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import load_working_days
from jinbao.views.statement_reconciliation import break_as_json, breaks_page

app = typer.Typer(help=prose("Breaks: what is not explained between banks and ledger"), no_args_is_help=True)


@app.callback()
def breaks() -> None:
    """Hold the group together while it has one command."""


@app.command("list", help=prose("Open breaks, the oldest first"))
def list_(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    province: ProvinceOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a line a break; in JSON a list."""
    reconciled, _ = reconciled_as_of(data, database, as_of, province)
    found, calendar = reconciled.breaks(province), load_working_days()
    if as_json:
        print_json([break_as_json(reconciled, one, calendar) for one in found])
    else:
        print_view(breaks_page(translator(ctx), reconciled, found, calendar))
