"""The example sets of provinces' files: the same cases in every form give the same records and the same event ids."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.imports.rejects_file import write_rejects
from jinbao.regional_adapter.files.imports.remedies import REMEDIES
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping, load_mapping
from jinbao.regional_adapter.files.mapping_check import check_file
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem

FOLDER = Path(__file__).parents[4] / "examples" / "provinces"
SETS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
TODAY = date(2026, 1, 1)


def _records(one: dict[str, Any]) -> list[tuple[Any, ...]]:
    mapping = load_mapping(FOLDER / one["mapping"])
    reports = [check_file(FOLDER / file, mapping, TODAY) for file in one["files"]]
    assert [report.rejects for report in reports] == [[]] * len(reports)
    return [(r.type, r.key, r.event_id, r.fields) for report in reports for r in report.records]


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_every_set_gives_the_same_records_and_event_ids(one: dict[str, Any]) -> None:
    assert _records(one) == _records(SETS[0])
    assert len(_records(one)) == 39


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_every_set_registers_the_same_and_nothing_the_second_time(tmp_path: Path, one: dict[str, Any]) -> None:
    mapping = load_mapping(FOLDER / one["mapping"])
    registered = []
    for province, file in (("41", one["files"][0]), ("44", one["files"][1])):
        local = EmbeddedLocalSystem(tmp_path / f"{province}.sqlite", province, durable=False)
        first = import_file(FOLDER / file, local, today=TODAY, mapping=mapping)
        again = import_file(FOLDER / file, local, today=TODAY, mapping=mapping)
        assert (first.bad, again.taken, again.unchanged) == ([], 0, first.taken)
        persons = [local.person(number) for number in NUMBERS]
        registered.append((local.applications(), persons, [local.contributions(number) for number in NUMBERS]))
        local.close()
    assert [a.number for a in registered[0][0]] == ["2025-41-0001", "2025-41-0002", "2025-41-0003"]
    assert [p.name for p in registered[0][1] if p] == ["合成𠮷一", "合成䶮·二", "合成丙三"]
    assert [sum(row.months for row in rows) for rows in registered[1][2]] == [33, 31, 39]


NUMBERS = ("44000019880315001X", "440000199107220023", "410000198501011238")


def test_the_files_are_what_their_program_makes(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, FOLDER / "make.py", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for one in SETS:
        for file in one["files"]:
            assert (tmp_path / file).read_bytes() == (FOLDER / file).read_bytes(), file


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_rejects_are_a_file_of_the_same_form_that_is_taken_once_it_is_corrected(
    tmp_path: Path, one: dict[str, Any]
) -> None:
    """The second application is another province's case at first: its origin is the destination itself."""
    mapping = load_mapping(FOLDER / one["mapping"])
    own = FOLDER / one["files"][0]
    with closing(EmbeddedLocalSystem(tmp_path / "44.sqlite", "44", durable=False)) as local:
        report = import_file(own, local, today=TODAY, mapping=replace(mapping, forms=_as_of_44(mapping)))
        assert [bad.code for bad in report.bad] == ["CODE"] * 3
        rejects = write_rejects(own, mapping, report.bad, tmp_path)
    assert rejects is not None
    assert rejects.name == f"applications-退回{rejects.suffix}"
    assert rejects.stat().st_mode & 0o077 == 0
    workbook = load_workbook(rejects.with_suffix(".xlsx")).worksheets[0]
    assert {cell.data_type for row in workbook.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert workbook.cell(workbook.max_row, workbook.max_column).value == REMEDIES["CODE"][0]
    reread = check_file(rejects, mapping, TODAY)
    assert (reread.rejects, reread.problems) == ([], [])
    whole = [(r.key, r.event_id, r.fields) for r in check_file(own, mapping, TODAY).records]
    assert [(r.key, r.event_id, r.fields) for r in reread.records] == whole


def _as_of_44(mapping: Mapping) -> tuple[FormRule, ...]:
    """The forms as if their destination were Guangdong, whence the persons come: no application is a good one."""
    form = mapping.forms[0]
    columns = tuple(replace(rule, field="经办省份") if rule.field == "转入省份" else rule for rule in form.columns)
    return (replace(form, columns=columns, constants={"转入省份": "44"}), *mapping.forms[1:])
