"""Total rows as a province's system writes them: whatever a mapping says of one is read again by it."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError, mapping_of
from jinbao.regional_adapter.files.mapping_check import check_file
from jinbao.regional_adapter.files.writers import encoded, with_total

MAPPING = """
name = "total"
version = 1
valid_from = 2025-01-01
format = "csv"
encoding = "utf-8"
[forms."到账回单"]
ignored = ["序号"]
constants = {{ "收款省份" = "41" }}
total = {total}
[forms."到账回单".columns]
"日期" = "收款日期"
"编号" = "付款编号"
"行" = "付款行号"
"金 额" = "金额(元)"
"附言" = "附言"
"""


@pytest.mark.parametrize(
    "total",
    [
        '{ column = "序号", text = "合计", sums = ["金 额"] }',
        '{ column = "序号", text = "合计", count = "行" }',
        '{ column = "编号", text = "合计", sums = ["金额"], count = "附言" }',
    ],
)
def test_a_total_of_sums_or_of_a_count_agrees_with_its_rows(tmp_path: Path, total: str) -> None:
    mapping = mapping_of(tomllib.loads(MAPPING.format(total=total)))
    form = mapping.forms[0]
    rows = [["2025-05-06", "RF18539007547034", str(line), f"{line}.50", "L-1"] for line in (1, 2)]
    file = tmp_path / "slips.csv"
    file.write_bytes(encoded(mapping, form, *with_total(form, [rule.header for rule in form.columns], rows)))
    report = check_file(file, mapping, date(2026, 1, 1))
    assert (report.rejects, report.accepted, report.skipped) == ([], 2, 1)


def test_the_column_of_its_mark_cannot_hold_the_count() -> None:
    with pytest.raises(WrongMappingError) as wrong:
        mapping_of(tomllib.loads(MAPPING.format(total='{ column = "序号", text = "合计", count = "序 号" }')))
    assert [one.path for one in wrong.value.problems] == ["forms.到账回单.total.count"]
