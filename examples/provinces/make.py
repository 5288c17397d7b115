"""Makes the seven sets of example files: the same synthetic cases, each as another province's system writes them.

python examples/provinces/make.py [FOLDER]
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path

Table = list[dict[str, str]]

APPLICATION = {
    "转入省份": "41",
    "证件类型": "居民身份证",
    "户籍省份": "41",
    "转出省份": "44",
    "申请日期": "2025-03-03",
    "受理日期": "2025-03-04",
    "调动": "否",
    "联系地址": "合成市样本路1号",
    "联系电话": "00000000000",
    "单位名称": "合成样本公司",
    "单位信用代码": "91350100M000100Y43",
    "数据性质": "合成",
}
PERSONS = [
    ("44000019880315001X", "合成𠮷一"),
    ("440000199107220023", "合成䶮·二"),
    ("410000198501011238", "合成丙三"),
]
"""Rare characters stay as they are written; the third was once known by 15 digits."""
YEARS = [
    (0, "2017", "1", "12", "48000.00", "", "33"),
    (0, "2018", "1", "12", "60000.00", "", "33"),
    (0, "2019", "1", "9", "54000.00", "4320.00", "33"),
    (1, "2022", "6", "7", "29619.59", "", "31"),
    (1, "2023", "1", "12", "62400.00", "", "31"),
    (1, "2024", "1", "12", "66000.00", "", "31"),
    (2, "2020", "3", "10", "41000.00", "", "39"),
    (2, "2021", "1", "12", "51600.00", "", "39"),
    (2, "2022", "1", "12", "54000.00", "", "39"),
    (2, "2023", "1", "5", "23500.00", "", "39"),
]
SLIPS = [
    ("RF18539007547034", "1", "2025-04-08", "21345.67", "2025-41-0001-1"),
    ("RF18539007547034", "2", "2025-04-08", "1234.50", "2025-41-0002-1"),
]


def applications() -> Table:
    """转移申请 of Henan."""
    days = ("2025-02-10", "2025-02-17", "2025-02-20")
    return [
        {
            **APPLICATION,
            "申请编号": f"2025-41-{at:04}",
            "社会保障号码": number,
            "姓名": name,
            "本地参保日期": day,
            "参保缴费凭证号": f"44-{at:04}",
        }
        for at, ((number, name), day) in enumerate(zip(PERSONS, days, strict=True), 1)
    ]


def histories() -> Table:
    """缴费历史 of Guangdong."""
    return [
        {
            "经办省份": "44",
            "证件类型": "居民身份证",
            "社会保障号码": PERSONS[person][0],
            "姓名": PERSONS[person][1],
            "参保地": "44",
            "年度": year,
            "起始月": first,
            "缴费月数": months,
            "缴费基数合计(元)": base,
            "记账比例(%)": "8",
            "实际记账额(元)": recorded,
            "累计缴费月数": total,
            "1998年前个人缴费本息(元)": "0.00",
            "临时账户": "否",
            "是否停保": "是",
            "数据性质": "合成",
        }
        for person, year, first, months, base, recorded, total in YEARS
    ]


def bank_slips() -> Table:
    """到账回单 of Henan."""
    return [
        {"收款省份": "41", "收款日期": day, "付款编号": reference, "付款行号": line, "金额(元)": amount, "附言": remark}
        for reference, line, day, amount, remark in SLIPS
    ]


TABLES: dict[str, tuple[str, Callable[[], Table]]] = {
    "applications": ("转移申请", applications),
    "history": ("缴费历史", histories),
    "bank-slips": ("到账回单", bank_slips),
}

CHINESE = {
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
                    row[column] = f"{float(row[column]):,.2f}"
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
}
"""Identifiers in the manner of LD/T 92."""
CODES = {"居民身份证": "01", "是": "1", "否": "0", "合成": "9"}
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


SETS: dict[str, Callable[[Path], None]] = {"csv-gb18030": csv_gb18030, "csv-utf8": csv_utf8}


def main(folder: Path) -> None:
    """Write every set's files; its mapping stands there already."""
    for name, write in SETS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
