"""Writes what came back into files of the province's own format: CSV in GB18030, Chinese headers, amounts in yuan.

One file a document, named by its event id or payment reference, put in place by renaming: written again it is the same
file with the same bytes. Payment orders for the province's bank leave the same way, once the platform has accepted both
the order and a sheet that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAsideBook, failed
from jinbao.regional_adapter.files.csv_file import local_time, write_another_csv
from jinbao.regional_adapter.files.set_aside_list import SetAsideList
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS
from jinbao.rules.money import format_yuan
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

BATCH = 500
"""Maximum number of files in one step."""

_PERSONAL = {
    "number": "社会保障号码",
    "id_type": "证件类型",
    "name": "姓名",
    "sex": "性别",
    "birth": "出生日期",
    "address": "联系地址",
    "telephone": "联系电话",
    "employer_name": "单位名称",
    "employer_number": "单位信用代码",
    "bank_account": "银行账号",
}
_AGENCY = {
    "name": "经办机构名称",
    "telephone": "经办机构电话",
    "address": "经办机构地址",
    "postcode": "邮政编码",
    "bank_name": "开户银行",
    "account_title": "户名",
    "account_number": "账号",
    "bank_line_number": "行号",
}
_ROW = {
    "year": "年度",
    "first_month": "起始年月",
    "last_month": "终止年月",
    "months": "缴费月数",
    "province": "参保地",
    "contribution_base_total": "缴费基数合计(元)",
    "account_rate_bp": "记账比例(%)",
    "account_credit": "当年记账本金(元)",
    "account_interest": "当年利息(元)",
    "account_balance": "年末储存额(元)",
    "pooling": "统筹基金(元)",
}
_FIELDS = {
    "letter_number": "联系函编号",
    "letter_version": "联系函版次",
    "sheet_version": "信息表版次",
    "individual_before_1998": "1998年前个人缴费本息(元)",
    "account_at_previous_year_end": "上年末个人账户储存额(元)",
    "current_year_principal": "当年记账本金合计(元)",
    "individual_total": "个人账户转移额(元)",
    "pooling_total": "统筹基金转移额(元)",
    "total": "转移总额(元)",
    "first_month": "最早缴费年月",
    "last_month": "最后缴费年月",
    "months": "累计缴费月数",
    "payment_reference": "付款编号",
    "payment_line": "付款行号",
    "amount": "金额(元)",
    "purpose": "用途",
    "remitted_on": "付款日期",
    "received_on": "收款日期",
    "returned_on": "退还日期",
    "returned_reference": "原付款编号",
    "returned_line": "原付款行号",
    "expected": "应收金额(元)",
    "received": "实收金额(元)",
    "request": "请求",
    "text": "说明",
    "completed_on": "办结日期",
    "reason_code": "原因代码",
    "reason_text": "原因说明",
    "clock": "时限",
    "clock_run": "时限轮次",
    "due": "到期日",
    "answered_type": "答复事项",
    "outcome": "结果",
    "code": "代码",
    "text_zh": "说明",
    "text_en": "说明(英文)",
    "field": "有误字段",
    "withheld_months": "暂不转移月数",
    "withheld_amount": "暂不转移金额(元)",
    "kind": "转移类别",
    "origin": "转出地",
    "destination": "转入地",
    "offered_on": "发起日期",
    "names": "原转移业务号",
    "account_number": "临时账户编号",
    "payer": "付款地",
    "assigned_to": "认领业务号",
    "paid_on": "缴费日期",
    "paid_in": "补缴发生地",
    "year": "年度",
    "first": "甲方省份",
    "second": "乙方省份",
    "first_owes_personal": "甲方应付个人账户部分(元)",
    "first_owes_pooling": "甲方应付统筹基金部分(元)",
    "second_owes_personal": "乙方应付个人账户部分(元)",
    "second_owes_pooling": "乙方应付统筹基金部分(元)",
    "cases": "笔数",
    "statement_version": "结算单版次",
    "counterpart": "对方省份",
    "lump_sum_number": "一次性缴费序号",
    "document_kind": "材料种类",
    "document_number": "材料编号",
    "document_date": "材料日期",
    "notice_number": "告知书编号",
    "notified_on": "告知日期",
    "own_part": "个人应补缴(元)",
    "declined_on": "放弃日期",
    "bounced_on": "退汇日期",
    "cause": "原因",
    "happened_on": "发生日期",
    "reversal": "反向转移业务号",
    "reason": "类别",
    "new_relationship_id": "更正后的关系号",
    "old_relationship_id": "更正前的关系号",
    "annulled_event_id": "作废的报文号",
    "valid_from": "生效日期",
    "kept_province": "保留关系地",
    "refund": "清退金额(元)",
    "calendar": "日历版本",
    "old_due": "原到期日",
    "new_due": "新到期日",
    "provisional": "新到期日待节假日公布后确认",
}
_VALUES = {
    "resident_id": "居民身份证",
    "residence_permit": "港澳台居民居住证",
    "other": "其他",
    "transfer": "转移",
    "top_up": "补足",
    "correct_sheet": "更正信息表",
    "take_back_excess": "收回多付",
    "rejected": "未受理",
    "dead_letter": "无法读取",
    "temporary_move": "临时账户转移",
    "temporary_collection": "临时账户归集",
    "supplement": "补充转移",
    "reversal": "撤销转移",
    **{kind: known.zh for kind, known in DOCUMENT_KINDS.items()},
    "death": "死亡",
    "nationality_lost": "丧失中国国籍",
    "pension_started": "已领取养老金",
    "upgraded_15_to_18": "15位升18位",
    "wrong_digit": "号码有误",
    "permit_to_citizen": "居住证改居民身份证",
    "merged": "合并",
    "renamed": "更名",
}
_CODED = frozenset({"id_type", "purpose", "request", "outcome", "kind", "cause", "reason"})
_PAYEE_KNOWN_FROM = ("ContactLetterIssued", "AgencyChanged")
"""Messages of the other side that say where it takes money."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
_AMOUNTS = frozenset(name for name, header in (*_ROW.items(), *_FIELDS.items()) if header.endswith("(元)"))


class FileExchange:
    """Writes one province's incoming documents under `folder`/in and its payment orders under `folder`/out."""

    def __init__(self, local: EmbeddedLocalSystem, folder: Path, set_aside: SetAsideBook) -> None:
        """`set_aside` keeps what cannot be written as a file."""
        self._local = local
        self._folder = folder
        self._set_aside = set_aside
        self._list = SetAsideList(set_aside, folder, DOCUMENT_TITLES)
        self._again = True

    def step(self, now: int) -> int:
        """Write what has not been written yet; the number of files. A crash before the mark writes the same again."""
        if self._again:
            self._write_again(now)
        incoming = self._local.incoming(since=self._local.mark("files in"), limit=BATCH)
        for document in incoming:
            self._write_incoming(document, now)
        if incoming:
            self._local.set_mark("files in", incoming[-1].position)
        payments = self._local.to_release("FundsRemitted", "SettlementPaid")
        orders = [order for order in payments if self._sheet_stands(order)][:BATCH]
        for order in orders:
            self._write_order(order, now)
            self._local.released(order)
        self._list.write()
        return len(incoming) + len(orders)

    def _sheet_stands(self, order: LocalDocument) -> bool:
        """Whether the platform has accepted a sheet of the case: without one the bank gets no order.

        A settlement has none: the platform accepts its payment only where it has stated the sum.
        """
        if order.kind == "SettlementPaid":
            return True
        return any(sheet.stands for sheet in self._local.documents(case=order.case, kind="InformationSheetSent"))

    def try_again(self) -> None:
        """Write in the next step what could not be written."""
        self._again = True

    def _write_again(self, now: int) -> None:
        self._again = False
        for kept in self._set_aside.all("file"):
            direction, _, number = kept.what.subject.partition(" ")
            if direction == "in":
                found = self._local.incoming(since=int(number) - 1, limit=1)
                is_written = all(self._write_incoming(document, now) for document in found)
            else:
                is_written = all(self._write_order(d, now) for d in self._local.outgoing(int(number) - 1, 1))
            if is_written:
                self._set_aside.settle([kept.id])

    def _write_incoming(self, document: IncomingDocument, now: int) -> bool:
        case = _in_a_name(self._local.case_of(document.transfer_id))
        number = _in_a_name(document.local_document)
        named = number if number.startswith(case) else f"{case}-{number}"
        file = self._folder / "in" / f"{document.kind}-{named}-{document.event_id}.csv"
        subject, transfer = f"in {document.position}", str(document.transfer_id)
        return self._write(file, lambda: incoming_table(document), subject, document.kind, transfer, now)

    def _write_order(self, order: LocalDocument, now: int) -> bool:
        transfer = self._local.transfer_of(order.case)
        case = self._local.case_of(transfer) if transfer else order.case
        file = self._folder / "out" / f"付款指令-{_in_a_name(case)}-{_in_a_name(order.key)}.csv"
        subject = f"out {order.sequence}"
        return self._write(file, lambda: self._payment_order(order), subject, order.kind, order.case, now)

    def _write(
        self, file: Path, rows: Callable[[], list[dict[str, str]]], subject: str, kind: str, case: str, now: int
    ) -> bool:
        """Write a document's file, or set the document aside; whether it was written."""
        try:
            write_another_csv(file, rows())
        except Exception as error:
            self._set_aside.keep([failed(error, "file", subject, kind=kind, cases=(case,))], now)
            return False
        return True

    def _payment_order(self, order: LocalDocument) -> list[dict[str, str]]:
        """付款指令 for the bank: the payee as the newest contact letter, or notice of a change, names it.

        For a transfer that this province offered, and for a settlement, no letter came: the payee is the other agency's
        registered account, and the remark the case's number.
        """
        fields, payee, where, number = order.fields, dict[str, str](), "", order.case
        offered = self._local.documents(case=order.case, kind="TransferOffered")
        if order.kind == "SettlementPaid":
            where = str(fields["counterpart"])
        elif offered:
            where = str(offered[-1].fields["destination"])
        else:
            transfer = UUID(hex=order.case)
            letter = self._local.incoming("ContactLetterIssued", transfer=transfer)[-1]
            where, number = letter.sender, letter.local_document
            newest = [d for kind in _PAYEE_KNOWN_FROM for d in self._local.incoming(kind, transfer=transfer)]
            payee = max(newest, key=lambda d: (d.arrived_at, d.position)).fields["agency"]
        return [
            {
                "付款省份": self._local.province,
                "付款日期": str(fields.get("remitted_on") or fields["paid_on"]),
                "付款编号": str(fields["payment_reference"]),
                "付款行号": str(fields["payment_line"]),
                "金额(元)": format_yuan(int(fields["amount"])),
                "收款省份": where,
                "收款户名": payee.get("account_title", ""),
                "收款账号": payee.get("account_number", ""),
                "收款开户行": payee.get("bank_name", ""),
                "附言": number,
            }
        ]


def _in_a_name(number: str) -> str:
    """A document's number as part of a file's name; names of two may agree, and their files then get a number."""
    return _NOT_IN_NAMES.sub("_", number)[:80]


def incoming_table(document: IncomingDocument) -> list[dict[str, str]]:
    """The rows of the file of an incoming document: one, or for a sheet one a year."""
    known = PROVINCES.get(document.sender)
    sender = "全国平台" if document.sender == PLATFORM else known.short if known else document.sender
    head = {
        "文书": DOCUMENT_TITLES.get(document.kind, document.kind),
        "转移业务号": str(document.transfer_id),
        "发送方": sender,
        "对方文书号": document.local_document,
        "发生时间": local_time(document.occurred_at),
        "到达时间": local_time(document.arrived_at),
    }
    fields = document.fields
    head |= _named(fields, _FIELDS)
    head |= _named(fields.get("agency", {}), _AGENCY)
    head |= _named(fields.get("personal", {}), _PERSONAL)
    if isinstance(fields.get("document"), Mapping):
        head["本省文书号"] = str(fields["document"]["key"])
    elif "document" in fields:
        head["材料类别"] = _VALUES.get(fields["document"], str(fields["document"]))
    rows = fields.get("rows")
    if not rows:
        return [head]
    return [head | _named(row, _ROW) for row in rows]


def _named(fields: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    return {header: _cell(name, fields[name]) for name, header in headers.items() if fields.get(name) is not None}


def _cell(name: str, value: Any) -> str:
    if name in _AMOUNTS or name == "account_rate_bp":
        return format_yuan(int(value))
    if name in _CODED:
        return _VALUES.get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
