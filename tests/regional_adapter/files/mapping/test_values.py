"""Values as a province writes them: read by exact rules, where the mapping says so, and never otherwise."""

from __future__ import annotations

import pytest

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.import_layouts import reject_code
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, Writing
from jinbao.regional_adapter.files.mapping.values import amount_fen, reader_of

ALL = ("full-width", "thousands", "parentheses", "trailing-minus")


@pytest.mark.parametrize(
    ("text", "writing", "fen"),
    [
        ("1234.5", Writing(), 123_450),
        ("1,234.56", Writing(numbers=("thousands",)), 123_456),
        ("１，２３４．５６", Writing(numbers=("full-width", "thousands")), 123_456),
        ("(1,234.56)", Writing(numbers=ALL), -123_456),
        ("1234.56-", Writing(numbers=ALL), -123_456),
        ("1.234567", Writing(unit="wan-yuan"), 1_234_567),
        ("0.5", Writing(unit="wan-yuan"), 500_000),
        ("12345", Writing(unit="fen"), 12_345),
        ("1.200", Writing(), 120),
    ],
)
def test_an_amount_is_read_where_the_mapping_says_so(text: str, writing: Writing, fen: int) -> None:
    assert amount_fen(text, writing) == fen


@pytest.mark.parametrize(
    "text", ["1_000", "1e5", "1E5", "NaN", "inf", "٣", "1.234", "1,23", "", "-1", "+1", "0x1", "1 000"]
)
def test_what_is_no_amount_is_never_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what and where
        amount_fen(text, Writing(numbers=ALL))


@pytest.mark.parametrize("text", ["1,234.56", "(1.00)", "1.00-", "１２３"])
def test_what_the_mapping_does_not_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what and where
        amount_fen(text, Writing())


@pytest.mark.parametrize(("text", "unit"), [("1.5", "fen"), ("1.005", "yuan"), ("1.2345678", "wan-yuan")])
def test_parts_of_a_fen_are_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what and where
        amount_fen(text, Writing(unit=unit))


def _read(field: str, cell: str, writing: Writing) -> str:
    read = reader_of(ColumnRule("列", field, writing))
    return cell if read is None else read(cell)


@pytest.mark.parametrize(
    ("text", "dates", "day"),
    [
        ("20250131", ("YYYYMMDD",), "2025-01-31"),
        ("2025/1/3", ("YYYY/M/D",), "2025-01-03"),
        ("2025年1月3日", ("YYYY年M月D日",), "2025-01-03"),
        ("45688", ("excel",), "2025-01-31"),
        ("61", ("excel",), "1900-03-01"),
    ],
)
def test_a_day_is_read_as_the_mapping_says(text: str, dates: tuple[str, ...], day: str) -> None:
    assert _read("申请日期", text, Writing(dates=dates)) == day


@pytest.mark.parametrize(
    "text", ["2025111", "2025-W01-1", "45688", "2025-1-3", "２０２５0131", "60", "2025/01/03 00:00"]
)
def test_no_other_day_is_read(text: str) -> None:
    with pytest.raises(BadCellError) as error:
        _read("申请日期", text, Writing(dates=("YYYY-MM-DD", "YYYYMMDD")))
    assert reject_code(error.value) == "DATE"


@pytest.mark.parametrize(
    "text", ["1.10105E+17", "1.10105194912310016E+17", "110105194912310000", "１１0105194912310021", "110105491231002"]
)
def test_a_number_that_a_spreadsheet_damaged_is_told(text: str) -> None:
    with pytest.raises(BadCellError) as error:
        _read("社会保障号码", text, Writing())
    assert reject_code(error.value) == "ID_DAMAGED"
    assert text not in str(error.value)


def test_a_good_number_may_end_in_noughts() -> None:
    assert _read("社会保障号码", "440000199104091000", Writing()) == "440000199104091000"


@pytest.mark.parametrize("name", ["𠮷野", "䶮", "阿依古丽·买买提", "喆㛃𬭎", "가"])
def test_names_stay_as_they_are_written(name: str) -> None:
    assert _read("姓名", name, Writing()) == name


@pytest.mark.parametrize("name", ["张?", "张？", "张\ufffd", "张\ue000", "张\U000f0000", "锟斤拷"])
def test_a_name_that_lost_a_character_is_refused(name: str) -> None:
    with pytest.raises(BadCellError) as error:
        _read("姓名", name, Writing())
    assert reject_code(error.value) == "NAME"


@pytest.mark.parametrize("field", ["姓名", "联系地址"])
@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', "@SUM(1)"])
def test_a_formula_is_no_text(field: str, text: str) -> None:
    with pytest.raises(BadCellError) as error:
        _read(field, text, Writing())
    assert reject_code(error.value) == "UNSAFE_FILE"


def test_a_line_break_within_a_text_is_a_blank_where_the_mapping_says_so() -> None:
    assert _read("联系地址", "合成市\r\n样本路", Writing(line_breaks="blank")) == "合成市 样本路"
