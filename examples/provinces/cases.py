"""The synthetic cases of the example sets: what each of a province's files says, before it is written in a form."""

from __future__ import annotations

from collections.abc import Callable

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
    "银行账号": "0000000000000000",
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

TAKEN_IN = [
    ("2025-41-0001", "2025-03-04", "09:05:00", "受理申请", "2025-41-0001", "", ""),
    ("2025-41-0002", "2025-03-04", "09:20:00", "受理申请", "2025-41-0002", "", ""),
    ("2025-41-0003", "2025-03-04", "09:40:00", "受理申请", "2025-41-0003", "", ""),
    ("2025-41-0001", "2025-03-06", "10:00:00", "发出联系函", "2025-41-0001-1", "", ""),
    ("2025-41-0002", "2025-03-06", "10:10:00", "发出联系函", "2025-41-0002-1", "", ""),
    ("2025-41-0003", "2025-03-06", "10:30:00", "不予接收", "2025-41-0003-R", "CERTIFICATE_INVALID", ""),
]
REVIEWED = [
    ("2025-41-0001-1", "2025-03-12", "14:00:00", "审核通过", "44-SH-0001", "", ""),
    (
        "2025-41-0002-1",
        "2025-03-12",
        "14:15:00",
        "退回联系函",
        "44-TH-0001",
        "CONTRIBUTIONS_NOT_STOPPED",
        "本人仍在缴费",
    ),
    ("2025-41-0001-1", "2025-03-14", "15:30:00", "发出信息表", "44-XX-0001", "", ""),
    ("2025-41-0001-1", "2025-04-07", "09:30:00", "划出基金", "RF18539007547034-1", "transfer", ""),
]
COMPARED = [
    ("2025-41-0001", "2025-04-09", "11:00:00", "报告表款不符", "2025-41-0001-M", "top_up", "实收少于信息表总额")
]
"""Decisions: case, day, time, what is decided, its number, code and words; the office fills in the rest."""


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
            "上年末个人账户储存额(元)": "",
            "临时账户": "否",
            "是否停保": "是",
            "数据性质": "合成",
        }
        for person, year, first, months, base, recorded, total in YEARS
    ]


def bank_slips() -> Table:
    """到账回单 of Henan."""
    return [
        {
            "收款省份": "41",
            "收款日期": day,
            "付款编号": reference,
            "付款行号": line,
            "金额(元)": amount,
            "附言": remark,
            "办理日期": day,
            "办理时间": "16:05:00",
            "经办人": "豫-07",
        }
        for reference, line, day, amount, remark in SLIPS
    ]


_NO_PAYMENT = {"金额(元)": "", "付款编号": "", "付款行号": ""}
_PAYMENTS = {"RF18539007547034-1": {"金额(元)": "21345.67", "付款编号": "RF18539007547034", "付款行号": "1"}}


def decisions(province: str, operator: str, taken: list[tuple[str, ...]]) -> Table:
    """办理决定 of a province's clerk."""
    return [
        {
            "经办省份": province,
            "业务编号": case,
            "办理日期": day,
            "办理时间": time,
            "办理事项": decided,
            "决定编号": number,
            "原因代码": code,
            "说明": words,
            "事实日期": "",
            "文号": "",
            **_PAYMENTS.get(number, _NO_PAYMENT),
            "经办人": operator,
            "数据性质": "合成",
        }
        for case, day, time, decided, number, code, words in taken
    ]


TABLES: dict[str, tuple[str, Callable[[], Table]]] = {
    "applications": ("转移申请", applications),
    "history": ("缴费历史", histories),
    "bank-slips": ("到账回单", bank_slips),
    "decisions": ("办理决定", lambda: decisions("41", "豫-07", TAKEN_IN)),
    "reviews": ("办理决定", lambda: decisions("44", "粤-03", REVIEWED)),
    "findings": ("办理决定", lambda: decisions("41", "豫-07", COMPARED)),
}
