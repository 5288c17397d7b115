"""Page of the fund ledger: what stands on which account of which province, and what of it is not sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jinbao.language.words import Translator, Words
from jinbao.platform.projections.fund_ledger import LedgerRow, Money
from jinbao.platform.projections.ledger_check import WrongBalance, WrongEntry
from jinbao.presentation import formatting, labels, ledger_labels
from jinbao.views.table import Table, View, headings

_PARTS: list[Words] = [("个人账户", "personal"), ("统筹基金", "pooling"), ("待分", "unallocated")]


def ledger_page(tr: Translator, rows: Sequence[LedgerRow], nation: Money, *, whole: bool) -> View:
    """The balances by province and by part, and the nation's sum; `whole`: of all provinces, with their sum."""
    total = formatting.yuan(nation.sum)
    sum_of_all = tr(f"全国全部分录合计 {total} 元", f"sum of all entries of the nation: {total} yuan")
    return [_provinces(tr, rows, whole=whole), _by_part(tr, rows), sum_of_all]


def ledger_faults(tr: Translator, entries: Sequence[WrongEntry], balances: Sequence[WrongBalance]) -> View:
    """What of the ledger is not sound, and what to do about it; empty where it is sound."""
    view: list[str | Table] = []
    if entries:
        names = [("序号", "position"), ("业务", "transfer"), ("科目", "account"), ("省份", "province")]
        names += [("付款编号", "payment"), ("行号", "line")]
        lines = [
            (
                e.position,
                e.transfer_id,
                tr.of(ledger_labels.account(e.account)),
                e.province,
                e.reference,
                e.line,
                *map(formatting.yuan, e[-3:]),
            )
            for e in entries
        ]
        title = tr("合计不为零的分录", "Entries that do not sum to zero")
        view.append(Table(headings(tr, names, _PARTS), lines, title))
    if balances:
        differences = [
            (b.province, tr.of(ledger_labels.account(b.account)), *map(formatting.yuan, b[-3:])) for b in balances
        ]
        title = tr("余额减分录（应为零）", "Balance minus entries (must be zero)")
        view.append(Table(headings(tr, [("省份", "province"), ("科目", "account")], _PARTS), differences, title))
    if entries or balances:
        view.append(
            tr(
                "基金账有误：停止入库，用 jinbao projections rebuild 由记录重建；仍不平时由备份恢复",
                "the ledger is not sound: stop ingest and rebuild it by jinbao projections rebuild; where that "
                "does not help, restore a backup",
            )
        )
    return view


def fault_as_json(fault: WrongEntry | WrongBalance) -> dict[str, object]:
    """An entry or balance that is not sound, amounts in fen."""
    parts = ("personal", "pooling", "unallocated")
    return {f"{name}_fen" if name in parts else name: value for name, value in fault._asdict().items()}


def nation_as_json(nation: Money) -> dict[str, int]:
    """The nation's money under the names of the JSON contract."""
    return {name.rstrip("_"): amount for name, amount in nation._asdict().items()}


def row_as_json(row: LedgerRow) -> dict[str, object]:
    """What stands on one account of one province, in fen."""
    return {
        "province": row.province,
        "account": row.account,
        "personal_fen": row.personal,
        "pooling_fen": row.pooling,
        "unallocated_fen": row.unallocated,
        "total_fen": row.total,
    }


def _provinces(tr: Translator, rows: Iterable[LedgerRow], *, whole: bool) -> Table:
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
    columns = headings(tr, [("代码", "code"), ("省份", "province")], ledger_labels.ACCOUNTS.values())
    return Table(columns, lines, tr("基金账（元）", "Ledger (yuan)"))


def _by_part(tr: Translator, rows: Iterable[LedgerRow]) -> Table:
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
    columns = headings(tr, [("科目", "account")], [*_PARTS, ("合计", "total")])
    return Table(columns, lines, tr("其中（元）", "Parts (yuan)"))
