"""`jinbao payments`: the payments that provinces report, and between which bank accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_table
from jinbao.cli.reading import reading, today
from jinbao.platform.bank_matching.values import Payment
from jinbao.platform.projections.bank_accounts import accounts
from jinbao.platform.projections.payment_reports import payments_reported
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation.formatting import yuan
from jinbao.presentation.prose import prose

app = typer.Typer(help=prose("Payments that provinces report"), no_args_is_help=True)


@app.callback()
def payments() -> None:
    """Keep `list` a command of its own."""


@app.command("list", help=prose("Every payment that a province has ordered, with the transfers that it is for"))
def list_(
    ctx: typer.Context,
    province: Annotated[str | None, typer.Option("--province", metavar="PP", help=prose("One province only"))] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the payments in the order of their references; accounts by id, where a province has one of the kind."""
    check_province(province)
    with reading(data, database) as (settings, work):
        of_kind = _only_accounts(work)
        found = [
            (payment, of_kind.get((payment.payer, "out")), of_kind.get((payment.payee, "in")))
            for payment in payments_reported(work, today(settings, work))
            if "debit" in payment.sides and province in (None, payment.payer, payment.payee)
        ]
    if as_json:
        print_json([_as_json(*row) for row in found])
        return
    tr = translator(ctx)
    header = (
        tr("付款编号", "payment reference"),
        tr("付款地", "payer"),
        tr("收款地", "payee"),
        tr("金额(元)", "amount (yuan)"),
        tr("付款日期", "ordered on"),
        tr("笔数", "transfers"),
    )
    rows = [
        (p.reference, p.payer, p.payee or "-", yuan(_ordered_fen(p)), str(p.ordered_on), str(len(p.lines)))
        for p, _, _ in found
    ]
    print_table(header, rows)


def _only_accounts(work: UnitOfWork) -> Mapping[tuple[str, str], UUID]:
    """(province, kind) → its account, of which it has no other of that kind."""
    found: dict[tuple[str, str], list[UUID]] = {}
    for row in accounts(work):
        found.setdefault((row.province, row.kind), []).append(row.account)
    return {place: of_place[0] for place, of_place in found.items() if len(of_place) == 1}


def _ordered_fen(payment: Payment) -> int:
    return -payment.sides["debit"].amount_fen


def _as_json(payment: Payment, payer: UUID | None, payee: UUID | None) -> dict[str, Any]:
    return {
        "payment_reference": payment.reference,
        "from_account": payer and str(payer),
        "to_account": payee and str(payee),
        "amount_fen": _ordered_fen(payment),
        "ordered_on": payment.ordered_on.isoformat(),
        "lines": [
            {"transfer": str(UUID(bytes=line.transfer)) if line.transfer else None, "amount_fen": line.ordered_fen}
            for line in payment.lines
            if line.ordered_fen is not None
        ],
    }
