"""Makes statements of one synthetic month: four in CSV, each as another bank exports it, and one in camt.053.

python examples/banks/make.py [FOLDER], in the developers' environment
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape

ACCOUNT = "4100000000000000017"
OPENING = Decimal("100000.00")


@dataclass(frozen=True)
class Booked:
    """An entry; credit is positive."""

    day: str
    amount: Decimal
    name: str
    account: str
    remark: str
    reference: str
    kind: str
    number: str


ENTRIES = [
    Booked(
        "2025-04-08", Decimal("21345.67"), "合成社保基金44", "4400000000000000018", "养老保险关系转移",
        "RF18539007547034", "转账", "0001",
    ),
    Booked(
        "2025-04-08", Decimal("1234.50"), "合成社保基金44", "4400000000000000018", "养老转移 rf18 5390 0754 7034 补款",
        "", "转账", "0002",
    ),
    Booked("2025-04-15", Decimal("-10.50"), "", "", "汇划手续费", "", "手续费", "0003"),
    Booked("2025-04-18", Decimal("-20000.00"), "合成专户41", "4100000000000000025", "归集\t上划", "", "归集", "0004"),
    Booked("2025-04-21", Decimal("88.05"), "", "", "结息", "", "利息", "0005"),
    Booked("2025-04-25", Decimal("21345.67"), "合成基金51", "5100000000000000013", "转移款", "", "转账", "0006"),
    Booked("2025-04-28", Decimal("-21345.67"), "合成基金51", "5100000000000000013", "退回户名不符", "", "退汇", "0007"),
]  # fmt: skip


def _balances() -> list[Decimal]:
    """The balance after each entry."""
    balance, after = OPENING, []
    for entry in ENTRIES:
        balance += entry.amount
        after.append(balance)
    return after


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def two_columns() -> bytes:
    """GB18030, lines before the header, two amount columns, separators, tabs around cells, newest first, a total."""
    head = [["账户交易明细"], [f"账号：{ACCOUNT}", "币种：人民币"], ["起止日期", "20250401-20250430"]]
    header = ["序号", "交易日期", "借方发生额", "贷方发生额", "余额", "对方户名", "对方账号", "用途", "摘要", "凭证号"]
    rows = []
    for entry, balance in reversed(list(zip(ENTRIES, _balances(), strict=True))):
        debit = f"{-entry.amount:,.2f}" if entry.amount < 0 else ""
        credit = f"{entry.amount:,.2f}" if entry.amount > 0 else ""
        day, rest = entry.day.replace("-", ""), (entry.name, entry.account, entry.remark, entry.kind, entry.reference)
        cells = (str(len(rows) + 1), day, debit, credit, f"{balance:,.2f}", *rest)
        rows.append([f"{cell}\t" for cell in cells])
    debits = sum(-entry.amount for entry in ENTRIES if entry.amount < 0)
    credits = sum(entry.amount for entry in ENTRIES if entry.amount > 0)
    total = ["合计", "", f"{debits:,.2f}", f"{credits:,.2f}", "", "", "", "", "", ""]
    return _csv([*head, header, *rows, total]).encode("gb18030")


def signed_amount() -> bytes:
    """UTF-8 with a byte order mark, one signed amount, a trailing comma in every row, oldest first."""
    header = ["流水号", "记账日", "交易金额", "账户余额", "对方名称", "对方账号", "附言", "付款编号", "业务类型"]
    rows = [
        [e.number, e.day, f"{e.amount}", f"{b}", e.name, e.account, e.remark, e.reference, e.kind, ""]
        for e, b in zip(ENTRIES, _balances(), strict=True)
    ]
    return b"\xef\xbb\xbf" + _csv([["本方账号", ACCOUNT], header, *rows]).encode()


def words_for_direction() -> bytes:
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
    rows = []
    for entry, balance in zip(ENTRIES, _balances(), strict=True):
        direction = "贷 Cr" if entry.amount > 0 else "借 Dr"
        remark = f"{entry.remark} {entry.reference}".strip()
        amounts = (f"{abs(entry.amount)}", f"{balance}", "", "")
        row = [ACCOUNT, entry.day, direction, *amounts, entry.kind, entry.account, entry.name, remark]
        while row and not row[-1]:
            row.pop()
        rows.append(row)
    return _csv([header, *rows]).encode("gb18030")


def no_order() -> bytes:
    """UTF-8, rows in no order, the reference in the remark only, semicolons."""
    header = ["日期", "收入", "支出", "结余", "对方", "对方账户", "说明", "类别"]
    rows = []
    for entry, balance in sorted(zip(ENTRIES, _balances(), strict=True), key=lambda pair: pair[0].amount):
        sides = (f"{entry.amount}", "") if entry.amount > 0 else ("", f"{-entry.amount}")
        remark = f"{entry.remark}/{entry.reference}" if entry.reference else entry.remark
        rows.append([entry.day.replace("-", "/"), *sides, f"{balance}", entry.name, entry.account, remark, entry.kind])
    text = StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(
        [["户名", "合成社保基金41"], ["账号", ACCOUNT], header, *rows]
    )
    return text.getvalue().encode()


def camt() -> bytes:
    """camt.053.001.08 of the same month: a batch entry has its payments as details, a pending entry counts nowhere."""
    entries = "".join(map(_entry, ENTRIES))
    pending = _entry(Booked("2025-04-30", Decimal("77.00"), "", "", "", "", "转账", "0008")).replace("BOOK", "PDNG")
    return f"""<?xml version="1.0" encoding="GB18030"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>SYNTHETIC-202504</MsgId><CreDtTm>2025-05-01T06:00:00+08:00</CreDtTm></GrpHdr>
<Stmt>
<Id>SYNTHETIC-41-202504</Id>
<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
{_balance("OPBD", OPENING, "2025-04-01")}
{_balance("CLBD", _balances()[-1], "2025-04-30")}
{entries}{pending}</Stmt>
</BkToCstmrStmt>
</Document>
""".encode("gb18030")


def _balance(code: str, amount: Decimal, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(entry: Booked) -> str:
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


SETS = {
    "two-columns": ("bank-csv", "202504.csv", two_columns),
    "signed-amount": ("bank-csv", "202504.csv", signed_amount),
    "words-for-direction": ("bank-csv", "202504.csv", words_for_direction),
    "no-order": ("bank-csv", "202504.csv", no_order),
    "camt053": ("camt.053", "202504.xml", camt),
}


def main(folder: Path) -> None:
    """Write all statements and their index; the mappings are written by hand."""
    index = []
    for name, (format_, file, make) in SETS.items():
        target = folder / name / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(make())
        mapping = f"{name}/mapping.toml" if format_ == "bank-csv" else None
        index.append({"name": name, "format": format_, "mapping": mapping, "files": [f"{name}/{file}"]})
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
