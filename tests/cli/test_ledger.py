"""The ledger at the command line: provinces add up to the nation, the nation to zero."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

ACCOUNTS = {"out": ("origin_fund",), "in_transit": ("in_transit",), "in": ("destination_fund", "refunded")}
"""What was refunded to persons had come in before."""


def test_the_provinces_add_up_to_the_nation_and_the_nation_to_zero(
    nation_folder: Path, answer: Callable[..., Any]
) -> None:
    ledger = answer("ledger", "--data", nation_folder)
    money, rows = ledger["money_fen"], ledger["rows"]
    assert set(money) == {"out", "in_transit", "in", "returned", "suspense", "settlement", "sum"}
    assert money["sum"] == sum(row["total_fen"] for row in rows) == 0
    assert money["out"] == money["in_transit"] + money["in"] + money["returned"] + money["suspense"] > 0
    for name, accounts in ACCOUNTS.items():
        total = sum(row["total_fen"] for row in rows if row["account"] in accounts)
        assert money[name] == (-total if name == "out" else total)
    for row in rows:
        assert row["total_fen"] == row["personal_fen"] + row["pooling_fen"] + row["unallocated_fen"]


def test_one_province_is_a_part_of_the_whole(nation_folder: Path, answer: Callable[..., Any]) -> None:
    whole = answer("ledger", "--data", nation_folder)
    one = answer("ledger", "--province", "44", "--data", nation_folder)
    assert one["province"] == "44"
    assert one["money_fen"] == whole["money_fen"]
    assert one["rows"] == [row for row in whole["rows"] if row["province"] == "44"] != []


def test_the_table_speaks_yuan_and_shows_the_sum(nation_folder: Path, jinbao: Callable[..., Result]) -> None:
    page = jinbao("ledger", "--data", nation_folder).stdout
    assert "全国全部分录合计 0.00 元" in page
    assert "广东" in page
    assert re.search(r"-\d{1,3},\d{3}\.\d\d", page)


def test_a_ledger_is_told_in_english_too(nation_folder: Path, jinbao: Callable[..., Result]) -> None:
    page = jinbao("--lang", "en", "ledger", "--data", nation_folder).stdout
    assert "sum of all entries of the nation: 0.00 yuan" in page
    assert "Guangdong" in page


def test_a_database_is_read_by_its_url_wherever_the_data_folder_is(
    nation_folder: Path, tmp_path: Path, answer: Callable[..., Any], jinbao: Callable[..., Result]
) -> None:
    elsewhere = ("--data", tmp_path / "elsewhere")
    named = ("--database", f"sqlite:///{nation_folder}/platform.sqlite", "--bus", "embedded:///unused", *elsewhere)
    assert answer("ledger", *named) == answer("ledger", "--data", nation_folder)
    assert len(answer("case", "list", *named)["cases"]) == len(answer("case", "list", "--data", nation_folder)["cases"])
    assert jinbao("ledger", *elsewhere).exit_code == 2


@pytest.fixture
def damaged(nation_folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the nation's folder in whose database somebody changed something by hand."""

    def damage(sql: str) -> Path:
        folder = tmp_path / "damaged"
        shutil.copytree(nation_folder, folder)
        with sqlite3.connect(folder / "platform-projections.sqlite") as database:
            database.execute(sql)
        return folder

    return damage


def test_a_sound_ledger_ends_with_0_and_names_nothing(
    nation_folder: Path, jinbao: Callable[..., Result], answer: Callable[..., Any]
) -> None:
    assert jinbao("ledger", "--data", nation_folder).exit_code == 0
    ledger = answer("ledger", "--data", nation_folder)
    assert (ledger["wrong_entries"], ledger["wrong_balances"]) == ([], [])


def test_entries_that_do_not_sum_to_zero_are_named_and_the_program_ends_with_1(
    damaged: Callable[[str], Path], jinbao: Callable[..., Result], answer: Callable[..., Any]
) -> None:
    """Two facts whose faults cancel each other: the nation's sum is zero all the same."""
    first = "(SELECT MIN(entry) FROM ledger_entries)"
    last = "(SELECT MAX(entry) FROM ledger_entries)"
    change = f"CASE entry WHEN {first} THEN 7 ELSE -7 END"
    folder = damaged(f"UPDATE ledger_entries SET pooling = pooling + {change} WHERE entry IN ({first}, {last})")
    result = jinbao("ledger", "--data", folder, "--json")
    assert result.exit_code == 1
    ledger = answer("ledger", "--data", folder, code=1)
    assert ledger["money_fen"]["sum"] == 0
    assert len({entry["position"] for entry in ledger["wrong_entries"]}) == 2
    assert sum(entry["pooling_fen"] for entry in ledger["wrong_entries"]) == 0
    page = jinbao("ledger", "--province", "44", "--data", folder)
    assert page.exit_code == 1
    for entry in ledger["wrong_entries"]:
        assert entry["transfer_id"] in page.stdout
    assert "jinbao projections rebuild" in page.stdout


def test_a_balance_that_differs_from_its_entries_is_named_and_mended_by_a_rebuild(
    damaged: Callable[[str], Path], jinbao: Callable[..., Result], answer: Callable[..., Any]
) -> None:
    which = "province = '44' AND account = 'origin_fund'"
    one = f"(SELECT MIN(rowid) FROM ledger_balances WHERE {which})"
    folder = damaged(f"UPDATE ledger_balances SET personal = personal - 3 WHERE rowid = {one}")
    wrong = {"province": "44", "account": "origin_fund", "personal_fen": -3, "pooling_fen": 0, "unallocated_fen": 0}
    assert answer("ledger", "--data", folder, code=1)["wrong_balances"] == [wrong]
    english = jinbao("--lang", "en", "ledger", "--data", folder)
    assert english.exit_code == 1
    assert "Balance minus entries" in english.stdout
    assert "-0.03" in english.stdout
    assert jinbao("projections", "rebuild", "--data", folder).exit_code == 0
    assert jinbao("ledger", "--data", folder).exit_code == 0


def test_an_account_with_entries_and_no_balance_or_the_other_way_round_is_named_too(
    damaged: Callable[[str], Path], answer: Callable[..., Any]
) -> None:
    folder = damaged("DELETE FROM ledger_balances WHERE province = '44'")
    ledger = answer("ledger", "--data", folder, code=1)
    assert {balance["province"] for balance in ledger["wrong_balances"]} == {"44"}
