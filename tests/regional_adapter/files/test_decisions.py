"""办理决定: decisions of a province's own system go through its office as at the desk, whatever form they come in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.country import Country, country_in

from jinbao.presentation.office_labels import CANNOT
from jinbao.regional_adapter.files.decision_records import fields_by_column
from jinbao.regional_adapter.files.import_layouts import DECISIONS
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.office.actions import ACTIONS

FOLDER = Path(__file__).parents[3] / "examples" / "provinces"
SETS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
TODAY = date(2026, 1, 1)
ORDER = (
    ("applications", "41"),
    ("history", "44"),
    ("decisions", "41"),
    ("reviews", "44"),
    ("bank-slips", "41"),
    ("findings", "41"),
)


def _handed_in(country: Country, one: dict[str, Any]) -> list[Any]:
    """All files of a set, each twice; every document as it stands, and every message that came, by its event id."""
    mapping = load_mapping(FOLDER / one["mapping"])
    for name, province in ORDER:
        (file,) = (FOLDER / file for file in one["files"] if Path(file).stem == name)
        clerk = country.clerk(province)
        clerk.local.keep_agency(clerk.office._agency)  # type: ignore[arg-type]
        first = import_file(file, clerk.local, today=TODAY, mapping=mapping)
        country.settle()
        again = import_file(file, clerk.local, today=TODAY, mapping=mapping)
        assert (first.bad, again.bad, again.taken, again.unchanged) == ([], [], 0, first.taken), (one["name"], name)
    written = [
        (c.province, d.kind, d.key, d.case, d.operator, d.written_at, d.fields, d.state.name, d.code)
        for c in country.clerks.values()
        for d in c.local.documents()
    ]
    came = [(c.province, d.kind, d.event_id, d.fields) for c in country.clerks.values() for d in c.local.incoming()]
    return [*written, *came]


def test_every_set_says_the_same_to_the_platform_with_its_decisions(tmp_path: Path) -> None:
    ends = []
    for one in SETS:
        (tmp_path / one["name"]).mkdir()
        with country_in(tmp_path / one["name"]) as country:
            ends.append(_handed_in(country, one))
    said = [(found[0], found[1]) for found in ends[0] if len(found) == 9]
    assert said.count(("41", "ApplicationAccepted")) == 3
    assert ("41", "ApplicationRefused") in said
    assert ("44", "TransferReturned") in said
    assert ("41", "MismatchReported") in said
    assert {found[7] for found in ends[0] if len(found) == 9} == {DocumentState.ACCEPTED.name}
    assert all(end == ends[0] for end in ends[1:])


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    with country_in(tmp_path) as made:
        clerk = made.clerk("41")
        clerk.local.keep_agency(clerk.office._agency)  # type: ignore[arg-type]
        mapping = load_mapping(FOLDER / "csv-gb18030" / "mapping.toml")
        import_file(FOLDER / "csv-gb18030" / "applications.csv", clerk.local, today=TODAY, mapping=mapping)
        yield made


USUAL = {
    "经办省份": "41",
    "决定编号": "D-1",
    "业务编号": "2025-41-0001",
    "办理事项": "受理申请",
    "办理日期": "2025-03-04",
}


def _take(country: Country, folder: Path, *rows: dict[str, str]) -> ImportReport:
    """A file of the platform's own form."""
    file = folder / "decisions.csv"
    columns = [c for c in (*DECISIONS.required, *DECISIONS.optional) if c in USUAL or any(c in row for row in rows)]
    with file.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows({**USUAL, **row} for row in rows)
    report = import_file(file, country.clerk("41").local, today=TODAY, operator="import")
    country.settle()
    return report


REFUSED = {"办理事项": "refuse-application", "决定编号": "D-2", "办理日期": "2025-03-05"}


def test_a_decision_is_named_by_code_or_word_and_signed_by_its_clerk(country: Country, tmp_path: Path) -> None:
    refused = {**REFUSED, "原因代码": "CERTIFICATE_INVALID", "经办人": "甲", "办理时间": "09:30:15"}
    assert _take(country, tmp_path, {}, refused).bad == []
    accepted, second = country.clerk("41").local.documents(case="2025-41-0001")
    assert (accepted.operator, second.operator, second.key) == ("import", "甲", "D-2")
    assert second.written_at - accepted.written_at == (24 * 3600 + 9 * 3600 + 30 * 60 + 15) * 1_000_000
    assert second.fields["reason_text"] == "参保缴费凭证缺失、无效或与申请不符"


def test_what_the_office_refuses_is_a_reject_of_its_column(country: Country, tmp_path: Path) -> None:
    _take(country, tmp_path, {})
    wrong: list[tuple[dict[str, str], str, str]] = [
        ({"业务编号": "2025-41-0009"}, "业务编号", "CODE"),
        ({"办理事项": "审核通过", "原因代码": ""}, "办理事项", "CODE"),
        ({"办理事项": "批准"}, "办理事项", "CODE"),
        ({"办理事项": "更正身份号码"}, "办理事项", "CODE"),
        ({"原因代码": ""}, "原因代码", "MISSING"),
        ({"原因代码": "PERSON_NOT_FOUND"}, "原因代码", "CODE"),
        ({"金额(元)": "1.00"}, "金额(元)", "CODE"),
        ({"办理日期": "2025-03-02"}, "办理日期", "DATE"),
        ({"办理时间": "25:00"}, "办理时间", "DATE"),
        ({"经办省份": "44"}, "经办省份", "CODE"),
    ]
    usual = {**REFUSED, "原因代码": "CERTIFICATE_INVALID"}
    rows = [{**usual, "决定编号": f"W-{at}", **row} for at, (row, _, _) in enumerate(wrong)]
    report = _take(country, tmp_path, *rows)
    assert [(bad.line, bad.column, bad.code) for bad in report.bad] == [
        (line, column, code) for line, (_, column, code) in enumerate(wrong, 2)
    ]
    assert "不予接收" in report.bad[1].reason_zh
    assert [d.kind for d in country.clerk("41").local.documents()] == ["ApplicationAccepted"]


def test_what_is_to_be_registered_first_is_told_as_that(tmp_path: Path) -> None:
    letter = {"办理事项": "issue-letter", "原因代码": ""}
    with country_in(tmp_path) as country:
        unregistered = _take(country, tmp_path, {"业务编号": "2025-41-0009"})
        assert [(bad.column, bad.code) for bad in unregistered.bad] == [("办理事项", "MISSING")]
        assert "先登记" in unregistered.bad[0].reason_zh
        clerk = country.clerk("41")
        mapping = load_mapping(FOLDER / "csv-gb18030" / "mapping.toml")
        import_file(FOLDER / "csv-gb18030" / "applications.csv", clerk.local, today=TODAY, mapping=mapping)
        no_agency = _take(country, tmp_path, {}, {**letter, "决定编号": "L-1"})
        assert [(bad.column, bad.reason_zh) for bad in no_agency.bad] == [("办理事项", CANNOT["NO_AGENCY"][0])]


def test_a_decision_with_other_content_is_said_again(country: Country, tmp_path: Path) -> None:
    first = {**REFUSED, "原因代码": "CERTIFICATE_INVALID"}
    assert _take(country, tmp_path, {}, first).taken == 2
    assert _take(country, tmp_path, {}, {**first, "原因代码": "NOT_INSURED_HERE"}).taken == 1
    said = country.clerk("41").local.documents(case="2025-41-0001")
    assert [d.kind for d in said] == ["ApplicationAccepted", "ApplicationRefused", "FactAnnulled", "ApplicationRefused"]
    assert said[-1].fields["reason_code"] == "NOT_INSURED_HERE"


def test_a_document_is_taken_back_by_its_number_once(country: Country, tmp_path: Path) -> None:
    refused = {**REFUSED, "原因代码": "CERTIFICATE_INVALID"}
    back = {"决定编号": "D-3", "办理事项": "撤销文书", "办理日期": "2025-03-06", "文号": "D-2", "说明": "误操作"}
    assert _take(country, tmp_path, {}, refused, back).bad == []
    assert _take(country, tmp_path, back).unchanged == 1
    said = country.clerk("41").local.documents(case="2025-41-0001")
    assert [(d.kind, d.state.name) for d in said][1:] == [
        ("ApplicationRefused", "ACCEPTED"),
        ("FactAnnulled", "ACCEPTED"),
    ]
    unknown = _take(
        country, tmp_path, {**back, "决定编号": "D-4", "文号": "D-9"}, {**back, "决定编号": "D-5", "文号": ""}
    )
    assert [(bad.column, bad.code) for bad in unknown.bad] == [("文号", "CODE"), ("文号", "MISSING")]


def test_one_number_with_two_contents_is_no_decision(country: Country, tmp_path: Path) -> None:
    columns = {"原因代码": "CERTIFICATE_INVALID"}
    report = _take(country, tmp_path, {**REFUSED, **columns}, {**REFUSED, "原因代码": "NOT_INSURED_HERE"})
    assert {bad.code for bad in report.bad} <= {"DUPLICATE_KEY", "CODE"}
    assert report.taken == 0


def test_every_action_of_the_office_can_be_said_by_file() -> None:
    """What a form needs and no document, register or table says, some column fills in."""
    asked = {"reason_code", "reason_text", "cause", "document", "happened_on", "document_number", "document_date"}
    for action, chosen in ACTIONS.items():
        filled = {field.name for field in fields_by_column(action).values()}
        needed = {name for name in chosen.form.__struct_fields__ if name in asked}
        assert needed <= filled, action


def test_the_examples_decisions_are_taken_by_the_platforms_own_form(tmp_path: Path) -> None:
    examples = FOLDER.parent
    with country_in(tmp_path) as country:
        clerk = country.clerk("41")
        clerk.local.keep_agency(clerk.office._agency)  # type: ignore[arg-type]
        for file in (examples / "applications-41.csv", examples / "clerks" / "decisions-41.csv"):
            assert import_file(file, clerk.local, today=TODAY).bad == []
        assert len(clerk.local.documents()) == 6
