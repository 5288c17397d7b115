"""The rows of an incoming document under the platform's Chinese words: one, or for an information sheet one a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from jinbao.presentation import message_labels
from jinbao.presentation.case_labels import document_state
from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.presentation.message_labels import FIELDS
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.money import format_yuan
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import PLATFORM

_RECORDS = ("agency", "personal")
"""Fields that are records, in the order of their columns."""
_COLUMNS = [name for name in FIELDS if "." not in name and name not in (*_RECORDS, "rows", "document")]
_AMOUNTS = frozenset(name.rpartition(".")[2] for name, (zh, _) in FIELDS.items() if zh.endswith("(元)"))


NOTICES = "通知"
PAYMENT_ORDERS = "付款指令"
OUTCOMES = "受理结果"
_FORM_OF = {
    "ContactLetterIssued": "联系函",
    "InformationSheetSent": "信息表",
    "SubmissionAnswered": "答复",
    "DeadlineApproaching": "期限",
    "DeadlineMissed": "期限",
    "ClockRedated": "期限",
}


def form_for(kind: str) -> str:
    """The form that an incoming document of a kind is delivered in."""
    return _FORM_OF.get(kind, NOTICES)


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
    head |= _named(document.kind, _COLUMNS, fields)
    for record in _RECORDS:
        head |= _named(document.kind, _columns_of(record), fields.get(record, {}), f"{record}.")
    if isinstance(fields.get("document"), Mapping):
        head["本省文书号"] = str(fields["document"]["key"])
    elif "document" in fields:
        head[message_labels.field("document")[0]] = _cell("document", fields["document"])
    rows = fields.get("rows")
    if not rows:
        return [head]
    return [head | _named(document.kind, _columns_of("rows"), row, "rows.") for row in rows]


def delivered_rows(document: IncomingDocument) -> list[dict[str, str]]:
    """The same with what a form of the province's own may ask for besides."""
    besides = {
        "事件编号": str(document.event_id),
        "发送方代码": document.sender,
        "发生日期": local_time(document.occurred_at)[:10],
        "到达日期": local_time(document.arrived_at)[:10],
    }
    return [row | besides for row in incoming_table(document)]


def outcome_row(document: LocalDocument, case: str, transfer: UUID | None) -> dict[str, str]:
    """What became of a document of the province's own. `case`: the number by which its clerks know it."""
    decided = "" if document.decided_at is None else local_time(document.decided_at)
    return {
        "文书": DOCUMENT_TITLES.get(document.kind, document.kind),
        "本省文书号": document.key,
        "业务编号": case,
        "转移业务号": "" if transfer is None else str(transfer),
        "报送次数": str(document.attempt),
        "结果": document_state(document.state.name)[0],
        "代码": document.code or "",
        "有误字段": document.field or "",
        "结果时间": decided,
        "结果日期": decided[:10],
    }


def _columns_of(record: str) -> list[str]:
    return [name.removeprefix(f"{record}.") for name in FIELDS if name.startswith(f"{record}.")]


def _named(kind: str, columns: Sequence[str], fields: Mapping[str, Any], record: str = "") -> dict[str, str]:
    """The fields that are there, in the order of the columns, under their Chinese words."""
    named = ((name, fields[name]) for name in columns if fields.get(name) is not None)
    return {message_labels.field(f"{record}{name}", kind)[0]: _cell(name, value) for name, value in named}


def _cell(name: str, value: Any) -> str:
    if name in _AMOUNTS or name == "account_rate_bp":
        return format_yuan(int(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return message_labels.value(name, str(value))


def local_time(instant_us: int) -> str:
    """An instant as a clerk reads it, in Beijing."""
    return datetime.fromtimestamp(instant_us // 1_000_000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
