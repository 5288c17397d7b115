"""A month of banks' statements on both databases: reported, sealed, exported again, and payments set off by day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

BANK = Path(__file__).parents[2] / "examples" / "banks" / "two-columns"
NUMBER = "4100000000000000017"
MAY = f"""账户交易明细
账号：{NUMBER},币种：人民币
起止日期,20250501-20250531
序号,交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,用途,摘要,凭证号
1,20250530,2.00,,"102,655.72",,,汇划手续费,手续费,
合计,,2.00,0.00,,,,,,
"""
APRIL = ("--province", "41", "--month", "2025-04")


def test_a_month_is_sealed_and_its_files_stay_the_same_bytes(
    jinbao: Callable[..., Result], url: str, tmp_path: Path
) -> None:
    to = ("--data", tmp_path / "data", "--database", url)

    def told(*words: object) -> Any:
        result = jinbao(*words, *to, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert jinbao("platform", "run", "--once", *to).exit_code == 0, "it makes the tables"
    told("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in")
    (tmp_path / "may.csv").write_text(MAY, "gb18030")
    for file in (BANK / "202504.csv", tmp_path / "may.csv"):
        told("bank", "import", file, "--mapping", BANK / "mapping.toml", "--account", NUMBER)
    (account,) = told("reconcile", "report", *APRIL)["accounts"]
    assert account["agrees"]
    assert account["bank"]["closing_fen"] - account["bank"]["opening_fen"] == 265_772
    (sealed,) = told("reconcile", "seal", *APRIL, "--user", "director")["sealed"]
    files = [tmp_path / name for name in ("first.xlsx", "again.xlsx")]
    for file in files:
        assert jinbao("reconcile", "report", *APRIL, "--output", file, *to).exit_code == 0
        assert jinbao("projections", "rebuild", *to).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    (after,) = told("reconcile", "report", *APRIL)["accounts"]
    assert after.pop("sealed")["figures_hash"] == sealed["figures_hash"]
    assert after | {"sealed": None} == account


@pytest.mark.engines
def test_payments_are_set_off_alike_on_both_databases(
    jinbao: Callable[..., Result], postgres_url: str, tmp_path: Path
) -> None:
    found = []
    for place, to in (("sqlite", ()), ("postgres", ("--database", postgres_url))):
        words = ("--data", tmp_path / place, *to)
        made = jinbao("simulate", "--transfers", "20", "--days", "60", "--seed", "7", *words)
        assert made.exit_code == 0, made.output
        told = [jinbao(*asked, *words, "--json") for asked in (("reconcile", "netting"), ("payments", "list"))]
        found.append([json.loads(one.stdout) for one in told])
    assert found[0] == found[1]
    assert found[0][0]["days"]
