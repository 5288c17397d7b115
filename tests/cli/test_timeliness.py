"""Index and forecast at the command line: the figures of the read models, in both languages, and a day's mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result


def test_the_index_counts_every_clock_that_was_not_cancelled(
    nation_folder: Path, answer: Callable[..., Any], jinbao: Callable[..., Result]
) -> None:
    found = answer("index", "--data", nation_folder)
    cases = answer("case", "list", "--limit", 1000, "--data", nation_folder)["cases"]
    clocks = [
        clock
        for case in cases
        for clock in answer("case", "show", case["transfer"], "--data", nation_folder)["clocks"]
        if clock["outcome"] != "cancelled"
    ]
    assert sum(row["cases"] for row in found["index"]) == len(clocks) > 100
    assert sum(row["open"] for row in found["index"]) == sum(clock["outcome"] is None for clock in clocks)
    assert any(row["too_few"] and row["median_working_days"] is None for row in found["index"])
    assert "不足 20 件" in jinbao("index", "--data", nation_folder).stdout
    assert "fewer than 20" in jinbao("--lang", "en", "index", "--data", nation_folder).stdout


def test_the_forecast_has_ten_days_for_every_province(
    nation_folder: Path, answer: Callable[..., Any], jinbao: Callable[..., Result]
) -> None:
    rows = answer("forecast", "--as-of", "2025-02-20", "--data", nation_folder)
    assert len(rows) == 320
    assert {tuple(row) for row in rows} == {("province", "due", "clocks", "expected_missed")}
    assert rows[0]["due"] == "2025-02-21"
    assert sum(row["clocks"] for row in rows) > 0
    page = jinbao("forecast", "--as-of", "2025-02-20", "--data", nation_folder).stdout
    assert "预计逾期" in page
    assert "02-21" in page


def test_a_day_that_is_none_is_told(nation_folder: Path, jinbao: Callable[..., Result]) -> None:
    result = jinbao("--lang", "en", "forecast", "--as-of", "2025-02-30", "--data", nation_folder)
    assert result.exit_code == 2
    assert "--as-of 2025-02-30: must be a day like 2019-10-15" in result.stderr
