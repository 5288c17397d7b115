"""What came back lies in the province's own format: GB18030, Chinese headers, yuan; written again it is the same."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.regional_adapter.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.file_exchange import TITLES, FileExchange, incoming_table
from jinbao.regional_adapter.local_system import IncomingDocument
from jinbao.schemas.messages import (
    MESSAGES,
    ApplicationAccepted,
    ApplicationRefused,
    CertificateIssued,
    ContributionsRecorded,
    EmployerInformed,
    ParkedMessageExpired,
    PersonInformed,
    SubmissionOutcomes,
    TemporaryAccountOpened,
    TemporaryAccountSealed,
)

EVENT = UUID(int=7)


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


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="gb18030", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_sheet_is_written_in_gb18030_with_chinese_headers_and_yuan(local: Any, tmp_path: Path) -> None:
    local.deliver([_sheet()])

    assert FileExchange(local, tmp_path / "41").step(0) == 1

    first, second = _read(tmp_path / "41" / "in" / f"InformationSheetSent-{EVENT}.csv")
    assert first["文书"] == "信息表"
    assert first["发送方"] == "广东"
    assert first["转移总额(元)"] == "9748.10"
    assert first["缴费基数合计(元)"] == "48000.00"
    assert first["记账比例(%)"] == "8.00"
    assert first["姓名"] == "合成𬭎"
    assert first["证件类型"] == "居民身份证"
    assert (first["年度"], second["年度"]) == ("2017", "2018")


def test_a_file_is_written_once_and_after_a_crash_before_the_mark_with_the_same_bytes(
    local: Any, tmp_path: Path
) -> None:
    local.deliver([_sheet()])
    exchange = FileExchange(local, tmp_path / "41")
    exchange.step(0)
    (file,) = (tmp_path / "41" / "in").iterdir()
    before = file.read_bytes()
    assert exchange.step(0) == 0

    local.set_mark("files in", 0)
    assert exchange.step(0) == 1

    assert [f.read_bytes() for f in (tmp_path / "41" / "in").iterdir()] == [before]


def test_every_message_that_a_province_receives_has_a_chinese_title() -> None:
    never_forwarded = {ApplicationAccepted, ApplicationRefused, ParkedMessageExpired}
    never_forwarded |= {CertificateIssued, TemporaryAccountOpened, ContributionsRecorded, TemporaryAccountSealed}
    never_forwarded |= {PersonInformed, EmployerInformed, SubmissionOutcomes}
    assert {m.NAME for m in MESSAGES if m not in never_forwarded} == TITLES.keys()  # type: ignore[attr-defined]


def test_no_field_of_a_message_is_missing_in_its_file() -> None:
    hidden = {"document", "envelope", "state"}
    for message in MESSAGES:
        if message.NAME not in TITLES:  # type: ignore[attr-defined]
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
