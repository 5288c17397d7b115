"""Files that hold records of several forms: the same records as in files of their own, and a total row a form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from jinbao.regional_adapter.files.form_rows import HeldFileError
from jinbao.regional_adapter.files.imports.import_file import import_file, province_of
from jinbao.regional_adapter.files.imports.rejects_file import write_rejects
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, WrongMappingError, load_mapping, mapping_of
from jinbao.regional_adapter.files.mapping_check import CheckReport, check_file
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem

FOLDER = Path(__file__).parents[4] / "examples" / "provinces"
SETS: list[dict[str, Any]] = [
    one for one in json.loads((FOLDER / "index.json").read_text("utf-8")) if one["format"] not in ("xlsx", "dbf")
]
IDS = [one["name"] for one in SETS]
TODAY = date(2026, 1, 1)
_ROOT = re.compile(rb"\A(.*?<DATA>)(.*)(</DATA>\s*)\Z", re.DOTALL)


HENANS = (0, 2, 3)
"""Applications, bank slips and decisions; the history is Guangdong's."""


def _mixed(tmp_path: Path, one: dict[str, Any], numbers: Sequence[int] = HENANS) -> tuple[Path, Mapping]:
    """Some of the set's files as one."""
    mapping = replace(load_mapping(FOLDER / one["mapping"]), mixed=True)
    parts = [(FOLDER / one["files"][number]).read_bytes() for number in numbers]
    if one["format"] == "xml":
        roots = [found for data in parts if (found := _ROOT.match(data))]
        parts = [roots[0][1], *[found[2] for found in roots], roots[0][3]]
    file = tmp_path / f"daily{Path(one['files'][0]).suffix}"
    file.write_bytes(b"".join(parts))
    return file, mapping


def _said(report: CheckReport) -> list[tuple[Any, ...]]:
    return sorted((r.type, r.key, str(r.event_id), str(r.fields)) for r in report.records)


@pytest.mark.parametrize("one", SETS, ids=IDS)
def test_a_mixed_file_gives_the_records_and_event_ids_of_its_parts(tmp_path: Path, one: dict[str, Any]) -> None:
    file, mapping = _mixed(tmp_path, one)
    apart = [check_file(FOLDER / one["files"][number], mapping, TODAY) for number in HENANS]
    report = check_file(file, mapping, TODAY)
    assert report.rejects == []
    assert _said(report) == sorted(said for each in apart for said in _said(each))
    assert (report.accepted, report.skipped) == (
        sum(each.accepted for each in apart),
        sum(each.skipped for each in apart),
    )


@pytest.mark.parametrize("one", SETS, ids=IDS)
def test_without_the_word_mixed_other_records_are_rejects(tmp_path: Path, one: dict[str, Any]) -> None:
    file, mapping = _mixed(tmp_path, one)
    report = check_file(file, replace(mapping, mixed=False), TODAY)
    assert report.accepted == 3
    assert report.rejected > 0 or one["format"] == "xml"


@pytest.mark.parametrize("one", SETS, ids=IDS)
def test_a_mixed_file_cut_at_any_byte_gives_only_records_of_the_whole(tmp_path: Path, one: dict[str, Any]) -> None:
    file, mapping = _mixed(tmp_path, one, (0, 1))
    whole, data = {said[2] for said in _said(check_file(file, mapping, TODAY))}, file.read_bytes()
    cut = tmp_path / f"cut{file.suffix}"
    for at in range(0, len(data), 7):
        cut.write_bytes(data[:at])
        report = check_file(cut, mapping, TODAY)
        assert {said[2] for said in _said(report)} <= whole, at
        assert report.accepted + report.rejected + report.skipped == report.rows


@pytest.mark.parametrize("one", SETS, ids=IDS)
def test_rejects_of_a_mixed_file_are_one_and_are_taken_once_corrected(tmp_path: Path, one: dict[str, Any]) -> None:
    """Its rows are the destination's and the origin's: at either, those of the other are refused, first as to be."""
    file, mapping = _mixed(tmp_path, one, (0, 1))
    with closing(EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)) as local:
        report = import_file(file, local, today=TODAY, mapping=mapping)
        assert report.form == "转移申请、缴费历史"
        assert {bad.form for bad in report.bad} == {"缴费历史"}
        assert len(local.applications()) == 3
    with closing(EmbeddedLocalSystem(tmp_path / "36.sqlite", "36", durable=False)) as local:
        bad = import_file(file, local, today=TODAY, mapping=mapping).bad
        rejects = write_rejects(file, mapping, bad, tmp_path)
    assert rejects is not None
    assert _said(check_file(rejects, mapping, TODAY)) == _said(check_file(file, mapping, TODAY))
    assert load_workbook(rejects.with_suffix(".xlsx")).sheetnames == ["转移申请", "缴费历史"]


_TOTALS = """
name = "daily"
version = 1
valid_from = 2025-01-01
format = "csv"
encoding = "utf-8"
mixed = true

[forms."转移申请"]
title_rows = 1
constants = { "转入省份" = "41", "户籍省份" = "41", "转出省份" = "44", "本地参保日期" = "2025-02-10" }
total = { column = "序号", text = "合计", count = "流水号" }
ignored = ["序号"]
[forms."转移申请".columns]
"流水号" = "申请编号"
"证号" = "社会保障号码"
"姓名" = "姓名"
"申请日" = "申请日期"
"受理日" = "受理日期"

[forms."到账回单"]
ignored = ["序号"]
constants = { "收款省份" = "41" }
total = { column = "序号", text = "合计", sums = ["金额"] }
[forms."到账回单".columns]
"日期" = "收款日期"
"编号" = "付款编号"
"行" = "付款行号"
"金额" = "金额(元)"
"附言" = "附言"
"""
_DAILY = """合成省日报
转移申请
序号,流水号,证号,姓名,申请日,受理日
1,2025-41-0001,44000019880315001X,合成一,2025-03-03,2025-03-04
合计,1,,,,

序号,日期,编号,行,金额,附言
1,2025-05-06,RF18539007547034,1,100.00,L-1
2,2025-05-06,RF18539007547034,2,20.50,L-2
合计,,,,120.50,
"""


def _totals() -> Mapping:
    import tomllib

    return mapping_of(tomllib.loads(_TOTALS))


def _daily(tmp_path: Path, text: str) -> CheckReport:
    file = tmp_path / "daily.csv"
    file.write_text(text, "utf-8")
    return check_file(file, _totals(), TODAY)


def test_each_form_has_its_title_and_total_rows_and_what_is_above_all_is_a_reject(tmp_path: Path) -> None:
    report = _daily(tmp_path, _DAILY)
    assert [(bad.line, bad.code) for bad in report.rejects] == [(5, "TOTALS"), (1, "HEADER")]
    assert (report.accepted, report.rejected, report.skipped) == (0, 4, 4)
    report = _daily(tmp_path, _DAILY.partition("\n")[2])
    assert (report.rejects, report.accepted, report.rows) == ([], 3, 7)
    assert province_of(tmp_path / "daily.csv", _totals()) == "41"


def test_a_title_that_is_left_out_costs_no_record_of_the_section_above(tmp_path: Path) -> None:
    mapping = replace(_totals(), forms=tuple(replace(form, total=None) for form in _totals().forms))
    applications, _, slips = _DAILY.partition("\n\n")
    applications = applications.removeprefix("合成省日报\n").removesuffix("合计,1,,,,")
    slips = slips.removesuffix("合计,,,,120.50,\n")
    for title in ("转移申请\n", ""):
        file = tmp_path / "daily.csv"
        file.write_text(slips + applications.replace("转移申请\n", title), "utf-8")
        report = check_file(file, mapping, TODAY)
        assert (report.rejects, report.accepted, report.rows) == ([], 3, 4 if title else 3)


@pytest.mark.parametrize(
    ("was", "becomes", "code", "line"),
    [("120.50", "120.51", "TOTALS", 9), ("合计,1", "合计,2", "TOTALS", 4), ("合计,,,,120.50,\n", "", "TRUNCATED", 8)],
)
def test_a_total_of_one_form_that_disagrees_holds_the_whole_file(
    tmp_path: Path, was: str, becomes: str, code: str, line: int
) -> None:
    report = _daily(tmp_path, _DAILY.partition("\n")[2].replace(was, becomes))
    assert report.accepted == 0
    assert [(bad.line, bad.code) for bad in report.rejects] == [(line, code)]
    with (
        closing(EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)) as local,
        pytest.raises(HeldFileError) as held,
    ):
        import_file(tmp_path / "daily.csv", local, today=TODAY, mapping=_totals())
    assert (held.value.code, held.value.rows) == (code, 3)


def test_sections_of_one_form_are_added_up_and_one_key_with_two_contents_is_found_across_them(tmp_path: Path) -> None:
    again = "序号,日期,编号,行,金额,附言\n3,2025-05-06,RF18539007547034,1,7.00,L-1\n"
    whole = _DAILY.partition("\n")[2].replace("合计,,,,120.50,\n", "")
    report = _daily(
        tmp_path, whole + whole.partition("1,2025-41-0001")[0] + "合计,1,,,,\n" + again + "合计,,,,127.50,\n"
    )
    assert [(bad.line, bad.code) for bad in report.rejects] == [(7, "DUPLICATE_KEY"), (13, "DUPLICATE_KEY")]
    assert report.accepted == 2


def test_an_open_quotation_mark_swallows_no_other_section(tmp_path: Path) -> None:
    report = _daily(tmp_path, _DAILY.partition("\n")[2].replace("合成一", '"合成一'))
    assert report.rejected == 1
    assert report.accepted == 2


def test_two_headers_of_one_form_that_differ_refuse_the_file(tmp_path: Path) -> None:
    report = _daily(tmp_path, _DAILY.partition("\n")[2] + "日期,序号,编号,行,金额,附言\n")
    assert [(bad.line, bad.code) for bad in report.rejects] == [(10, "HEADER")]


def test_two_forms_with_the_same_record_cannot_be_mixed() -> None:
    import tomllib

    content = tomllib.loads((FOLDER / "fixed-width" / "mapping.toml").read_text("utf-8"))
    content["forms"]["缴费历史"]["record"] = content["forms"]["转移申请"]["record"]
    mapping_of(content)
    with pytest.raises(WrongMappingError) as wrong:
        mapping_of({**content, "mixed": True})
    assert [one.path for one in wrong.value.problems] == ["forms.缴费历史.record"]
