"""`jinbao bank check` says what a bank's file holds, with the exit codes and the JSON of the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

BANKS = Path(__file__).parents[3] / "examples" / "banks"

Answer = Callable[..., Any]


def test_a_statement_is_shown_as_it_adds_up(answer: Answer) -> None:
    bank = BANKS / "no-order"
    said = answer("bank", "check", bank / "202504.csv", "--mapping", bank / "mapping.toml")
    assert said["format"] == "no-order"
    (one,) = said["statements"]
    assert one == {
        "id": "4100000000000000017/2025-04-08..2025-04-28",
        "account": "4100000000000000017",
        "currency": "CNY",
        "opening": "100000.00",
        "closing": "102657.72",
        "entries": 7,
        "credits": "44013.89",
        "debits": "41356.17",
        "adds_up": True,
        "problems": [],
    }


def test_camt_says_its_version_and_what_it_was_held_against(answer: Answer) -> None:
    said = answer("--lang", "en", "bank", "check", BANKS / "camt053" / "202504.xml")
    assert (said["format"], said["checked_by"]) == ("camt.053.001.08", "official schema")


def test_a_file_that_cannot_be_read_exits_1_with_code_and_line(answer: Answer, tmp_path: Path) -> None:
    said = answer("bank", "check", BANKS / "no-order" / "202504.csv", code=1)
    assert (said["statements"], said["refused"][0]["code"]) == ([], "NOT_A_STATEMENT")
    assert "--mapping" in said["refused"][0]["text"]
    said = answer("bank", "check", tmp_path / "none.xml", code=1)
    assert said["refused"][0]["code"] == "UNREADABLE"
