"""What a simulated province reads is what it goes by: the file's words come back as the message's fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jinbao.platform.example_fields import example_fields
from jinbao.regional_adapter.files.document_table import delivered_rows, form_for, outcome_row
from jinbao.regional_adapter.files.mapping.out_layouts import OUT_LAYOUTS
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import BANK_MESSAGES, MESSAGES, ParkedMessageExpired
from jinbao.simulator.read_documents import as_read, outcome_as_read

KINDS = {m.__name__: m for m in MESSAGES if m not in (ParkedMessageExpired, *BANK_MESSAGES)}
SHOWN = {layout.name: (*layout.required, *layout.optional) for layout in OUT_LAYOUTS}


def _came(kind: str, fields: dict[str, Any]) -> IncomingDocument:
    return IncomingDocument(UUID(int=7), kind, UUID(int=1), UUID(int=2), "44", "S-1", 0, 0, fields)


def _read(document: IncomingDocument, changes: dict[str, str]) -> IncomingDocument:
    """As a form that shows every field tells it, with changed cells in its first row."""
    rows = [{n: row.get(n, "") for n in SHOWN[form_for(document.kind)]} for row in delivered_rows(document)]
    rows[0] |= changes
    return as_read(document, rows)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_form_that_shows_everything_says_the_whole_document(kind: str) -> None:
    document = _came(kind, msgspec.to_builtins(example_fields(KINDS[kind], {})))
    assert _read(document, {}) == document


def test_the_day_of_a_death_and_the_day_of_its_message_are_two_columns() -> None:
    frozen = _came("TransferFrozen", {"cause": "death", "happened_on": "2025-03-05", "document_number": "S-1"})
    (row,) = delivered_rows(replace(frozen, occurred_at=1_741_500_000_000_000))
    assert (row["事由发生日期"], row["发生日期"]) == ("2025-03-05", "2025-03-09")
    assert _read(frozen, {"发生日期": "2025-03-10"}).fields["happened_on"] == "2025-03-05"


def test_a_clerk_goes_by_what_the_file_says() -> None:
    row = {"year": 2017, "months": 12, "province": "44", "account_rate_bp": 800, "account_credit": 384_000}
    sheet = _came("InformationSheetSent", {"total": 974_810, "rows": [row], "personal": {"id_type": "resident_id"}})
    changes = {"转移总额(元)": "9748.11", "缴费月数": "11", "记账比例(%)": "8.50", "证件类型": "其他"}
    read = _read(sheet, {**changes, "事件编号": str(UUID(int=8))})
    assert read.event_id == UUID(int=8)
    assert (read.fields["total"], read.fields["personal"]["id_type"]) == (974_811, "other")
    assert (read.fields["rows"][0]["months"], read.fields["rows"][0]["account_rate_bp"]) == (11, 850)


def test_an_outcome_is_what_the_file_says() -> None:
    document = LocalDocument(3, "FundsRemitted", "K", 1, "case", "clerk", 0, None, {}, DocumentState.ACCEPTED)
    row = outcome_row(replace(document, state=DocumentState.REJECTED, code="BAD", field="amount"), "case", None)
    read = outcome_as_read(document, row)
    assert (read.state, read.code, read.field) == (DocumentState.REJECTED, "BAD", "amount")
