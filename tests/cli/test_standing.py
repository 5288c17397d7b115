"""How a province's documents stand, and why a case does not go on, as a clerk sees it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import Result

from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import DocumentOutcome

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def folder(tmp_path: Path, jinbao: Callable[..., Result]) -> Path:
    """Henan's applications are taken in, nothing was ever sent."""
    data = tmp_path / "d"
    for words in (
        ("import", EXAMPLES / "applications-41.csv"),
        ("run", "--once", "--province", "41", "--config", EXAMPLES / "adapter-41.toml"),
    ):
        if words[0] == "run":
            assert jinbao("platform", "run", "--once", "--data", data).exit_code == 0
        assert jinbao("adapter", *words, "--data", data).exit_code == 0
    return data


def test_a_document_is_sent_then_accepted(
    folder: Path, jinbao: Callable[..., Result], answer: Callable[..., Any]
) -> None:
    sent = answer("adapter", "documents", "--province", "41", "--data", folder)["documents"]
    assert {d["state"] for d in sent} == {"sent"}
    jinbao("platform", "run", "--once", "--data", folder)
    jinbao("adapter", "run", "--once", "--province", "41", "--config", EXAMPLES / "adapter-41.toml", "--data", folder)
    found = answer("adapter", "documents", "--province", "41", "--case", "2025-41-0001", "--data", folder)["documents"]
    assert [(d["document"], d["state"]) for d in found] == [
        ("ContactLetterIssued", "accepted"),
        ("ApplicationAccepted", "accepted"),
    ]
    assert answer("adapter", "documents", "--province", "41", "--state", "parked", "--data", folder)["documents"] == []
    page = jinbao("adapter", "documents", "--province", "41", "--data", folder).stdout
    assert "已受理" in page
    assert "合成" not in page, "names nobody"


def test_what_waits_reads_as_waiting(folder: Path, jinbao: Callable[..., Result]) -> None:
    local = EmbeddedLocalSystem(folder / "local" / "41.sqlite", "41")
    local.note([DocumentOutcome(2, DocumentState.PARKED, 1, "PREDECESSOR_MISSING")])
    local.close()
    page = jinbao("adapter", "documents", "--province", "41", "--state", "parked", "--data", folder).stdout
    assert "等待先行报文" in page
    assert not any(word in page for word in ("逾期", "拒绝", "未受理", "规定时间"))


def test_explain_says_what_the_desk_waits_for(folder: Path, jinbao: Callable[..., Result], answer: Any) -> None:
    for _ in range(2):
        assert jinbao("platform", "run", "--once", "--data", folder).exit_code == 0
        config = EXAMPLES / "adapter-44.toml"
        done = jinbao("adapter", "run", "--once", "--province", "44", "--config", config, "--data", folder)
        assert done.exit_code == 0, done.output
    page = jinbao("case", "explain", "2025-41-0001", "--data", folder).stdout
    assert "为什么没有往下办" in page
    assert "广东经办台：等待完整的缴费历史" in page
    why = answer("case", "explain", "2025-41-0001", "--data", folder)["in_the_way"]
    assert [d["province"] for d in why["desks"]] == ["44"]


def test_explain_says_what_waits_at_the_platform_and_what_was_never_sent(
    folder: Path, jinbao: Callable[..., Result], answer: Any
) -> None:
    config = EXAMPLES / "adapter-41.toml"
    local = EmbeddedLocalSystem(folder / "local" / "41.sqlite", "41")
    fields = {"sheet_version": 1, "individual_total": 1, "pooling_total": 1, "completed_on": "2026-01-05"}
    local.write_document("TransferCompleted", "C", "2025-41-0001", fields, "clerk", 1_000)
    jinbao("adapter", "run", "--once", "--province", "41", "--config", config, "--data", folder)
    assert jinbao("platform", "run", "--once", "--data", folder).exit_code == 0
    local.write_document("TransferClosed", "X", "2025-41-0001", {"reason_text": "x"}, "clerk", 1_000)
    local.close()
    page = jinbao("case", "explain", "2025-41-0001", "--data", folder).stdout
    assert "河南「已办结」在等待" in page or "河南「办结」在等待" in page
    assert "未报送" in page
    why = answer("case", "explain", "2025-41-0001", "--data", folder)["in_the_way"]
    assert [m["outcome"] for m in why["not_taken"]] == ["parked"]
    assert [d["document"] for d in why["not_sent"]] == ["TransferClosed"]
    assert why["set_aside"] == []


def test_a_case_of_which_the_adapter_set_something_aside_says_so(
    folder: Path, jinbao: Callable[..., Result], answer: Callable[..., Any]
) -> None:
    assert jinbao("platform", "run", "--once", "--data", folder).exit_code == 0
    transfer = answer("case", "explain", "2025-41-0001", "--data", folder)["transfer"]
    mine = SetAside("message", "inbox/0/9", "KEY_MISSING", kind="InformationSheetSent", cases=(f"transfer {transfer}",))
    store = AdapterStore(folder / "adapters" / "41.sqlite")
    store.set_aside.keep([mine, replace(mine, subject="inbox/0/10", cases=(f"transfer {UUID(int=1)}",))], 5)
    store.close()
    page = jinbao("case", "explain", "2025-41-0001", "--data", folder).stdout
    assert page.count("搁置") == 1
    assert "钥匙串中没有这把钥匙" in page
    why = answer("case", "explain", "2025-41-0001", "--data", folder)["in_the_way"]
    assert [(a["province"], a["code"]) for a in why["set_aside"]] == [("41", "KEY_MISSING")]


def test_a_province_without_a_file_or_with_another_programs_is_named(
    tmp_path: Path, jinbao: Callable[..., Result]
) -> None:
    missing = jinbao("adapter", "documents", "--province", "41", "--data", tmp_path)
    assert (missing.exit_code, "41.sqlite" in missing.stderr) == (2, True)
    (tmp_path / "local").mkdir()
    sqlite3.connect(tmp_path / "local" / "41.sqlite").close()
    (tmp_path / "local" / "41.sqlite").touch()
    other = jinbao("adapter", "documents", "--province", "41", "--data", tmp_path)
    assert (other.exit_code, "documents_out" in other.stderr) == (2, True)
    assert jinbao("adapter", "documents", "--province", "41", "--state", "x", "--data", tmp_path).exit_code == 2
