"""What a simulated province knows of a document once it has read the file: the file's words, as fields again.

The opposite of `regional_adapter.files.document_table`. A field that the province's form does not show is what the
desk's screen shows: the local system's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from jinbao.presentation.case_labels import document_state
from jinbao.presentation.message_labels import VALUES, field
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument

Row = Mapping[str, str]
_RATE = "account_rate_bp"


def as_read(document: IncomingDocument, rows: Sequence[Row]) -> IncomingDocument:
    """An incoming document as its file has it: one row, or for a sheet one a year."""
    (first, *_) = rows
    fields = {name: _read(document.kind, name, value, rows) for name, value in document.fields.items()}
    return replace(
        document,
        event_id=UUID(first.get("事件编号", str(document.event_id))),
        transfer_id=UUID(first.get("转移业务号", str(document.transfer_id))),
        sender=first.get("发送方代码", document.sender),
        local_document=first.get("对方文书号", document.local_document),
        fields=fields,
    )


def outcome_as_read(document: LocalDocument, row: Row) -> LocalDocument:
    """A document of the province's own with its outcome as the file has it."""
    return replace(
        document,
        key=row.get("本省文书号", document.key),
        state=_states()[row["结果"]],
        code=row.get("代码", document.code) or None,
        field=row.get("有误字段", document.field) or None,
    )


def _read(kind: str, name: str, value: Any, rows: Sequence[Row]) -> Any:
    """A field of a document, with its records within."""
    if name == "rows" and value:
        return [_record(kind, name, one, row) for one, row in zip(value, rows, strict=True)]
    if isinstance(value, Mapping):
        return value if name == "document" else _record(kind, name, value, rows[0])
    return _value(name, value, rows[0].get(field(name, kind)[0]))


def _record(kind: str, record: str, values: Mapping[str, Any], row: Row) -> dict[str, Any]:
    return {n: _value(n, value, row.get(field(f"{record}.{n}", kind)[0])) for n, value in values.items()}


def _value(name: str, known: Any, text: str | None) -> Any:
    """A value of the kind that the field's message has; what is known where the file does not show it."""
    if text is None or known is None:
        return known
    if isinstance(known, bool):
        return text == "是"
    if isinstance(known, int):
        return int(Decimal(text) * 100) if name == _RATE or "." in text else int(text)
    return _codes(name).get(text, text) if isinstance(known, str) else known


@cache
def _codes(name: str) -> Mapping[str, str]:
    return {word: code for code, word in VALUES.get(name, {}).items()}


@cache
def _states() -> Mapping[str, DocumentState]:
    return {document_state(state.name)[0]: state for state in DocumentState}
