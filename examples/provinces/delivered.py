"""The way back in the example sets: what the nation delivers about the same cases, written by each set's mapping."""

from __future__ import annotations

from pathlib import Path

from cases import PERSONS, Table

from jinbao.regional_adapter.files.exports.out_file import SUFFIXES, out_form, write_out
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping

AGENCY = {
    "经办机构名称": "合成河南省社会保险中心",
    "经办机构地址": "合成市样本路41号",
    "经办机构电话": "0000-000041",
    "邮政编码": "450000",
    "户名": "合成河南省社会保险基金收入户",
    "账号": "000041000041",
    "开户银行": "合成银行河南分行",
}


def _head(at: int, event: int, sender: str, day: str) -> dict[str, str]:
    """Of a document about the person of that number."""
    return {
        "转移业务号": f"00000000-0000-4000-8000-{at + 1:012}",
        "事件编号": f"00000000-0000-4000-9000-{event:012}",
        "发送方代码": sender,
        "到达日期": day,
    }


def _person(at: int) -> dict[str, str]:
    return {"社会保障号码": PERSONS[at][0], "姓名": PERSONS[at][1], "证件类型": "居民身份证"}


def letters() -> Table:
    """联系函 of Henan, as Guangdong is delivered them."""
    return [
        {
            **_head(at, 1 + at, "41", "2025-03-11"),
            "联系函编号": f"2025-41-{at + 1:04}-1",
            "联系函版次": "1",
            **_person(at),
            **AGENCY,
        }
        for at in range(3)
    ]


def sheets() -> Table:
    """信息表 of Guangdong, as Henan is delivered them: a row a year."""
    years = [
        ("2017", "201701", "201712", "12", "48000.00", "3840.00", "148.10", "3988.10", "5760.00"),
        ("2018", "201801", "201812", "12", "60000.00", "4800.00", "404.30", "9192.40", "7200.00"),
    ]
    whole = {
        **_head(0, 4, "44", "2025-03-28"),
        **_person(0),
        "信息表版次": "1",
        "联系函版次": "1",
        "1998年前个人缴费本息(元)": "0.00",
        "个人账户转移额(元)": "9192.40",
        "统筹基金转移额(元)": "12960.00",
        "转移总额(元)": "22152.40",
        "最早缴费年月": "201701",
        "最后缴费年月": "201812",
        "累计缴费月数": "24",
    }
    return [
        {
            **whole,
            "年度": year,
            "起始年月": first,
            "终止年月": last,
            "缴费月数": months,
            "参保地": "44",
            "缴费基数合计(元)": base,
            "记账比例(%)": "8.00",
            "当年记账本金(元)": credit,
            "当年利息(元)": interest,
            "年末储存额(元)": balance,
            "统筹基金(元)": pooling,
        }
        for year, first, last, months, base, credit, interest, balance, pooling in years
    ]


def answers() -> Table:
    """答复: why a submission of Henan's was not taken."""
    return [
        {
            **_head(2, 6, "00", "2025-03-12"),
            "本省文书号": "2025-41-0003-1",
            "答复事项": "ContactLetterIssued",
            "结果": "未受理",
            "代码": "NOT_YOUR_TURN",
            "说明": '合成说明：转出地审核中，"2025-41-0003"不能再发联系函',
            "有误字段": "letter_version",
        }
    ]


def deadlines() -> Table:
    """期限: a warning and a miss."""
    return [
        {
            **_head(at, 7 + at, "00", day),
            "文书": title,
            "时限": "ORIGIN_REVIEW",
            "时限轮次": "1",
            "到期日": "2025-04-01",
        }
        for at, (title, day) in enumerate((("期限将至", "2025-03-29"), ("期限已过", "2025-04-02")))
    ]


def notices() -> Table:
    """通知: a letter that came back, and a case that is completed."""
    blank = {"对方文书号": "", "联系函版次": "", "原因代码": "", "原因说明": "", "办结日期": ""}
    blank |= {"付款编号": "", "付款行号": "", "金额(元)": ""}
    returned = {"联系函版次": "1", "原因代码": "PERSON_NOT_FOUND", "原因说明": "合成说明：查无此人"}
    return [
        {**_head(1, 9, "44", "2025-03-18"), "文书": "退回联系函", **blank, "对方文书号": "T-0002", **returned},
        {**_head(0, 10, "41", "2025-04-10"), "文书": "办结", **blank, "对方文书号": "C-0001", "办结日期": "2025-04-10"},
    ]


def outcomes() -> Table:
    """受理结果 of two documents of Henan's own."""
    taken = {"结果": "已受理", "代码": "", "有误字段": "", "结果日期": "2025-03-10"}
    refused = {"结果": "未受理", "代码": "NOT_YOUR_TURN", "有误字段": "letter_version", "结果日期": "2025-03-12"}
    return [
        {
            "文书": "联系函",
            "本省文书号": f"2025-41-{at + 1:04}-1",
            "业务编号": f"2025-41-{at + 1:04}",
            "转移业务号": _head(at, 0, "", "")["转移业务号"],
            "报送次数": "1",
            **said,
        }
        for at, said in ((0, taken), (2, refused))
    ]


def payment_orders() -> Table:
    """付款指令 of Guangdong for its bank."""
    return [
        {
            "付款省份": "44",
            "付款日期": "2025-04-07",
            "付款编号": "RF18539007547034",
            "付款行号": "1",
            "金额(元)": "21345.67",
            "收款省份": "41",
            "收款户名": AGENCY["户名"],
            "收款账号": AGENCY["账号"],
            "收款开户行": AGENCY["开户银行"],
            "附言": "2025-41-0001-1",
        }
    ]


FILES = {
    "letters": ("联系函", letters),
    "sheets": ("信息表", sheets),
    "answers": ("答复", answers),
    "deadlines": ("期限", deadlines),
    "notices": ("通知", notices),
    "outcomes": ("受理结果", outcomes),
    "payment-orders": ("付款指令", payment_orders),
}


def deliver(folder: Path, mapping_file: Path) -> list[Path]:
    """Write what a province of that mapping is delivered."""
    mapping, made = load_mapping(mapping_file), []
    for name, (title, rows) in FILES.items():
        form = out_form(mapping, title)
        assert form is not None, title
        made.append(folder / f"{name}{SUFFIXES[mapping.format]}")
        write_out(made[-1], mapping, form, rows())
        made[-1].chmod(0o644)
    return made
