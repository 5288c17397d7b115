"""The interface of a reader: the columns of a file, and its records as cells or as what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from jinbao.regional_adapter.files.form_rows import BadCellError, UnusableFileError

Record = tuple[int, list[str] | BadCellError]
"""The line on which a record begins, the file's first being 1, and its cells in the order of the columns."""


class RecordSource(Protocol):
    """A file of records that can be read more than once, a part at a time."""

    columns: Sequence[str]
    """As the header names them, in the file's order, without blanks."""

    def records(self) -> Iterator[Record]:
        """Every record after the header; a blank one has no cell, or only blank ones.

        A record that cannot be read is a fault, and the ones after it follow. Raises UnusableFileError where the rest
        of the file cannot be read.
        """


def column_name(text: str) -> str:
    """A column's name as it is compared: full-width characters as plain ones, without blanks and line breaks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def in_utf8(column: str) -> BadCellError:
    """A record in UTF-8 in a file of GB18030."""
    zh, en = "此条是 UTF-8，而文件应为 GB18030", "the record is in UTF-8, and the file should be in GB18030"
    return BadCellError(column, zh, en, "ENCODING")


def cut_line(column: str) -> BadCellError:
    """A last line without its end."""
    zh, en = "文件在此行中断（末行没有换行符）", "the file ends within this line (the last line has no line end)"
    return BadCellError(column, zh, en, "TRUNCATED")


def no_character(column: str, at: int, encoding: str) -> BadCellError:
    """A byte, the line's first being 1, that the encoding does not know."""
    zh = f"第 {at} 个字节不是 {encoding.upper()} 字符"
    en = f"byte {at} of the line is no character of {encoding.upper()}"
    return BadCellError(column, zh, en, "ENCODING")


def header_names(cells: Sequence[str]) -> list[str]:
    """The columns that a spreadsheet's header row names, without the empty cells at its end."""
    names = [column_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def beyond_header(index: int) -> BadCellError:
    """A cell of a spreadsheet in a column, the first being 0, that the header does not have."""
    zh, en = "表头没有的列里有内容", "there is something in a column that the header does not have"
    return BadCellError(f"#{index + 1}", zh, en, "HEADER")


def error_cell(column: str) -> BadCellError:
    """A cell that holds an error of the spreadsheet, such as #N/A."""
    return BadCellError(column, "是电子表格的错误值", "is an error of the spreadsheet", "UNSAFE_FILE")


def damaged(file: Path) -> UnusableFileError:
    """A workbook that is cut or damaged."""
    return UnusableFileError(file, "文件不完整或已损坏", "the file is cut or damaged", "TRUNCATED")


REJECT_COLUMNS = ("退回行号", "退回列", "退回原因", "处理办法")
"""What a file of rejects says beside each row; where they stand, the file is one and needs no total row."""
