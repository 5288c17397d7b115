"""`jinbao bank accounts`: a province's bank accounts, listed and named."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from jinbao.cli.bank.office import OperatorOption, bank_office, own_accounts, refusal, signing
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.platform.projections.bank_accounts import AccountRow, accounts as account_rows
from jinbao.presentation.formatting import yuan
from jinbao.presentation.ledger_labels import BANK_ACCOUNTS
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.statements.account_naming import AccountNotNamedError, name_account
from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

app = typer.Typer(help=prose("Bank accounts of the funds"), invoke_without_command=True)

KindOption = Annotated[
    Literal["in", "out", "fiscal"],
    typer.Option("--kind", help=prose("in: income account, out: expenditure account, fiscal: special fiscal account")),
]


@app.callback()
def list_accounts(
    ctx: typer.Context, data: DataOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Print every bank account with its balance, the number where it is known here."""
    if ctx.invoked_subcommand is not None:
        return
    tr, settings = translator(ctx), load_settings(data, database=database)
    with opened(settings) as store, store.read() as work:
        rows = account_rows(work)
    numbers = {own.account: own.number for code in PROVINCES for own in own_accounts(settings, code)}
    if as_json:
        print_json([_account_json(row, numbers.get(row.account)) for row in rows])
        return
    header = (
        tr("省份", "province"),
        tr("类别", "kind"),
        tr("账号", "account"),
        tr("余额(元)", "balance (yuan)"),
        tr("对账单截至", "statements to"),
        tr("笔数", "entries"),
    )
    print_table(
        header,
        [
            (
                row.province,
                tr.of(BANK_ACCOUNTS[row.kind]),
                numbers.get(row.account) or str(row.account),
                "-" if row.closing_fen is None else yuan(row.closing_fen),
                str(row.statements_to or "-"),
                f"{row.entries:,}",
            )
            for row in rows
        ],
    )


@app.command(help=prose("Name a bank account of a province's funds"))
def add(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help=prose("Number of the account"), metavar="ACCOUNT")],
    province: Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")],
    kind: KindOption,
    operator: OperatorOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register the account and return once the platform has answered; named again as it is, nothing changes."""
    check_province(province)
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    with bank_office(settings, province) as office:
        bank = office.local.bank
        try:
            message = name_account(bank, number, kind, signing(operator), present(settings))
        except AccountNotNamedError as error:
            raise UserError(*error.words) from None
        if message is not None:
            (told,) = office.send(tr, [message])
            if told.state is DocumentState.REJECTED:
                raise UserError(*refusal(told))
        own = bank.account(number)
    assert own is not None, "it was accepted"
    if as_json:
        print_json({"account": str(own.account), "number": number, "province": province, "kind": kind})
    else:
        print_line(
            tr(f"{number}：{BANK_ACCOUNTS[kind][0]}，{province}", f"{number}: {BANK_ACCOUNTS[kind][1]} of {province}")
        )


def _account_json(row: AccountRow, number: str | None) -> dict[str, Any]:
    return {
        "account": str(row.account),
        "number": number,
        "province": row.province,
        "kind": row.kind,
        "opening_fen": row.opening_fen,
        "closing_fen": row.closing_fen,
        "statements_to": row.statements_to and row.statements_to.isoformat(),
        "entries": row.entries,
    }
