"""Example messages, plainly synthetic, and a copy of the schema folder to break."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from jinbao.schemas.messages import (
    Agency,
    ApplicationAccepted,
    ContactLetterReceived,
    Envelope,
    FundsRemitted,
    InformationSheetSent,
    Sealed,
    YearRow,
)
from jinbao.schemas.registry import AVRO


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(
        event_id=bytes(range(16)),
        relationship_id=bytes(range(16, 32)),
        transfer_id=bytes(range(32, 48)),
        sender="44",
        operator="clerk-7",
        local_document="V2025-000123",
        occurred_at=1_735_790_400_123_456,
    )


@pytest.fixture
def sealed() -> Sealed:
    return Sealed(key_id=b"k" * 16, ciphertext=b"c" * 64)


@pytest.fixture
def remitted(envelope: Envelope) -> FundsRemitted:
    return FundsRemitted(
        envelope=envelope,
        payment_reference="RF18539007547034",
        payment_line=1,
        amount=3_309_425,
        purpose="transfer",
        remitted_on=date(2025, 1, 2),
    )


@pytest.fixture
def received(envelope: Envelope) -> ContactLetterReceived:
    return ContactLetterReceived(envelope=envelope, letter_version=1)


@pytest.fixture
def accepted(envelope: Envelope, sealed: Sealed) -> ApplicationAccepted:
    return ApplicationAccepted(
        envelope=envelope,
        scheme="110",
        origin="44",
        destination="41",
        accepted_on=date(2025, 1, 2),
        personal=sealed,
        certificate_number="C-1",
    )


@pytest.fixture
def sheet(envelope: Envelope, sealed: Sealed) -> InformationSheetSent:
    def row(year: int) -> YearRow:
        return YearRow(
            year=year,
            first_month=year * 100 + 1,
            last_month=year * 100 + 12,
            months=12,
            province="44",
            contribution_base_total=4_800_000,
            account_rate_bp=800,
            account_credit=384_000,
            account_interest=14_810,
            account_balance=398_810,
            pooling=576_000,
        )

    agency = Agency(
        name="样本省社会保险中心",
        telephone="000-0000",
        address="样本市样本路1号",
        postcode="510000",
        bank_name="样本银行",
        account_title="样本基金支出户",
        account_number="0000000000000000",
    )
    return InformationSheetSent(
        envelope=envelope,
        sheet_version=1,
        letter_version=1,
        individual_before_1998=0,
        account_at_previous_year_end=1_196_430,
        current_year_principal=0,
        individual_total=1_196_430,
        pooling_total=1_728_000,
        total=2_924_430,
        first_month=201701,
        last_month=201912,
        months=36,
        rows=[row(year) for year in (2017, 2018, 2019)],
        agency=agency,
        personal=sealed,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the released schemas."""
    return Path(shutil.copytree(AVRO, tmp_path / "avro"))
