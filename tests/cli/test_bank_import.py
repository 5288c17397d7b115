"""`jinbao bank accounts` and `jinbao bank import`, from the file to the platform's balance and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BANKS = Path(__file__).parents[2] / "examples" / "banks"
NUMBER = "4100000000000000017"
BREAKS = 7
"""Entries of the statement that no payment explains: this nation has none."""

Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all tests of this file, which follow each other."""
    return tmp_path_factory.mktemp("banks") / "data"


def took(new: int, known: int) -> dict[str, Any]:
    return {"entries": {"new": new, "known": known}, "matched": 0, "proposals": 0, "breaks": BREAKS, "refused": []}


def test_a_statement_needs_an_account_that_was_named(answer: Answer, jinbao: Any, folder: Path) -> None:
    statement = BANKS / "camt053" / "202504.xml"
    result = jinbao("--lang", "en", "bank", "import", statement, "--account", NUMBER, "--data", folder)
    assert (result.exit_code, "bank accounts add" in result.output) == (2, True)
    named = answer("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", "--data", folder)
    again = answer("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", "--data", folder)
    assert (named, named["number"]) == (again, NUMBER)
    result = jinbao("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "out", "--data", folder)
    assert result.exit_code == 2


def test_a_statement_is_taken_in_once_and_the_platform_knows_the_balance(answer: Answer, folder: Path) -> None:
    bank = BANKS / "two-columns"
    words = ("bank", "import", bank / "202504.csv", "--mapping", bank / "mapping.toml", "--account", NUMBER)
    assert answer(*words, "--data", folder) == took(7, 0)
    assert answer(*words, "--data", folder) == took(0, 7)
    (account,) = answer("bank", "accounts", "--data", folder)
    assert account == {
        "account": account["account"],
        "number": NUMBER,
        "province": "41",
        "kind": "in",
        "opening_fen": 10000000,
        "closing_fen": 10265772,
        "statements_to": "2025-04-28",
        "entries": 7,
    }
    assert answer("projections", "rebuild", "bank_accounts", "--data", folder)
    assert answer("bank", "accounts", "--data", folder) == [account]


def test_what_does_not_fit_is_refused_with_code_and_line_and_changes_nothing(answer: Answer, folder: Path) -> None:
    before = answer("bank", "accounts", "--data", folder)
    said = answer("bank", "import", BANKS / "camt053" / "202504.xml", "--account", NUMBER, "--data", folder, code=1)
    assert said["entries"] == {"new": 0, "known": 0}
    assert [(one["code"], one["line"]) for one in said["refused"]] == [("OPENING", 5)]
    assert answer("bank", "accounts", "--data", folder) == before


def test_clear_text_lies_in_the_provinces_own_system_only(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and "local" not in file.relative_to(folder).parts:
            data = file.read_bytes()
            assert NUMBER.encode() not in data, file
            assert "合成社保基金44".encode() not in data, file
