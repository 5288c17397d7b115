"""Reading CSV: exact places, nothing swallowed, nothing half."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.regional_adapter.files.form_rows import BadCellError, UnusableFileError
from jinbao.regional_adapter.files.readers import byte_lines
from jinbao.regional_adapter.files.readers.csv_source import CsvSource


def _read(folder: Path, data: bytes | str, encoding: str = "gb18030", delimiter: str = ",") -> list[object]:
    file = folder / "样.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    source = CsvSource(file, encoding, delimiter)
    assert source.columns == ["a", "b"]
    return [(line, f.code if isinstance(f, BadCellError) else f) for line, f in source.records()]


def test_mixed_line_ends_a_byte_order_mark_and_blank_lines_are_read(tmp_path: Path) -> None:
    data = "\ufeffa,b\r\n1,2\n3,4\r5,6\r\n\r\n7,8\n"
    good = [(2, ["1", "2"]), (3, ["3", "4"]), (4, ["5", "6"]), (5, []), (6, ["7", "8"])]
    assert _read(tmp_path, data) == good
    assert _read(tmp_path, data, "utf-8") == good


def test_a_line_end_within_quotation_marks_belongs_to_its_cell(tmp_path: Path) -> None:
    assert _read(tmp_path, 'a,b\n"1\r\nx",2\n3,4\n') == [(2, ["1\r\nx", "2"]), (4, ["3", "4"])]


@pytest.mark.parametrize("text", ['a,b\n"1,2\n3,4\n5,6\n', 'a,b\n"1,2\n3,4\n5,"6"\n', 'a,b\n1,"2\n3,4\n5,"6\n'])
def test_an_open_quotation_mark_swallows_no_row(tmp_path: Path, text: str) -> None:
    found = _read(tmp_path, text)
    assert (3, ["3", "4"]) in found
    assert found[0][1] in ("HEADER", "TRUNCATED")  # type: ignore[index]


def test_an_open_quotation_mark_of_a_long_file_spoils_one_line(tmp_path: Path) -> None:
    rows = "".join(f"{at},x\n" for at in range(50_000))
    found = _read(tmp_path, f'a,b\n"1,2\n{rows}')
    assert len(found) == 50_001
    assert [at for at, cells in found if isinstance(cells, str)] == [2]  # type: ignore[misc]


def test_a_byte_that_is_no_character_spoils_its_own_line_and_is_placed(tmp_path: Path) -> None:
    data = "a,b\n1,甲\n2,".encode("gb18030") + b"\xff\xff\n" + "3,乙\n".encode("gb18030")
    assert _read(tmp_path, data) == [(2, ["1", "甲"]), (3, "ENCODING"), (4, ["3", "乙"])]
    file = tmp_path / "样.csv"
    fault = next(f for _, f in CsvSource(file, "gb18030").records() if isinstance(f, BadCellError))
    assert (fault.column, "第 3 个字节" in fault.zh) == ("b", True)


def test_a_delimiter_that_is_also_part_of_a_character_does_not_split_it(tmp_path: Path) -> None:
    split = next(chr(c) for c in range(0x4E00, 0x9FFF) if chr(c).encode("gb18030").endswith(b"|"))
    assert _read(tmp_path, f"a|b\n{split}|2\n", delimiter="|") == [(2, [split, "2"])]


@pytest.mark.parametrize("block", [7, 16, 1 << 18])
def test_a_file_cut_at_any_byte_gives_only_records_that_the_whole_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(byte_lines, "BLOCK_BYTES", block)
    whole = 'a,b\r\n甲,1.20\r\n"乙\r\n丙,5",2\r\n"丁""",3.45\n\r\n戊,"4\n5\n6"\r\n己,7\r\n'.encode("gb18030")
    all_records = _read(tmp_path, whole)
    assert len(all_records) == 6
    for at in range(1, len(whole)):
        try:
            found = _read(tmp_path, whole[:at])
        except UnusableFileError:
            assert at < 5
            continue
        assert [r for r in found if isinstance(r[1], list) and r not in all_records] == [], at  # type: ignore[index]
        assert found != all_records or at == len(whole) - 1


def test_a_line_without_end_is_bounded_in_memory_and_one_fault(tmp_path: Path) -> None:
    found = _read(tmp_path, b"a,b\n1,2\n" + b"x" * 3_000_000 + b"\n3,4\n")
    assert [at for at, _ in found] == [2, 3, 4]  # type: ignore[misc]
    assert found[1][1] == "UNSAFE_FILE"  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "encoding"), [(b"\xff\xfea\0,\0b\0\n\0", "gb18030"), (b"\xef\xbb\xbfa,b\n", "gb18030")]
)
def test_a_byte_order_mark_of_another_encoding_is_told(tmp_path: Path, data: bytes, encoding: str) -> None:
    with pytest.raises(UnusableFileError) as error:
        _read(tmp_path, data, encoding)
    assert error.value.code == "ENCODING"
