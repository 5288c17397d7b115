"""`jinbao bank accounts` and `jinbao bank import`, from the file to the platform's balance and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

BANKS = Path(__file__).parents[3] / "examples" / "banks"
NUMBER = "4100000000000000017"
BREAKS = 4
"""Nobody has reported the payments of the example; its charge, interest and own transfer are classed."""

Answer = Callable[..., Any]


def took(new: int, known: int) -> dict[str, Any]:
    return {"entries": {"new": new, "known": known}, "matched": 0, "proposals": 0, "breaks": BREAKS, "refused": []}


def test_a_statement_needs_an_account_that_was_named(jinbao: Any, tmp_path: Path) -> None:
    statement = BANKS / "camt053" / "202504.xml"
    result = jinbao("--lang", "en", "bank", "import", statement, "--account", NUMBER, "--data", tmp_path)
    assert (result.exit_code, "bank accounts add" in result.output) == (2, True)


def test_a_statement_is_taken_in_once_and_the_platform_knows_the_balance(
    answer: Answer, jinbao: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    to = ("--data", folder)
    named = answer("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", *to)
    assert (answer("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", *to), named["number"]) == (
        named,
        NUMBER,
    )
    assert jinbao("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "out", *to).exit_code == 2

    bank = BANKS / "two-columns"
    words = ("bank", "import", bank / "202504.csv", "--mapping", bank / "mapping.toml", "--account", NUMBER)
    assert answer(*words, *to) == took(7, 0)
    assert answer(*words, *to) == took(0, 7)
    (account,) = answer("bank", "accounts", *to)
    assert account == {
        "account": named["account"],
        "number": NUMBER,
        "province": "41",
        "kind": "in",
        "opening_fen": 10000000,
        "closing_fen": 10265772,
        "statements_to": "2025-04-28",
        "entries": 7,
    }

    said = answer("bank", "import", BANKS / "camt053" / "202504.xml", "--account", NUMBER, *to, code=1)
    assert said["entries"] == {"new": 0, "known": 0}
    assert [(one["code"], one["line"]) for one in said["refused"]] == [("OPENING", 5)]
    assert answer("projections", "rebuild", "bank_accounts", *to)
    assert answer("bank", "accounts", *to) == [account]

    none = answer("bank", "import", tmp_path / "none.xml", "--account", NUMBER, *to, code=1)
    assert [(one["code"], one["text"]) for one in none["refused"]] == [("UNREADABLE", "没有这个文件或文件夹")]

    id_of_csv = f"{NUMBER}/2025-04-08..2025-04-28"
    camt = ("bank", "import", BANKS / "camt053" / "202504.xml", "--account", NUMBER, "--replaces", id_of_csv)
    assert answer(*camt, *to) == took(7, 0) | {"breaks": BREAKS + 3}, "whose codes say nothing of classes"
    (replaced,) = answer("bank", "accounts", *to)
    assert replaced == account | {"statements_to": "2025-04-30"}

    for file in folder.rglob("*"):
        if file.is_file() and "local" not in file.relative_to(folder).parts:
            data = file.read_bytes()
            assert NUMBER.encode() not in data, f"clear text lies in the province's own system only: {file}"
            assert "合成社保基金44".encode() not in data, file
