"""Makes the seven sets of example files: the same synthetic cases, each as another province's system writes them.

python examples/provinces/make.py [FOLDER], in the developers' environment
"""

from __future__ import annotations

import csv
import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from cases import TABLES, Table
from delivered import deliver

CHINESE = {
    "决定编号": "文书流水号",
    "业务编号": "业务流水号",
    "办理事项": "办理环节",
    "申请编号": "业务流水号",
    "社会保障号码": "身份证号码",
    "户籍省份": "户籍地",
    "转出省份": "转出地",
    "本地参保日期": "参保日期",
    "参保缴费凭证号": "凭证号",
    "单位信用代码": "统一社会信用代码",
    "参保地": "缴费地",
    "缴费基数合计(元)": "缴费基数合计",
    "记账比例(%)": "记账比例",
    "实际记账额(元)": "实际记账额",
    "1998年前个人缴费本息(元)": "1998年前本息",
    "上年末个人账户储存额(元)": "上年末储存额",
    "金额(元)": "到账金额",
}
"""Headers of a system that speaks Chinese, where they are other than the platform's."""


def named(rows: Table, names: dict[str, str]) -> Table:
    """The rows under other columns; those that are not named keep theirs."""
    return [{names.get(field, field): value for field, value in row.items()} for row in rows]


def write_csv(file: Path, rows: Table, encoding: str, delimiter: str = ",", end: str = "\r\n") -> None:
    """Plain CSV."""
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator=end)
        writer.writeheader()
        writer.writerows(rows)


def csv_gb18030(folder: Path) -> None:
    """GB18030, yuan with thousands separators, Chinese headers, a running number that nobody needs."""
    for name, (_, rows) in TABLES.items():
        made = [{"序号": str(at), **row} for at, row in enumerate(named(rows(), CHINESE), 1)]
        for row in made:
            for column in ("缴费基数合计", "实际记账额", "到账金额"):
                if row.get(column):
                    row[column] = f"{Decimal(row[column]):,.2f}"
        write_csv(folder / f"{name}.csv", made, "gb18030")


LD_T_92 = {
    "转入省份": "AAB301",
    "申请编号": "AAZ308",
    "证件类型": "AAC058",
    "社会保障号码": "AAC002",
    "姓名": "AAC003",
    "户籍省份": "AAC010",
    "转出省份": "AAB299",
    "申请日期": "AAE127",
    "受理日期": "AAE128",
    "本地参保日期": "AAC030",
    "参保缴费凭证号": "AAZ500",
    "调动": "AJC001",
    "联系地址": "AAE006",
    "联系电话": "AAE005",
    "单位名称": "AAB004",
    "单位信用代码": "AAB998",
    "经办省份": "AAB301",
    "参保地": "AAA027",
    "年度": "AAE001",
    "起始月": "AAE041",
    "缴费月数": "AAE202",
    "缴费基数合计(元)": "AAE180",
    "记账比例(%)": "AAA041",
    "实际记账额(元)": "AAE082",
    "累计缴费月数": "AAE200",
    "1998年前个人缴费本息(元)": "AAE238",
    "临时账户": "AJC002",
    "是否停保": "AAC031",
    "收款省份": "AAB301",
    "收款日期": "AAE036",
    "付款编号": "AAE007",
    "付款行号": "AAE008",
    "金额(元)": "AAE019",
    "附言": "AAE013",
    "数据性质": "AAE100",
    "业务编号": "AAZ308",
    "决定编号": "AAZ601",
    "办理事项": "AJC010",
    "办理日期": "AAE038",
    "办理时间": "AAE037",
    "经办人": "AAE011",
    "原因代码": "AJC011",
    "说明": "AAE013",
    "事实日期": "AJC012",
    "文号": "AJC013",
    "银行账号": "AAE010",
    "上年末个人账户储存额(元)": "AAE087",
}
"""Identifiers in the manner of LD/T 92."""
CODES = {
    "居民身份证": "01",
    "是": "1",
    "否": "0",
    "合成": "9",
    "受理申请": "11",
    "发出联系函": "12",
    "不予接收": "13",
    "审核通过": "21",
    "发出信息表": "22",
    "退回联系函": "23",
    "报告表款不符": "31",
    "划出基金": "52",
}
OLD_NUMBERS = {"410000198501011238": "410000850101123"}


def in_codes(rows: Table) -> Table:
    """The rows as a system of codes has them: days without dashes, the third person by 15 digits."""
    made = []
    for row in rows:
        coded = {field: CODES.get(value, value) for field, value in row.items()}
        coded = {field: OLD_NUMBERS.get(value, value) for field, value in coded.items()}
        coded = {field: value.replace("-", "") if field.endswith("日期") else value for field, value in coded.items()}
        made.append(coded)
    return named(made, LD_T_92)


def csv_utf8(folder: Path) -> None:
    """UTF-8 with a byte order mark, semicolons, LF, identifiers and codes of LD/T 92, 15-digit numbers."""
    for name, (_, rows) in TABLES.items():
        write_csv(folder / f"{name}.csv", in_codes(rows()), "utf-8-sig", ";", "\n")


def workbooks(folder: Path) -> None:
    """XLSX, and XLS for the bank slips: two title rows, amounts in 万元, days as a spreadsheet's, a total row."""
    for name, (title, rows) in TABLES.items():
        made: list[dict[str, object]] = [{"序号": at, **row} for at, row in enumerate(named(rows(), CHINESE), 1)]
        grid: list[list[object]] = [[f"{title}汇总表"], ["单位：万元"], list(made[0])]
        grid += [[_spreadsheet(column, value) for column, value in row.items()] for row in made]
        total: list[object] = ["合计"]
        for column in list(made[0])[1:]:
            in_money = column in ("缴费基数合计", "到账金额")
            amount = sum(Decimal(str(row[column]) or 0) for row in made) if in_money else None
            total.append(None if amount is None else float(amount / 10_000))
        grid.append(total)
        if name == "bank-slips":
            _save_xls(folder / f"{name}.xls", grid)
        else:
            _save_xlsx(folder / f"{name}.xlsx", grid)


def _spreadsheet(column: str, value: object) -> object:
    if column.endswith("日期"):
        return date.fromisoformat(str(value)) if value else None
    if column in ("缴费基数合计", "实际记账额", "1998年前本息", "上年末储存额", "到账金额", "金额"):
        return float(Decimal(str(value)) / 10_000) if value != "" else None
    if column in ("年度", "起始月", "缴费月数", "累计缴费月数", "记账比例"):
        return int(str(value))
    return value


def _save_xlsx(file: Path, grid: list[list[object]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in grid:
        book.worksheets[0].append(row)
    draft = BytesIO()
    book.save(draft)
    _without_times(draft, file)


def _without_times(draft: BytesIO, file: Path) -> None:
    """The same bytes each time: nothing says when it was made."""
    with zipfile.ZipFile(draft) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in made.infolist():
            content = re.sub(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2025-01-01T00:00:00Z", made.read(entry))
            archive.writestr(zipfile.ZipInfo(entry.filename), content, zipfile.ZIP_DEFLATED)


def _save_xls(file: Path, grid: list[list[object]]) -> None:
    import xlwt

    book = xlwt.Workbook()
    sheet, day = book.add_sheet("Sheet1"), xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for at, row in enumerate(grid):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write(at, column, value, day)
            elif value is not None:
                sheet.write(at, column, value)
    book.save(str(file))


ELEMENTS = {"applications": "APPLY", "history": "HISTORY", "bank-slips": "SLIP"}
"""The others' is DECISION."""


def xml_gb18030(folder: Path) -> None:
    """XML in GB18030 whose first line calls it GB2312, as older systems do."""
    for name, (_, rows) in TABLES.items():
        lines, element = ['<?xml version="1.0" encoding="gb2312"?>', "<DATA>"], ELEMENTS.get(name, "DECISION")
        for row in named(rows(), LD_T_92):
            cells = "".join(f"<{column}>{escape(value)}</{column}>" for column, value in row.items())
            lines.append(f"  <{element}>{cells}</{element}>")
        text = "\n".join([*lines, "</DATA>", ""])
        (folder / f"{name}.xml").write_bytes(text.encode("gb18030"))


def json_lines(folder: Path) -> None:
    """JSON lines in UTF-8: amounts in fen as numbers, true and false."""
    for name, (_, rows) in TABLES.items():
        lines = [
            json.dumps(
                {LD_T_92[field].lower(): _json(field, value) for field, value in row.items()}, ensure_ascii=False
            )
            for row in rows()
        ]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="")


def _json(field: str, value: str) -> object:
    if field.endswith("(元)"):
        return int(Decimal(value) * 100) if value else None
    if field in ("调动", "临时账户", "是否停保"):
        return value == "是"
    return int(value) if value and field in ("年度", "起始月", "缴费月数", "累计缴费月数", "付款行号") else value


WIDTHS = {
    "姓名": 30,
    "联系地址": 40,
    "单位名称": 40,
    "社会保障号码": 18,
    "单位信用代码": 18,
    "付款编号": 25,
    "附言": 30,
    "银行账号": 20,
    "业务编号": 32,
    "决定编号": 40,
    "文号": 30,
    "原因代码": 30,
    "说明": 60,
}
TAGS = {"applications": "SQ", "history": "LS", "bank-slips": "HD"}
"""The others' is JD."""


def width_of(field: str) -> int:
    """Bytes of a field in the files of fixed width and in tables."""
    return WIDTHS.get(field, 15)


def fixed_width(folder: Path) -> None:
    """GB18030, fields of fixed width in bytes, amounts in fen with leading zeros."""
    for name, (_, rows) in TABLES.items():
        lines = []
        for row in rows():
            line = TAGS.get(name, "JD").encode()
            for field, value in zip(row, in_codes([row])[0].values(), strict=True):
                if field.endswith("(元)") and value:
                    value = f"{int(Decimal(value) * 100):015}"
                line += value.encode("gb18030").ljust(width_of(field))
            lines.append(line + b"\r\n")
        (folder / f"{name}.txt").write_bytes(b"".join(lines))


def dbf(folder: Path) -> None:
    """dBASE tables in GB18030 without a code page, days as D, amounts as N."""
    for name, (_, rows) in TABLES.items():
        table, fields = rows(), []
        for field in table[0]:
            kind = "D" if field.endswith("日期") else "N" if field.endswith(("(元)", "(%)")) else "C"
            fields.append((field, LD_T_92[field], kind, 8 if kind == "D" else width_of(field)))
        head = struct.pack(
            "<BBBBIHH20x", 3, 125, 1, 1, len(table), 33 + 32 * len(fields), 1 + sum(f[3] for f in fields)
        )
        for field, column, kind, width in fields:
            decimals = 2 if field.endswith("(元)") else 0
            head += struct.pack("<11sc4xBB14x", column.encode(), kind.encode(), width, decimals)
        body = b""
        for row in in_codes(table):
            body += b" "
            for _, column, kind, width in fields:
                cell = row[column].encode("gb18030")
                body += cell.rjust(width) if kind == "N" else cell.ljust(width)
        (folder / f"{name}.dbf").write_bytes(head + b"\r" + body + b"\x1a")


SETS: dict[str, Callable[[Path], None]] = {
    "csv-gb18030": csv_gb18030,
    "csv-utf8": csv_utf8,
    "xlsx": workbooks,
    "xml-gb18030": xml_gb18030,
    "json-lines": json_lines,
    "fixed-width": fixed_width,
    "dbf": dbf,
}


def main(folder: Path) -> None:
    """Write every set's files; its mapping stands there already."""
    for name, write in SETS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name)
        for made in deliver(folder / name, Path(__file__).parent / name / "mapping.toml"):
            if made.suffix == ".xlsx":
                _without_times(BytesIO(made.read_bytes()), made)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
