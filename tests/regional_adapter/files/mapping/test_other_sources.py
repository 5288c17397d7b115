"""Readers of the other formats: traps of each, and that a cut file gives nothing that the whole one does not have."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.regional_adapter.files.form_rows import Row, UnusableFileError
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, load_mapping
from jinbao.regional_adapter.files.mapping_check import check_file

FOLDER = Path(__file__).parents[4] / "examples" / "provinces"
TODAY = date(2026, 1, 1)


def _mapping(name: str) -> Mapping:
    return load_mapping(FOLDER / name / "mapping.toml")


def _check(file: Path, name: str) -> tuple[int, list[tuple[int, str, str]]]:
    report = check_file(file, _mapping(name), TODAY)
    assert report.accepted + report.rejected + report.skipped == report.rows
    return report.accepted, [(r.line, r.column, r.code) for r in report.rejects]


def _changed(folder: Path, name: str, file: str, *changes: tuple[bytes, bytes]) -> Path:
    data = (FOLDER / name / file).read_bytes()
    for old, new in changes:
        assert old in data
        data = data.replace(old, new, 1)
    changed = folder / file
    changed.write_bytes(data)
    return changed


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("csv-gb18030", "bank-slips.csv"),
        ("csv-utf8", "bank-slips.csv"),
        ("fixed-width", "bank-slips.txt"),
        ("json-lines", "bank-slips.jsonl"),
        ("xml-gb18030", "bank-slips.xml"),
        ("dbf", "bank-slips.dbf"),
        ("xlsx", "applications.xlsx"),
        ("xlsx", "bank-slips.xls"),
    ],
)
def test_a_file_cut_at_any_byte_gives_only_records_of_the_whole(tmp_path: Path, name: str, file: str) -> None:
    mapping = _mapping(name)

    def rows(path: Path) -> list[Any]:
        try:
            mapped = MappedFile(path, mapping)
            return [found.cells for _, _, found in mapped.records() if isinstance(found, Row)]
        except UnusableFileError:
            return []

    whole = (FOLDER / name / file).read_bytes()
    all_rows = rows(FOLDER / name / file)
    assert all_rows
    step = 1 if len(whole) < 2_000 else 97
    for at in range(0, len(whole), step):
        cut = tmp_path / file
        cut.write_bytes(whole[:at])
        found = rows(cut)
        assert [row for row in found if row not in all_rows] == [], at
        told = check_file(cut, mapping, TODAY)
        assert told.rejects or told.accepted == len(all_rows) or whole[at - 1 : at] in (b"\n", b"\r"), at


def test_half_a_character_in_a_field_of_fixed_width_spoils_its_row(tmp_path: Path) -> None:
    name = "合成𠮷一".encode("gb18030")
    file = _changed(tmp_path, "fixed-width", "applications.txt", (name + b" ", name[:-1] + b"  "))
    assert _check(file, "fixed-width") == (2, [(1, "姓名", "ENCODING")])


def test_a_line_of_another_width_is_refused(tmp_path: Path) -> None:
    file = _changed(tmp_path, "fixed-width", "bank-slips.txt", (b"20250408", b"2025048"))
    assert _check(file, "fixed-width") == (1, [(1, "收款省份", "HEADER")])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"aae019": 2134567', b'"aae019": 2.134567e6', "AMOUNT"),
        (b'"aae019": 2134567', b'"aae019": NaN', "HEADER"),
        (b'"aae019": 2134567', b'"aae019": [1]', "HEADER"),
        (b'"aae019": 2134567', b'"aae019": 1, "aae019": 2', "HEADER"),
        (b'"aae019": 2134567, ', b"", "MISSING"),
        (b'"aae019": 2134567', b'"aae019": "\\ud83d"', None),
        (b'"aae019": 2134567', b'"aae019": ' + b"[" * 100_000, "HEADER"),
        (b'"aae013"', b'"\xff"', "ENCODING"),
    ],
)
def test_a_line_of_json_that_is_no_record_is_one_reject(
    tmp_path: Path, old: bytes, new: bytes, code: str | None
) -> None:
    lines = (FOLDER / "json-lines" / "bank-slips.jsonl").read_bytes().splitlines(keepends=True)
    file = tmp_path / "bank-slips.jsonl"
    file.write_bytes(lines[1] + lines[0].replace(old, new))
    accepted, rejects = _check(file, "json-lines")
    assert accepted == 1
    assert [(line, c) for line, _, c in rejects] == [(2, code or rejects[0][2])]


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE d [<!ENTITY x "9999">]>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd">',
        b"<!--" + b"x" * 70_000 + b"--><!DOCTYPE d []>",
    ],
)
def test_a_document_type_is_refused_before_anything_is_read(tmp_path: Path, doctype: bytes) -> None:
    file = _changed(tmp_path, "xml-gb18030", "bank-slips.xml", (b"<DATA>", doctype + b"<DATA>"))
    assert _check(file, "xml-gb18030") == (0, [(1, "", "UNSAFE_FILE")])


def test_records_before_a_bad_byte_of_xml_stand_and_the_rest_is_told(tmp_path: Path) -> None:
    file = _changed(tmp_path, "xml-gb18030", "applications.xml", ("合成䶮".encode("gb18030"), b"\xff\xff"))
    accepted, rejects = _check(file, "xml-gb18030")
    assert (accepted <= 1, [code for _, _, code in rejects]) == (True, ["ENCODING"])


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (b"<AAE019>21345.67</AAE019>", b"<AAE019>21345.67</AAE019><AAE019>1</AAE019>", "AAE019"),
        (b"<AAE019>21345.67", b"<AAE019>2<!-- -->1345.67", "AAE019"),
        (b"<AAE019>21345.67</AAE019>", b"", "AAE019"),
        (b"<AAE019>21345.67</AAE019>", b"<AAE019>21345.67</AAE019><AAE0191>1</AAE0191>", "AAE0191"),
    ],
)
def test_an_element_doubled_split_missing_or_unknown_spoils_its_record(
    tmp_path: Path, old: bytes, new: bytes, column: str
) -> None:
    file = _changed(tmp_path, "xml-gb18030", "bank-slips.xml", (old, new))
    accepted, rejects = _check(file, "xml-gb18030")
    assert (accepted, [(line, where) for line, where, _ in rejects]) == (1, [(3, column)])


def test_a_table_with_a_day_no_calendar_has_or_half_a_character_loses_that_record_only(tmp_path: Path) -> None:
    name = "合成丙三".encode("gb18030")
    changes = ((b"20250303", b"20250230"), (name, name[:-1] + b" "))
    file = _changed(tmp_path, "dbf", "applications.dbf", *changes)
    accepted, rejects = _check(file, "dbf")
    assert accepted == 1
    assert [(line, code) for line, _, code in rejects] == [(1, "DATE"), (3, "ENCODING")]


def test_a_table_whose_header_counts_fewer_records_than_there_are_is_told(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "dbf" / "bank-slips.dbf").read_bytes())
    data[4] = 1
    (tmp_path / "t.dbf").write_bytes(data)
    assert _check(tmp_path / "t.dbf", "dbf") == (1, [(2, "AAB301", "HEADER")])


def test_a_deleted_record_of_a_table_is_skipped(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "dbf" / "bank-slips.dbf").read_bytes())
    data[int.from_bytes(data[8:10], "little")] = ord("*")
    (tmp_path / "t.dbf").write_bytes(data)
    report = check_file(tmp_path / "t.dbf", _mapping("dbf"), TODAY)
    assert (report.accepted, report.skipped, report.rejects) == (1, 1, [])


def _workbook(folder: Path, change: Any) -> Path:
    from openpyxl import load_workbook

    book = load_workbook(FOLDER / "xlsx" / "applications.xlsx")
    change(book.worksheets[0])
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("E4", "=A1", "UNSAFE_FILE"),
        ("E4", 440000198803150016, "ID_DAMAGED"),
        ("E4", "#N/A", "UNSAFE_FILE"),
        ("ZZ4", "x", "HEADER"),
    ],
)
def test_a_formula_a_rounded_number_an_error_and_a_stray_cell_spoil_their_row(
    tmp_path: Path, cell: str, value: object, code: str
) -> None:
    def change(sheet: Any) -> None:
        place = next(c.coordinate for c in sheet[3] if c.value == "身份证号码") if cell == "E4" else cell
        sheet[place.replace("3", "4") if cell == "E4" else cell] = value

    accepted, rejects = _check(_workbook(tmp_path, change), "xlsx")
    assert (accepted, [(line, c) for line, _, c in rejects]) == (2, [(4, code)])


def test_a_lone_cell_in_the_last_corner_and_a_wrong_dimension_lose_no_row(tmp_path: Path) -> None:
    file = _workbook(tmp_path, lambda sheet: None)
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(wrong, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                at = data.index(b"<dimension")
                data = data[:at] + b'<dimension ref="A1:B2"/>' + data[data.index(b">", at) + 1 :]
                data = data.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            target.writestr(entry, data)
    accepted, rejects = _check(wrong, "xlsx")
    assert (accepted, [(line, code) for line, _, code in rejects]) == (3, [(1_048_576, "HEADER")])


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "bomb.xlsx"
    shutil.copy(FOLDER / "xlsx" / "applications.xlsx", file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/x.bin", "w") as stream:
        for _ in range(410):
            stream.write(bytes(1_000_000))
    assert _check(file, "xlsx") == (0, [(1, "", "UNSAFE_FILE")])


def test_an_archive_that_names_a_place_before_its_beginning_is_a_damaged_one(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "xlsx" / "applications.xlsx").read_bytes())
    at = data.rindex(b"PK\5\6") + 12
    data[at : at + 4] = (1 << 30).to_bytes(4, "little")
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    assert _check(file, "xlsx") == (0, [(1, "", "TRUNCATED")])


def test_a_total_that_disagrees_holds_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"

    def change(sheet: Any) -> None:
        sheet.cell(sheet.max_row, [c.value for c in sheet[3]].index("缴费基数合计") + 1, 1.0)

    from openpyxl import load_workbook

    book = load_workbook(FOLDER / "xlsx" / "history.xlsx")
    change(book.worksheets[0])
    book.save(file)
    report = check_file(file, _mapping("xlsx"), TODAY)
    assert (report.accepted, report.rejected, report.skipped) == (0, 10, 3)
    assert [(r.line, r.column, r.code) for r in report.rejects] == [(14, "缴费基数合计", "TOTALS")]


def test_a_file_without_its_total_row_is_held_as_cut(tmp_path: Path) -> None:
    file = _workbook(tmp_path, lambda sheet: sheet.delete_rows(sheet.max_row))
    accepted, rejects = _check(file, "xlsx")
    assert (accepted, [code for _, _, code in rejects]) == (0, ["TRUNCATED"])


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    line = json.loads((FOLDER / "json-lines" / "applications.jsonl").read_text("utf-8").splitlines()[0])
    text = json.dumps(line, ensure_ascii=False).replace('"44000019880315001X"', "440000198803150011")
    (tmp_path / "t.jsonl").write_text(text + "\n", "utf-8")
    assert _check(tmp_path / "t.jsonl", "json-lines")[1] == [(1, "aac002", "ID_CHECK_DIGIT")]


@pytest.mark.parametrize(
    ("name", "file", "good"),
    [
        ("csv-gb18030", "applications.csv", 0),
        ("csv-gb18030", "applications.csv", 2),
        ("fixed-width", "applications.txt", 0),
        ("fixed-width", "applications.txt", 2),
        ("dbf", "applications.dbf", 0),
        ("xml-gb18030", "applications.xml", 0),
    ],
)
def test_utf8_in_a_file_of_gb18030_never_becomes_other_characters(
    tmp_path: Path, name: str, file: str, good: int
) -> None:
    """Most of its bytes are characters of GB18030 too: 合成 would be read as 鍚堟垚. The last row only, or all."""
    data = (FOLDER / name / file).read_bytes()
    begin = data.rindex(b"\n", 0, data.index(b"2025-41-0003")) + 1 if good else 0
    as_utf8 = data[begin:].decode("gb18030", "surrogateescape").encode("utf-8", "surrogateescape")
    (tmp_path / file).write_bytes(data[:begin] + as_utf8)
    accepted, rejects = _check(tmp_path / file, name)
    assert accepted == good
    assert rejects
    assert {code for _, _, code in rejects} <= {"ENCODING", "HEADER", "TRUNCATED"}
