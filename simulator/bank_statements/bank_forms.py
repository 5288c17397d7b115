"""Statements as banks write them: four forms of CSV, each as another bank exports it, and camt.053.001.08.

Each form has what real ones have, as `docs/statements.md` lists it; the mappings that read the CSV forms stand in
`examples/banks/`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class BookedRow:
    """A booked entry as its bank writes it; what came in is positive, amounts are yuan."""

    day: str
    """YYYY-MM-DD."""
    amount: Decimal
    name: str
    """Of the other side."""
    account: str
    remark: str
    """附言."""
    reference: str
    kind: str
    """The bank's word for what it is: 转账, 手续费, 利息, 归集."""
    number: str
    """The bank's own number of the entry."""


@dataclass(frozen=True)
class StatementRows:
    """A statement before it is written in a form; its rows are in the order in which the bank booked them."""

    id: str
    account: str
    opening: Decimal
    first_day: str
    last_day: str
    rows: Sequence[BookedRow]
    pending: Sequence[BookedRow] = ()
    """Entries that are not booked yet: only camt.053 tells of them, and they count nowhere."""

    def balances(self) -> Iterator[tuple[BookedRow, Decimal]]:
        """Each entry with the balance after it."""
        balance = self.opening
        for row in self.rows:
            balance += row.amount
            yield row, balance

    @property
    def closing(self) -> Decimal:
        """The balance after the last entry."""
        return self.opening + sum((row.amount for row in self.rows), Decimal(0))


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def two_columns(statement: StatementRows) -> bytes:
    """GB18030, lines before the header, two amount columns, separators, tabs around cells, newest first, a total."""
    head = [
        ["账户交易明细"],
        [f"账号：{statement.account}", "币种：人民币"],
        ["起止日期", f"{_plain(statement.first_day)}-{_plain(statement.last_day)}"],
    ]
    header = ["序号", "交易日期", "借方发生额", "贷方发生额", "余额", "对方户名", "对方账号", "用途", "摘要", "凭证号"]
    rows: list[list[str]] = []
    for entry, balance in reversed(list(statement.balances())):
        debit = f"{-entry.amount:,.2f}" if entry.amount < 0 else ""
        credit = f"{entry.amount:,.2f}" if entry.amount > 0 else ""
        day, rest = entry.day.replace("-", ""), (entry.name, entry.account, entry.remark, entry.kind, entry.reference)
        cells = (str(len(rows) + 1), day, debit, credit, f"{balance:,.2f}", *rest)
        rows.append([f"{cell}\t" for cell in cells])
    debits = sum((-entry.amount for entry in statement.rows if entry.amount < 0), Decimal(0))
    credits = sum((entry.amount for entry in statement.rows if entry.amount > 0), Decimal(0))
    total = ["合计", "", f"{debits:,.2f}", f"{credits:,.2f}", "", "", "", "", "", ""]
    return _csv([*head, header, *rows, total]).encode("gb18030")


def signed_amount(statement: StatementRows) -> bytes:
    """UTF-8 with a byte order mark, one signed amount, a trailing comma in every row, oldest first."""
    header = ["流水号", "记账日", "交易金额", "账户余额", "对方名称", "对方账号", "附言", "付款编号", "业务类型"]
    rows = [
        [e.number, e.day, f"{e.amount}", f"{b}", e.name, e.account, e.remark, e.reference, e.kind, ""]
        for e, b in statement.balances()
    ]
    return b"\xef\xbb\xbf" + _csv([["本方账号", statement.account], header, *rows]).encode()


def words_for_direction(statement: StatementRows) -> bytes:
    """GB18030, `贷 Cr` and `借 Dr`, two pairs of amount columns, rows that end early, the account in every row."""
    header = [
        "本方账号",
        "记账日期",
        "借贷标志",
        "交易金额",
        "账户余额",
        "折合美元",
        "折合余额",
        "摘要",
        "对方账号",
        "对方户名",
        "附言",
    ]
    rows: list[list[str]] = []
    for entry, balance in statement.balances():
        direction = "贷 Cr" if entry.amount > 0 else "借 Dr"
        remark = f"{entry.remark} {entry.reference}".strip()
        amounts = (f"{abs(entry.amount)}", f"{balance}", "", "")
        row = [statement.account, entry.day, direction, *amounts, entry.kind, entry.account, entry.name, remark]
        while row and not row[-1]:
            row.pop()
        rows.append(row)
    return _csv([header, *rows]).encode("gb18030")


def no_order(statement: StatementRows) -> bytes:
    """UTF-8, rows in no order, the reference in the remark only, semicolons."""
    header = ["日期", "收入", "支出", "结余", "对方", "对方账户", "说明", "类别"]
    rows = []
    for entry, balance in sorted(statement.balances(), key=lambda pair: pair[0].amount):
        sides = (f"{entry.amount}", "") if entry.amount > 0 else ("", f"{-entry.amount}")
        remark = f"{entry.remark}/{entry.reference}" if entry.reference else entry.remark
        rows.append([entry.day.replace("-", "/"), *sides, f"{balance}", entry.name, entry.account, remark, entry.kind])
    text = StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(
        [["户名", "合成社保基金41"], ["账号", statement.account], header, *rows]
    )
    return text.getvalue().encode()


def camt(statement: StatementRows) -> bytes:
    """camt.053.001.08."""
    entries = "".join(map(_entry, statement.rows))
    pending = "".join(map(_entry, statement.pending)).replace("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>")
    return f"""<?xml version="1.0" encoding="GB18030"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>{statement.id}</MsgId><CreDtTm>{statement.last_day}T23:00:00+08:00</CreDtTm></GrpHdr>
<Stmt>
<Id>{statement.id}</Id>
<Acct><Id><Othr><Id>{statement.account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
{_balance("OPBD", statement.opening, statement.first_day)}
{_balance("CLBD", statement.closing, statement.last_day)}
{entries}{pending}</Stmt>
</BkToCstmrStmt>
</Document>
""".encode("gb18030")


def _balance(code: str, amount: Decimal, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(entry: BookedRow) -> str:
    side = "Dbtr" if entry.amount > 0 else "Cdtr"
    direction = "CRDT" if entry.amount > 0 else "DBIT"
    parties = ""
    if entry.name:
        account = f"<{side}Acct><Id><Othr><Id>{entry.account}</Id></Othr></Id></{side}Acct>"
        parties = f"<RltdPties><{side}><Pty><Nm>{entry.name}</Nm></Pty></{side}>{account}</RltdPties>"
    reference = f"<Refs><EndToEndId>{entry.reference}</EndToEndId></Refs>" if entry.reference else ""
    amount = f'<Amt Ccy="CNY">{abs(entry.amount)}</Amt>'
    remark = f"<RmtInf><Ustrd>{escape(entry.remark)}</Ustrd></RmtInf>" if entry.remark else ""
    detail = f"{reference}{amount}<CdtDbtInd>{direction}</CdtDbtInd>{parties}{remark}"
    return (
        f"<Ntry><NtryRef>{entry.number}</NtryRef>{amount}<CdtDbtInd>{direction}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{entry.day}</Dt></BookgDt>"
        f"<BkTxCd><Prtry><Cd>{entry.kind}</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls>{detail}</TxDtls></NtryDtls></Ntry>\n"
    )


def _plain(day: str) -> str:
    return day.replace("-", "")


FORMS: dict[str, Callable[[StatementRows], bytes]] = {
    "camt053": camt,
    "no-order": no_order,
    "signed-amount": signed_amount,
    "two-columns": two_columns,
    "words-for-direction": words_for_direction,
}
"""By name of the example under `examples/banks/`."""
