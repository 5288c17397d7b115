"""What came back lies in the province's own format: GB18030, Chinese headers, yuan; written again it is the same."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.presentation import labels
from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.files.document_table import incoming_table
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.exports.set_aside_list import SET_ASIDE_FILE as LIST_FILE
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument
from jinbao.schemas.messages import (
    BANK_MESSAGES,
    MESSAGES,
    ApplicationAccepted,
    ApplicationRefused,
    CertificateIssued,
    ContinuationConfirmed,
    ContributionsRecorded,
    EmployerInformed,
    ParkedMessageExpired,
    PersonInformed,
    SubmissionOutcomes,
    TemporaryAccountOpened,
    TemporaryAccountSealed,
)

EVENT = UUID(int=7)
CASE = "00000000"
"""First digits of the sample's transfer id."""


def _sheet() -> IncomingDocument:
    row = {
        "year": 2017,
        "first_month": 201701,
        "last_month": 201712,
        "months": 12,
        "province": "44",
        "contribution_base_total": 4_800_000,
        "account_rate_bp": 800,
        "account_credit": 384_000,
        "account_interest": 14_810,
        "account_balance": 398_810,
        "pooling": 576_000,
    }
    fields = {
        "sheet_version": 1,
        "total": 974_810,
        "rows": [row, {**row, "year": 2018}],
        "agency": {"name": "合成中心"},
        "personal": {"name": "合成𬭎", "id_type": "resident_id"},
    }
    return IncomingDocument(EVENT, "InformationSheetSent", UUID(int=1), UUID(int=2), "44", "S-1", 0, 0, fields)


@pytest.fixture
def local(tmp_path: Path) -> Any:
    made = EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)
    yield made
    made.close()


@pytest.fixture
def aside(tmp_path: Path) -> Any:
    store = AdapterStore(tmp_path / "adapter.sqlite", durable=False)
    yield store.set_aside
    store.close()


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="gb18030", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_sheet_is_written_in_gb18030_with_chinese_headers_and_yuan(local: Any, aside: Any, tmp_path: Path) -> None:
    local.deliver([_sheet()])

    assert FileExchange(local, tmp_path / "41", aside).step(0) == 1

    first, second = _read(tmp_path / "41" / "in" / f"InformationSheetSent-{CASE}-S-1-{EVENT}.csv")
    assert first["文书"] == "信息表"
    assert first["发送方"] == "广东"
    assert first["转移总额(元)"] == "9748.10"
    assert first["缴费基数合计(元)"] == "48000.00"
    assert first["记账比例(%)"] == "8.00"
    assert first["姓名"] == "合成𬭎"
    assert first["证件类型"] == "居民身份证"
    assert (first["年度"], second["年度"]) == ("2017", "2018")


def test_a_file_is_written_once_and_after_a_crash_before_the_mark_with_the_same_bytes(
    local: Any, aside: Any, tmp_path: Path
) -> None:
    local.deliver([_sheet()])
    exchange = FileExchange(local, tmp_path / "41", aside)
    exchange.step(0)
    (file,) = (tmp_path / "41" / "in").iterdir()
    before = file.read_bytes()
    assert exchange.step(0) == 0

    local.set_mark("files in", 0)
    assert exchange.step(0) == 1

    assert [f.read_bytes() for f in (tmp_path / "41" / "in").iterdir()] == [before]


def test_a_sheet_without_rows_and_words_that_nobody_knows_are_written_all_the_same(
    local: Any, aside: Any, tmp_path: Path
) -> None:
    fields = {**_sheet().fields, "rows": [], "personal": {"name": "合成甲", "id_type": "library_card"}}
    local.deliver([replace(_sheet(), fields=fields, sender="77")])
    FileExchange(local, tmp_path / "41", aside).step(0)
    (row,) = _read(tmp_path / "41" / "in" / f"InformationSheetSent-{CASE}-S-1-{EVENT}.csv")
    assert (row["证件类型"], row["发送方"]) == ("library_card", "77")


def test_a_document_that_cannot_be_written_is_set_aside_and_listed_and_the_others_are_written(
    local: Any, aside: Any, tmp_path: Path
) -> None:
    broken = replace(_sheet(), event_id=UUID(int=8), fields={**_sheet().fields, "total": "合成甲"})
    letter = IncomingDocument(UUID(int=5), "ContactLetterIssued", UUID(int=3), UUID(int=2), "43", "L", 0, 0, {})
    order = {"payment_reference": "RF1", "payment_line": 1, "amount": 5, "remitted_on": "2025-01-02"}
    local.deliver([broken, _sheet()])
    case = UUID(int=3).hex
    ours = [
        local.write_document(kind, key, case, fields, "clerk", 1, relationship=UUID(int=2))
        for kind, key, fields in (("FundsRemitted", "RF1/../1", order), ("InformationSheetSent", "S", {}))
    ]
    local.note([DocumentOutcome(sequence, DocumentState.ACCEPTED, 2) for sequence in ours])
    exchange = FileExchange(local, tmp_path / "41", aside)

    exchange.step(5)

    assert (tmp_path / "41" / "in" / f"InformationSheetSent-{CASE}-S-1-{EVENT}.csv").exists()
    assert [(kept.what.subject, kept.what.code) for kept in aside.all()] == [
        ("in 1", "INTERNAL_ERROR"),
        ("out 1", "INTERNAL_ERROR"),
    ]
    assert [row["文书"] for row in _read(tmp_path / "41" / LIST_FILE)] == ["信息表", "划出基金"]
    assert "合成甲" not in (tmp_path / "41" / LIST_FILE).read_text("gb18030")

    local.deliver([replace(letter, fields={"agency": {"account_title": "合成户名"}})])
    exchange.step(6)
    assert len(aside.all()) == 2
    exchange.try_again()
    exchange.step(7)
    assert [kept.what.subject for kept in aside.all()] == ["in 1"]
    (written,) = (tmp_path / "41" / "out").iterdir()
    assert written.name == f"付款指令-{CASE}-RF1_.._1.csv"
    aside.settle([aside.all()[0].id])
    exchange.step(8)
    assert not (tmp_path / "41" / LIST_FILE).exists()


NEVER_FORWARDED = {ApplicationAccepted, ApplicationRefused, ParkedMessageExpired}
NEVER_FORWARDED |= {CertificateIssued, TemporaryAccountOpened, ContributionsRecorded, TemporaryAccountSealed}
NEVER_FORWARDED |= {PersonInformed, EmployerInformed, SubmissionOutcomes, ContinuationConfirmed, *BANK_MESSAGES}


def test_every_message_that_a_province_receives_has_a_chinese_title() -> None:
    received = {m.NAME for m in MESSAGES if m not in NEVER_FORWARDED}  # type: ignore[attr-defined]
    assert received <= DOCUMENT_TITLES.keys()


def test_paper_and_screen_say_the_same_of_a_message() -> None:
    """But letter and sheet, which are documents with names of their own."""
    for name, title in DOCUMENT_TITLES.items():
        if name not in ("ContactLetterIssued", "InformationSheetSent", "SubmissionAnswered"):
            assert labels.message(name)[0] == title


def test_no_field_of_a_message_is_missing_in_its_file() -> None:
    hidden = {"document", "envelope", "state", "case"}
    for message in MESSAGES:
        if message in NEVER_FORWARDED:
            continue
        sample = {name: _sample(name) for name in message.__struct_fields__ if name not in hidden}
        document = IncomingDocument(EVENT, message.NAME, EVENT, EVENT, "00", "D", 0, 0, sample)  # type: ignore[attr-defined]
        simple = [n for n in sample if n not in ("agency", "personal", "rows")]
        (row, *_) = incoming_table(document)
        assert len(row) == 6 + len(simple), message


def _sample(name: str) -> Any:
    if name in ("agency", "personal"):
        return {}
    if name == "rows":
        return [{}]
    coded = {"purpose": "transfer", "request": "top_up", "outcome": "rejected"}
    return (coded | {"kind": "supplement", "cause": "death", "reason": "renamed"}).get(name, 1)


def test_a_files_name_carries_the_number_by_which_the_clerk_knows_the_case(
    local: Any, aside: Any, tmp_path: Path
) -> None:
    """The application's number where the case began here, else the first digits of the transfer id, once only."""
    begun, other = UUID(int=3 << 96), UUID(int=4 << 96)
    local.begun({"2025-41-0001": begun})
    numbers = {UUID(int=21): (begun, "X-9"), UUID(int=22): (begun, "2025-41-0001-S1"), UUID(int=23): (other, "S/2")}
    local.deliver(
        [
            replace(_sheet(), event_id=event, transfer_id=transfer, local_document=document)
            for event, (transfer, document) in numbers.items()
        ]
    )
    FileExchange(local, tmp_path / "41", aside).step(0)
    names = sorted(file.name.removeprefix("InformationSheetSent-")[:-41] for file in (tmp_path / "41" / "in").iterdir())
    assert names == ["00000004-S_2", "2025-41-0001-S1", "2025-41-0001-X-9"]
