"""`jinbao reconcile report` and `netting`: the month's statement in every form, and payments set off day by day."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from support.in_process import jinbao_in
from typer.testing import Result

from jinbao.cli.reading import reading, today
from jinbao.platform.projections.fund_ledger import money
from jinbao.platform.projections.month_report import Month, ledger_month

BANK = Path(__file__).parents[3] / "examples" / "banks" / "two-columns"
NUMBER = "4100000000000000017"
Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with April's statement of one account, which no payment explains."""
    place = tmp_path_factory.mktemp("month")
    run = jinbao_in(place)
    add = run("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", "--data", "data")
    statement = ("--mapping", BANK / "mapping.toml", "--account", NUMBER, "--data", "data")
    taken = run("bank", "import", BANK / "202504.csv", *statement)
    assert (add.exit_code, taken.exit_code) == (0, 0), add.output + taken.output
    return place / "data"


MAY = """账户交易明细
账号：4100000000000000017,币种：人民币
起止日期,20250501-20250531
序号,交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,用途,摘要,凭证号
1,20250530,2.00,,"102,655.72",,,汇划手续费,手续费,
合计,,2.00,0.00,,,,,,
"""


def test_the_statement_has_four_parts_and_adjusted_balances_are_equal(answer: Answer, folder: Path) -> None:
    said = answer("reconcile", "report", "--province", "41", "--month", "2025-04", "--data", folder)
    (account,) = said["accounts"]
    parts = ("receipts_not_at_bank", "payments_not_at_bank", "receipts_not_in_book", "payments_not_in_book")
    sums = [account[part]["sum_fen"] for part in parts]
    assert sums == [sum(item["amount_fen"] for item in account[part]["items"]) for part in parts]
    assert account["adjusted_bank_fen"] == account["bank"]["closing_fen"] + sums[0] - sums[1]
    assert account["adjusted_book_fen"] == account["book"]["closing_fen"] + sums[2] - sums[3]
    assert account["adjusted_bank_fen"] == account["adjusted_book_fen"]
    assert account["agrees"]
    assert account["bank"]["closing_fen"] - account["bank"]["opening_fen"] == 265_772
    assert sums[2] > 0
    breaks = {one["break"] for one in answer("breaks", "list", "--data", folder) if one["booked_on"] < "2025-05"}
    assert set(account["open_breaks"]) == breaks
    assert account["sealed"] is None


def test_a_file_of_the_report_is_the_same_bytes_and_has_no_formula(
    jinbao: Callable[..., Result], folder: Path, tmp_path: Path
) -> None:
    for form in ("json", "csv", "xlsx"):
        words = ("reconcile", "report", "--province", "41", "--month", "2025-04", "--data", folder, "--format", form)
        files = [tmp_path / f"{turn}.{form}" for turn in (1, 2)]
        assert [jinbao(*words, "--output", file).exit_code for file in files] == [0, 0]
        assert files[0].read_bytes() == files[1].read_bytes()
    rows = list(csv.reader(io.StringIO((tmp_path / "1.csv").read_text("utf-8-sig"))))
    assert [row[0] for row in rows if len(row) == 2 and row[0].startswith(("加", "减"))] == [
        "加：企业已收、银行未收",
        "减：企业已付、银行未付",
        "加：银行已收、企业未收",
        "减：银行已付、企业未付",
    ]
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "1.xlsx").active for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    said = json.loads((tmp_path / "1.json").read_text())
    assert said["accounts"][0]["bank"]["closing_fen"] / 100 in {float(c.value) for c in cells if c.data_type == "n"}


def test_a_report_speaks_both_languages(jinbao: Callable[..., Result], folder: Path) -> None:
    words = ("reconcile", "report", "--province", "41", "--month", "2025-04", "--data", folder)
    assert "银行已收、企业未收" in jinbao(*words).stdout
    assert "received at the bank, not in the book" in jinbao("--lang", "en", *words).stdout


def test_what_cannot_be_reported_is_refused_in_a_line(jinbao: Callable[..., Result], folder: Path) -> None:
    words = ("--lang", "en", "reconcile", "report", "--data", folder)
    result = jinbao(*words, "--province", "41", "--month", "2025-13")
    assert (result.exit_code, "2025-04" in result.output) == (2, True)
    result = jinbao(*words, "--province", "44", "--month", "2025-04")
    assert (result.exit_code, "bank accounts add" in result.output) == (2, True)


def test_netting_is_zero_in_sum_and_never_more_than_gross(
    answer: Answer, jinbao: Callable[..., Result], nation_folder: Path
) -> None:
    said = answer("reconcile", "netting", "--data", nation_folder)
    assert said["days"]
    for day in said["days"]:
        assert sum(position["net_fen"] for position in day["positions"]) == 0
        assert 0 <= day["net_fen"] <= day["gross_fen"]
    paid = answer("payments", "list", "--data", nation_folder)
    between = sum(one["amount_fen"] for one in paid)
    assert 0 < sum(day["gross_fen"] for day in said["days"]) <= between
    month = said["days"][0]["day"][:7]
    some = answer("reconcile", "netting", "--month", month, "--data", nation_folder)["days"]
    assert some == [day for day in said["days"] if day["day"].startswith(month)]
    assert "gross" in jinbao("--lang", "en", "reconcile", "netting", "--data", nation_folder).stdout


def test_each_months_closing_is_the_next_ones_opening_and_the_last_is_the_ledger(nation_folder: Path) -> None:
    with reading(nation_folder, None) as (settings, work):
        last = today(settings, work)
        months = [Month(last.year, last.month)]
        while len(months) < 6:
            months.append(months[-1].before)
        made = [ledger_month(work, month) for month in reversed(months)]
        funds = money(work)
    for one, following in pairwise(made):
        for place in ("provinces", "pairs"):
            opened = {of: moved.opening_fen for of, moved in getattr(following, place).items() if moved.opening_fen}
            assert opened == {of: moved.closing_fen for of, moved in getattr(one, place).items() if moved.closing_fen}
    assert sum(moved.in_fen for moved in made[-2].cases.values()) > 0
    on_its_way = sum(moved.closing_fen for moved in made[-1].pairs.values())
    assert sum(moved.closing_fen for moved in made[-1].cases.values()) == on_its_way == funds.in_transit


def test_a_sealed_month_is_the_same_bytes_for_good(
    answer: Answer, jinbao: Callable[..., Result], folder: Path, tmp_path: Path
) -> None:
    april = ("--province", "41", "--month", "2025-04", "--data", folder)
    told = answer("reconcile", "seal", *april, "--user", "director", code=1)
    assert (told["sealed"], [one["code"] for one in told["refused"]]) == ([], ["MONTH_NOT_TOLD"])
    (tmp_path / "may.csv").write_text(MAY, "gb18030")
    words = ("--mapping", BANK / "mapping.toml", "--account", NUMBER, "--data", folder)
    assert jinbao("bank", "import", tmp_path / "may.csv", *words).exit_code == 0
    later = answer("reconcile", "seal", *april[:3], "2025-05", *april[4:], "--user", "director", code=1)
    assert [one["code"] for one in later["refused"]] == ["MONTH_OUT_OF_ORDER"]
    before = answer("reconcile", "report", *april)
    told = answer("reconcile", "seal", *april, "--user", "director")
    assert answer("reconcile", "seal", *april, "--user", "director") == told
    after = answer("reconcile", "report", *april)
    (sealed,) = [account.pop("sealed") for account in after["accounts"]]
    assert (sealed["by"], sealed["figures_hash"]) == ("director", told["sealed"][0]["figures_hash"])
    assert after["accounts"][0] | {"sealed": None} == before["accounts"][0]
    files = {form: tmp_path / f"sealed.{form}" for form in ("json", "csv", "xlsx", "pdf")}
    for form, file in files.items():
        assert jinbao("reconcile", "report", *april, "--format", form, "--output", file).exit_code == 0
    first = answer("breaks", "list", "--data", folder)[0]["break"]
    assert jinbao("breaks", "investigate", first, "--user", "wang", "--data", folder).exit_code == 0
    assert jinbao("projections", "rebuild", "--data", folder).exit_code == 0
    for form, file in files.items():
        again = tmp_path / f"again.{form}"
        assert jinbao("reconcile", "report", *april, "--format", form, "--output", again).exit_code == 0
        assert again.read_bytes() == file.read_bytes()
    assert "director" in jinbao("reconcile", "report", *april).stdout
    may = answer("reconcile", "report", *april[:3], "2025-05", *april[4:])["accounts"][0]
    assert may["book"]["opening_fen"] == sealed_closing(after)
    assert (may["agrees"], may["bank"]["out_fen"]) == (True, 200)


def sealed_closing(report: Any) -> int:
    closing: int = report["accounts"][0]["book"]["closing_fen"]
    return closing


def test_a_statement_of_a_sealed_month_is_not_replaced_and_the_way_is_told(answer: Answer, folder: Path) -> None:
    camt = ("bank", "import", BANK.parent / "camt053" / "202504.xml", "--account", NUMBER, "--data", folder)
    said = answer(*camt, "--replaces", f"{NUMBER}/2025-04-08..2025-04-28", code=1)
    assert said["refused"][0]["code"] == "MONTH_SEALED"
    assert "在下月更正" in said["refused"][0]["text"]
