"""A yearly settlement at the two provinces: stated, paid by the desk, the bank's order and slip, the receipt."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.working_days import end_of_day
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 1, 9)
NOW_US = end_of_day(TODAY) - 3_600_000_000


def statement(version: int = 1, second_owes: int = 500) -> IncomingDocument:
    fields = {"year": 2025, "first": "50", "second": "51", "cases": 2, "statement_version": version}
    fields |= {"first_owes_personal": 100, "first_owes_pooling": 50}
    fields |= {"second_owes_personal": second_owes, "second_owes_pooling": 0}
    return IncomingDocument(
        UUID(int=version),
        "SettlementStated",
        settlement_id("50", "51", 2025),
        settlement_relationship("50", "51"),
        "00",
        f"S{version}",
        NOW_US,
        NOW_US,
        fields,
    )


class Side:
    """One of the two: its local system, desk and files."""

    def __init__(self, nation: Any, folder: Path, code: str) -> None:
        self.local = nation.province(code).local
        self.folder = folder / code
        agency = load_adapter_config(EXAMPLES / "adapter-41.toml", "41").agency
        self.desk = Desk(self.local, agency)
        self.files = FileExchange(self.local, self.folder, AdapterStore(folder / f"{code}.sqlite").set_aside)

    def hear(self, stated: IncomingDocument) -> None:
        self.local.deliver([stated])
        self.desk.step(NOW_US)

    def said(self, kind: str) -> list[Any]:
        return self.local.documents(kind=kind)


@pytest.fixture
def sides(bare_nation: Any, tmp_path: Path) -> dict[str, Side]:
    return {code: Side(bare_nation, tmp_path, code) for code in ("50", "51")}


def test_the_debtors_desk_pays_what_is_stated_and_the_creditor_takes_the_banks_slip(
    sides: dict[str, Side], tmp_path: Path
) -> None:
    debtor, creditor = sides["51"], sides["50"]
    for side in sides.values():
        side.hear(statement())
        side.hear(statement())
    assert creditor.said("SettlementPaid") == []
    [paid] = debtor.said("SettlementPaid")
    assert (paid.fields["amount"], paid.fields["counterpart"]) == (350, "50")
    debtor.files.step(NOW_US)
    assert list((debtor.folder / "out").glob("*")) == [], "the bank gets nothing before the platform has accepted it"
    debtor.local.note([DocumentOutcome(paid.sequence, DocumentState.ACCEPTED, 2)])
    debtor.files.step(NOW_US)
    runpy.run_path(str(EXAMPLES / "bank.py"))["main"](debtor.folder / "out", tmp_path / "slips")
    report = import_file(tmp_path / "slips" / "到账回单-50.csv", creditor.local, today=TODAY)
    assert (report.taken, report.bad) == (1, [])
    [received] = creditor.said("SettlementReceived")
    assert (received.fields["amount"], received.fields["counterpart"]) == (350, "51")
    assert received.fields["payment_reference"] == paid.fields["payment_reference"]


def test_a_later_statement_that_says_more_is_paid_up(sides: dict[str, Side]) -> None:
    debtor = sides["51"]
    debtor.hear(statement())
    debtor.hear(statement(2, second_owes=900))
    assert [document.fields["amount"] for document in debtor.said("SettlementPaid")] == [350, 400]
    debtor.hear(statement(3, second_owes=0))
    assert len(debtor.said("SettlementPaid")) == 2


def test_a_slip_of_an_unknown_settlement_is_a_bad_row(sides: dict[str, Side], tmp_path: Path) -> None:
    debtor = sides["51"]
    debtor.hear(statement())
    [paid] = debtor.said("SettlementPaid")
    debtor.local.note([DocumentOutcome(paid.sequence, DocumentState.ACCEPTED, 2)])
    debtor.files.step(NOW_US)
    runpy.run_path(str(EXAMPLES / "bank.py"))["main"](debtor.folder / "out", tmp_path / "slips")
    report = import_file(tmp_path / "slips" / "到账回单-50.csv", sides["50"].local, today=TODAY)
    assert [bad.column for bad in report.bad] == ["附言"]
