"""`jinbao ledger`: what stands on which account of which province, and that entries and balances are sound."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli import settlement
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_view
from jinbao.cli.reading import reading
from jinbao.platform.projections.fund_ledger import ledger, money
from jinbao.platform.projections.ledger_check import wrong_balances, wrong_entries
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.ledger import fault_as_json, ledger_faults, ledger_page, nation_as_json, row_as_json

app = typer.Typer(help=prose("Fund ledger"))


@app.callback(
    invoke_without_command=True,
    help=prose(
        "Fund ledger: what stands on which account of which province. Entries that do not sum to zero, and balances "
        "that differ from their entries, are named, with exit code 1"
    ),
)
def show(
    context: typer.Context,
    province: Annotated[str | None, typer.Option("--province", metavar="PP", help=prose("One province only"))] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the balances; in JSON `money_fen` is the nation's (`sum`: of all entries), `rows` what was asked for.

    Whatever was asked for, the nation's whole ledger is checked; exit 1, naming the entries, where it is not sound.
    """
    tr = translator(context)
    if context.invoked_subcommand is not None:
        return
    check_province(province)
    with reading(data, database) as (_, work):
        position, rows, nation = followed_to(work), ledger(work, province), money(work)
        entries, balances = wrong_entries(work), wrong_balances(work)
    if as_json:
        print_json(
            {
                "province": province,
                "position": position,
                "money_fen": nation_as_json(nation),
                "rows": [row_as_json(row) for row in rows],
                "wrong_entries": [fault_as_json(entry) for entry in entries],
                "wrong_balances": [fault_as_json(balance) for balance in balances],
            }
        )
    else:
        print_view(ledger_page(tr, rows, nation, whole=province is None))
        print_view([tr.of(formatting.as_of(position)).strip(), *ledger_faults(tr, entries, balances)])
    if entries or balances:
        raise typer.Exit(1)


app.command("settlement", help=settlement.HELP)(settlement.settlement)
