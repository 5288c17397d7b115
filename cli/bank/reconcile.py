"""`jinbao reconcile`: every bank account between its balances, explained by ledger, classes and breaks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from jinbao.cli.bank.month import COMMANDS
from jinbao.cli.bank.seal import seal
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading, today
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation, reconcile_statements
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.days import read_day
from jinbao.rules.working_days import load_working_days
from jinbao.service.errors import UserError
from jinbao.views.statement_reconciliation import reconciliation_as_json, reconciliation_page

app = typer.Typer()

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help=prose("As of this day, else today"))
]
ProvinceOption = Annotated[str | None, typer.Option("--province", metavar="PP", help=prose("One province only"))]


@app.callback(
    invoke_without_command=True,
    help=prose(
        "Banks' statements against the ledger: what explains each account's change. Exit code 1 where something is "
        "unexplained"
    ),
)
def reconcile(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    province: ProvinceOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print each account's figures and how many breaks of each kind are open."""
    if ctx.invoked_subcommand is not None:
        return
    tr = translator(ctx)
    reconciled, position = reconciled_as_of(data, database, as_of, province)
    said = reconciliation_as_json(reconciled, province)
    if as_json:
        print_json(said)
    else:
        print_view(reconciliation_page(tr, reconciled, province))
        print_line(str(reconciled.as_of) + tr.of(formatting.as_of(position)))
    if not said["explained"]:
        raise typer.Exit(1)


def reconciled_as_of(
    data: DataOption, database: str | None, as_of: str | None, province: str | None
) -> tuple[StatementReconciliation, int]:
    """Statements against payments as of a day, and the position of the log that was read. Raises UserError."""
    check_province(province)
    day = None if as_of is None else _day(as_of)
    with reading(data, database) as (settings, work):
        position = followed_to(work)
        return reconcile_statements(work, day or today(settings, work), load_working_days()), position


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise UserError(
            f"--as-of {text}：应为日期，如 2019-10-15", f"--as-of {text}: must be a day like 2019-10-15"
        ) from error


for _name, _help, _command in COMMANDS:
    app.command(_name, help=_help)(_command)

app.command("seal", help=prose("Sign a province's month: every account of it, or none"))(seal)
