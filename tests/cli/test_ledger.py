"""The ledger at the command line: provinces add up to the nation, the nation to zero."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

ACCOUNTS = {"out": ("origin_fund",), "in_transit": ("in_transit",), "in": ("destination_fund", "refunded")}
"""What was refunded to persons had come in before."""


def test_the_provinces_add_up_to_the_nation_and_the_nation_to_zero(
    nation_folder: Path, answer: Callable[..., Any]
) -> None:
    ledger = answer("ledger", "--data", nation_folder)
    money, rows = ledger["money_fen"], ledger["rows"]
    assert set(money) == {"out", "in_transit", "in", "returned", "suspense", "sum"}
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
