"""Hostile files end as rejects, within a second and little memory, and never as records that they do not hold."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.files.mapping_check import CheckReport, check_file
from jinbao.regional_adapter.files.readers.xml_source import MOST_ELEMENTS

FOLDER = Path(__file__).parents[4] / "examples" / "provinces"
TODAY = date(2026, 1, 1)
SHEET = "xl/worksheets/sheet1.xml"


def _check(file: Path, name: str) -> CheckReport:
    report = check_file(file, load_mapping(FOLDER / name / "mapping.toml"), TODAY)
    assert report.accepted + report.rejected + report.skipped == report.rows
    return report


def _codes(report: CheckReport) -> list[tuple[int, str]]:
    return [(one.line, one.code) for one in report.rejects]


@cache
def _example() -> bytes:
    """The example of applications with its texts shared and in runs, as Excel saves them."""
    texts: list[bytes] = []

    def shared(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    saved = BytesIO()
    with zipfile.ZipFile(FOLDER / "xlsx" / "applications.xlsx") as source, zipfile.ZipFile(saved, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == SHEET:
                data = re.sub(rb't="inlineStr"><is><t>(.*?)</t></is>', shared, data)
            if name == "xl/_rels/workbook.xml.rels":
                relation = (
                    b'<Relationship Id="s1" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
                )
                data = data.replace(b"</Relationships>", relation)
            target.writestr(name, data)
        items = [b"<si><r><t>%s</t></r><r><t></t></r><rPh><t>x</t></rPh></si>" % text for text in texts]
        main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        target.writestr("xl/sharedStrings.xml", b'<sst xmlns="%s">%s</sst>' % (main, b"".join(items)))
    return saved.getvalue()


def _workbook(folder: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The example with one part of its archive changed."""
    file = folder / "t.xlsx"
    with zipfile.ZipFile(BytesIO(_example())) as source, zipfile.ZipFile(file, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            changed = change(data) if entry.filename == part else data
            assert entry.filename != part or changed != data
            target.writestr(entry.filename, changed)
    return file


def test_shared_texts_in_runs_are_read_without_their_pronunciation(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(_example())
    report, plain = _check(file, "xlsx"), _check(FOLDER / "xlsx" / "applications.xlsx", "xlsx")
    assert report.records == plain.records != []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("csv-gb18030", "applications.csv"),
        ("csv-utf8", "applications.csv"),
        ("json-lines", "applications.jsonl"),
        ("fixed-width", "applications.txt"),
        ("dbf", "applications.dbf"),
    ],
)
def test_a_nul_within_a_value_spoils_its_record_only(tmp_path: Path, name: str, file: str) -> None:
    data = (FOLDER / name / file).read_bytes()
    nul = b"\\u0000" if name == "json-lines" else b"\0"
    place = data.index("合成丙三".encode(load_mapping(FOLDER / name / "mapping.toml").encoding))
    changed = tmp_path / file
    changed.write_bytes(data[:place] + nul + data[place + len(nul) if name in ("fixed-width", "dbf") else place :])
    report = _check(changed, name)
    assert (report.accepted, report.rejected) == (2, 1)
    assert report.rejects[0].code in ("UNSAFE_FILE", "ENCODING")  # half a character is left where the place is fixed


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
@pytest.mark.parametrize("hidden_behind", [b"", b"<!--" + b"x" * 5_000 + b"-->"])
def test_a_workbook_with_a_document_type_is_refused(tmp_path: Path, part: str, hidden_behind: bytes) -> None:
    def change(data: bytes) -> bytes:
        at = data.index(b"?>") + 2 if data.startswith(b"<?xml") else 0
        return data[:at] + hidden_behind + b"<!DOCTYPE d [<!ENTITY x '9999'>]>" + data[at:]

    assert _codes(_check(_workbook(tmp_path, part, change), "xlsx")) == [(1, "UNSAFE_FILE")]


def test_a_document_type_in_utf_16_is_seen_too(tmp_path: Path) -> None:
    def change(data: bytes) -> bytes:
        return ("<!DOCTYPE d [<!ENTITY x '9999'>]>" + data.decode().partition("?>")[2]).encode("utf-16")

    assert _codes(_check(_workbook(tmp_path, "xl/workbook.xml", change), "xlsx")) == [(1, "UNSAFE_FILE")]


def test_rows_whose_numbers_go_back_are_not_lost_in_silence(tmp_path: Path) -> None:
    def change(data: bytes) -> bytes:
        return data.replace(b'<row r="5"', b'<row r="4"', 1)

    report = _check(_workbook(tmp_path, SHEET, change), "xlsx")
    assert (report.rows, _codes(report)) == (0, [(1, "TRUNCATED")])


def test_cells_in_the_last_column_of_many_rows_cost_little(tmp_path: Path) -> None:
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (at, at) for at in range(100, 3_100))
    file = _workbook(tmp_path, SHEET, lambda data: data.replace(b"</sheetData>", rows + b"</sheetData>"))
    began = time.process_time()
    report = _check(file, "xlsx")
    assert time.process_time() - began < 1
    assert (report.accepted, report.rejected) == (3, 3_000)


def test_a_cell_longer_than_any_is_a_damaged_workbook(tmp_path: Path) -> None:
    cell = b"<c><v>" + b"9" * 11_000_000 + b"</v></c></row>"
    file = _workbook(tmp_path, SHEET, lambda data: cell.join(data.rsplit(b"</row>", 1)))
    began = time.process_time()
    assert _codes(_check(file, "xlsx")) == [(1, "TRUNCATED")]
    assert time.process_time() - began < 1


def test_days_in_the_built_in_formats_of_a_chinese_excel_are_days(tmp_path: Path) -> None:
    file = _workbook(tmp_path, "xl/styles.xml", lambda data: data.replace(b'xf numFmtId="164"', b'xf numFmtId="31"'))
    report = _check(file, "xlsx")
    assert (report.accepted, report.rejected) == (3, 0)


def test_a_record_of_xml_without_end_is_one_reject_and_what_is_no_record_is_not_kept(tmp_path: Path) -> None:
    data = (FOLDER / "xml-gb18030" / "applications.xml").read_bytes()
    file = tmp_path / "a.xml"
    endless = b"<APPLY>" + b"<a/>" * (MOST_ELEMENTS + 1) + b"</APPLY>" + b"<b><c/></b><!-- x -->" * 2_000
    file.write_bytes(data.replace(b"<DATA>", b"<DATA>" + endless))
    report = _check(file, "xml-gb18030")
    assert (report.accepted, _codes(report)) == (3, [(2, "UNSAFE_FILE")])


def test_an_archive_that_says_less_than_it_holds_is_a_damaged_one(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "xlsx" / "applications.xlsx").read_bytes())
    entry = data.index(SHEET.encode(), data.index(b"PK\1\2")) - 46
    data[entry + 24 : entry + 28] = (500).to_bytes(4, "little")
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    assert _codes(_check(file, "xlsx")) == [(1, "TRUNCATED")]
