"""`jinbao ledger`: what stands on which account of which province, and that entries and balances are sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from jinbao.cli import settlement
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import Justify, print_json, print_line, print_table
from jinbao.cli.reading import reading
from jinbao.language.words import Translator, Words
from jinbao.platform.projections.ledger_check import WrongBalance, WrongEntry, wrong_balances, wrong_entries
from jinbao.platform.queries import LedgerRow, Money, ledger, money
from jinbao.presentation import formatting, labels, ledger_labels
from jinbao.presentation.prose import prose

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
        rows, nation = ledger(work, province), money(work)
        entries, balances = wrong_entries(work), wrong_balances(work)
    if as_json:
        print_json(
            {
                "province": province,
                "money_fen": as_fen(nation),
                "rows": [_as_json(row) for row in rows],
                "wrong_entries": [_in_fen(entry) for entry in entries],
                "wrong_balances": [_in_fen(balance) for balance in balances],
            }
        )
    else:
        _print_provinces(tr, rows, whole=province is None)
        _print_parts(tr, rows)
        total = formatting.yuan(nation.sum)
        print_line(tr(f"全国全部分录合计 {total} 元", f"sum of all entries of the nation: {total} yuan"))
        _print_faults(tr, entries, balances)
    if entries or balances:
        raise typer.Exit(1)


def _print_faults(tr: Translator, entries: Sequence[WrongEntry], balances: Sequence[WrongBalance]) -> None:
    """What is not sound, and what to do about it."""
    parts = [("个人账户", "personal"), ("统筹基金", "pooling"), ("待分", "unallocated")]
    if entries:
        names = [("序号", "position"), ("业务", "transfer"), ("科目", "account"), ("省份", "province")]
        names += [("付款编号", "payment"), ("行号", "line")]
        lines = [
            (
                e.position,
                e.transfer_id,
                _account(tr, e.account),
                e.province,
                e.reference,
                e.line,
                *map(formatting.yuan, e[-3:]),
            )
            for e in entries
        ]
        print_table(_columns(tr, names, parts), lines, title=tr("合计不为零的分录", "Entries that do not sum to zero"))
    if balances:
        differences = [(b.province, _account(tr, b.account), *map(formatting.yuan, b[-3:])) for b in balances]
        title = tr("余额减分录（应为零）", "Balance minus entries (must be zero)")
        print_table(_columns(tr, [("省份", "province"), ("科目", "account")], parts), differences, title=title)
    if entries or balances:
        print_line(
            tr(
                "基金账有误：停止入库，用 jinbao projections rebuild 由记录重建；仍不平时由备份恢复",
                "the ledger is not sound: stop ingest and rebuild it by jinbao projections rebuild; where that "
                "does not help, restore a backup",
            )
        )


def _account(tr: Translator, name: str) -> str:
    return tr.of(ledger_labels.ACCOUNTS.get(name, (name, name)))


def _in_fen(fault: WrongEntry | WrongBalance) -> dict[str, object]:
    parts = ("personal", "pooling", "unallocated")
    return {f"{name}_fen" if name in parts else name: value for name, value in fault._asdict().items()}


app.command("settlement", help=settlement.HELP)(settlement.settlement)


def as_fen(nation: Money) -> dict[str, int]:
    """The nation's money under the names of the JSON contract."""
    return {name.rstrip("_"): amount for name, amount in nation._asdict().items()}


def _as_json(row: LedgerRow) -> dict[str, object]:
    return {
        "province": row.province,
        "account": row.account,
        "personal_fen": row.personal,
        "pooling_fen": row.pooling,
        "unallocated_fen": row.unallocated,
        "total_fen": row.total,
    }


def _print_provinces(tr: Translator, rows: Iterable[LedgerRow], *, whole: bool) -> None:
    """One line a province, one column an account; the nation below."""
    by_province: dict[str, dict[str, int]] = {}
    nation = dict.fromkeys(ledger_labels.ACCOUNTS, 0)
    for row in rows:
        by_province.setdefault(row.province, {})[row.account] = row.total
        nation[row.account] += row.total
    lines = [
        (code, tr.of(labels.province(code)), *(formatting.yuan(accounts.get(a, 0)) for a in ledger_labels.ACCOUNTS))
        for code, accounts in by_province.items()
    ]
    if whole:
        lines.append(("", tr("全国", "nation"), *(formatting.yuan(nation[a]) for a in ledger_labels.ACCOUNTS)))
    columns = _columns(tr, [("代码", "code"), ("省份", "province")], ledger_labels.ACCOUNTS.values())
    print_table(columns, lines, title=tr("基金账（元）", "Ledger (yuan)"))


def _columns(tr: Translator, names: Iterable[Words], amounts: Iterable[Words]) -> list[str | tuple[str, Justify]]:
    return [*map(tr.of, names), *((tr.of(amount), "right") for amount in amounts)]


def _print_parts(tr: Translator, rows: Iterable[LedgerRow]) -> None:
    """The same by part: personal account, pooling fund, and what no sheet has split yet."""
    parts: dict[str, list[int]] = {}
    for row in rows:
        sums = parts.setdefault(row.account, [0, 0, 0])
        for i, amount in enumerate((row.personal, row.pooling, row.unallocated)):
            sums[i] += amount
    lines = [
        (tr.of(name), *map(formatting.yuan, parts[a]), formatting.yuan(sum(parts[a])))
        for a, name in ledger_labels.ACCOUNTS.items()
        if a in parts
    ]
    amounts = [("个人账户", "personal"), ("统筹基金", "pooling"), ("待分", "unallocated"), ("合计", "total")]
    print_table(_columns(tr, [("科目", "account")], amounts), lines, title=tr("其中（元）", "Parts (yuan)"))
