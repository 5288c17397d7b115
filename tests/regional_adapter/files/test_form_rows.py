"""Cells of a province's CSV file: what is read, what is refused, and that no refusal repeats the cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from jinbao.regional_adapter.files.form_rows import BadCellError, FormLayout, Row, UnusableFileError
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, FormRule, Mapping, standard_mapping
from jinbao.rules.money import format_yuan

TODAY = date(2025, 6, 1)
LAYOUT = FormLayout("样表", ("甲", "乙(元)"), ("丙",))


def _row(value: str) -> Row:
    return Row(2, {"格": value})


@given(st.integers(0, 10**13 - 1))
def test_an_amount_in_yuan_is_read_back_to_the_fen(amount_fen: int) -> None:
    assert _row(format_yuan(amount_fen)).amount_fen("格") == amount_fen


@given(st.integers(0, 10**12))
def test_thousands_separators_change_nothing(amount_fen: int) -> None:
    text = f"{amount_fen // 100:,}.{amount_fen % 100:02}"
    if amount_fen < 10**14:
        assert _row(text).amount_fen("格") == amount_fen


@pytest.mark.parametrize("text", ["-1.00", "1.234", "1,23.00", "1e3", "￥1", "", "1.", "NaN", "１２,３"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadCellError):
        _row(text).amount_fen("格")


def test_full_width_digits_are_digits() -> None:
    assert _row("１２３．４５").amount_fen("格") == 12_345
    assert _row("２０２５-０１-３１").day("格", TODAY) == date(2025, 1, 31)


@pytest.mark.parametrize("text", ["2025-01-31", "20250131", "2025/1/31", "2025.01.31", "2025年1月31日"])
def test_a_day_is_read_in_every_usual_writing(text: str) -> None:
    assert _row(text).day("格", TODAY) == date(2025, 1, 31)


@pytest.mark.parametrize("text", ["2025-02-30", "31-01-2025", "2025-1", "明天"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadCellError):
        _row(text).day("格", TODAY)


@pytest.mark.parametrize("text", ["41", "410000", "河南", "河南省"])
def test_a_province_is_read_by_code_or_name(text: str) -> None:
    assert _row(text).province("格") == "41"


@given(st.text(min_size=1, max_size=30))
def test_a_refusal_never_repeats_the_cell(text: str) -> None:
    row = _row("秘密" + text)
    readers = (row.province, partial(row.day, today=TODAY), row.amount_fen, row.rate_bp, row.yes, row.id_type)
    for read in readers:
        with pytest.raises(BadCellError) as error:
            read("格")
        assert "秘密" not in str(error.value)
    with pytest.raises(BadCellError) as error:
        row.identity("格", "resident_id")
    assert "秘密" not in str(error.value)


def _mapping() -> Mapping:
    """The standard mapping, of one form."""
    standard = standard_mapping()
    writing = standard.forms[0].columns[0].writing
    columns = [ColumnRule(name, name, writing) for name in LAYOUT.required]
    columns += [ColumnRule(name, name, writing, optional=True) for name in LAYOUT.optional]
    return replace(standard, forms=(FormRule(LAYOUT, tuple(columns)),))


def _read(file: Path) -> tuple[list[Row], list[tuple[int, BadCellError]]]:
    records = [(line, found) for line, _, found in MappedFile(file, _mapping()).records()]
    bad = [(line, found) for line, found in records if isinstance(found, BadCellError)]
    return [found for _, found in records if isinstance(found, Row)], bad


def _write(folder: Path, text: str, encoding: str = "gb18030") -> Path:
    file = folder / "样.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_rare_characters_of_gb18030_are_read(tmp_path: Path) -> None:
    rows, bad = _read(_write(tmp_path, "甲,乙(元)\r\n𬭎㛃,1.00\r\n"))
    assert rows[0].text("甲") == "𬭎㛃"
    assert bad == []


def test_full_width_brackets_in_a_header_are_the_same_column(tmp_path: Path) -> None:
    rows, _ = _read(_write(tmp_path, "乙（元）,甲\n1.00,x\n"))
    assert rows[0].amount_fen("乙(元)") == 100


def test_line_numbers_count_lines_inside_quotes_and_blank_lines(tmp_path: Path) -> None:
    rows, bad = _read(_write(tmp_path, '甲,乙(元)\n"a\nb",1\n\nc,2\nd\ne,3\n'))
    assert [row.line for row in rows] == [5, 7]
    reasons = ["holds a control character or one that cannot be seen", "2 cells expected, 1 found"]
    assert [(line, fault.en) for line, fault in bad] == list(zip((2, 6), reasons, strict=True))


def test_a_quotation_mark_without_counterpart_is_a_bad_row(tmp_path: Path) -> None:
    rows, bad = _read(_write(tmp_path, '甲,乙(元)\na,1\n"b,2\n'))
    assert len(rows) == 1
    assert bad[0][0] == 3


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        ("甲,乙(元)\n", "utf-8", "UTF-8"),
        ("甲\n", "gb18030", "乙(元)"),
        ("甲,乙(元),丁\n", "gb18030", "样表"),
        ("", "gb18030", "空"),
        ("x,y\n", "gb18030", "样表"),
        ("甲,乙(元)\n", "utf-16", "GB18030"),
    ],
)
def test_an_unusable_file_says_what_is_wrong(tmp_path: Path, text: str, encoding: str, says: str) -> None:
    with pytest.raises(UnusableFileError, match=says.replace("(", r"\(").replace(")", r"\)")):
        _read(_write(tmp_path, text, encoding))


@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.csv"
    file.write_bytes("甲,乙(元)\n".encode("gb18030") + data)
    try:
        rows, bad = _read(file)
    except UnusableFileError:
        return
    assert all(row.line >= 2 for row in rows)
    assert all(line >= 2 for line, _ in bad)
