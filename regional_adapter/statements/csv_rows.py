"""Rows of a bank's CSV file below its header, and what the lines before the header say."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import UnreadableFileError
from jinbao.regional_adapter.files.readers.byte_lines import has_its_end, is_utf8_instead, lines_of
from jinbao.regional_adapter.files.readers.source import header_names
from jinbao.regional_adapter.statements.bank_mapping import BankMapping
from jinbao.regional_adapter.statements.statement import UnreadableStatementError

MOST_LINES_BEFORE_HEADER = 60
_AROUND = " \t\u00a0\u3000"
_COLONS = ":："
"""Between a label and what it says, where both stand in one cell."""

Rows = Iterator[tuple[int, list[str]]]
"""Line on which each row begins, and its cells without blanks and tabs around."""


@dataclass
class Head:
    """The header, and what stands before it."""

    columns: Sequence[str]
    said: dict[str, str]
    """By the field whose label stands there."""


def rows_of(file: Path, mapping: BankMapping) -> Rows:
    """Every row of the file. Raises UnreadableStatementError."""
    reader = csv.reader(_lines(file, mapping), delimiter=mapping.delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip(_AROUND) for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        words = ("引号不成对，或一格过长", "a quotation mark has no counterpart, or a cell is too long")
        raise UnreadableStatementError("HEADER", line, words) from None
    except UnreadableFileError as error:
        raise UnreadableStatementError("UNREADABLE", line, error.reason) from None


def _lines(file: Path, mapping: BankMapping) -> Iterator[str]:
    encoding, name = mapping.encoding, mapping.encoding.upper()
    for number, line in lines_of(file):
        if is_utf8_instead(line, encoding):
            raise UnreadableStatementError("ENCODING", number, (f"是 UTF-8，不是 {name}", f"is UTF-8, not {name}"))
        if mapping.last_line == "ended" and not has_its_end(line):
            words = ("末行没有换行符，文件可能被截断", "the last line has no end: the file may be cut")
            raise UnreadableStatementError("TRUNCATED", number, words)
        if b"\0" in line:
            raise UnreadableStatementError("UNSAFE_FILE", number, ("含有 NUL 字符", "holds a NUL character"))
        try:
            yield line.decode("utf-8-sig" if number == 1 and encoding == "utf-8" else encoding)
        except UnicodeDecodeError as error:
            zh, en = f"第 {error.start + 1} 字节不是 {name}", f"byte {error.start + 1} is not {name}"
            raise UnreadableStatementError("ENCODING", number, (zh, en)) from None


def head_of(rows: Rows, mapping: BankMapping) -> Head:
    """The header: the first row that has all columns of the mapping. Raises UnreadableStatementError."""
    required = {column.column for column in mapping.columns if not column.optional}
    said: dict[str, str] = {}
    fewest_missing = required
    for line, cells in rows:
        names = header_names(cells)
        missing = required - set(names)
        if not missing:
            _check_header(line, names, mapping)
            return Head(names, said)
        if len(missing) < len(fewest_missing):
            fewest_missing = missing
        _listen(cells, said, mapping)
        if line >= MOST_LINES_BEFORE_HEADER:
            break
    names_missing = "、".join(sorted(fewest_missing))
    words = (f"找不到表头，缺少：{names_missing}", f"no header is found, {names_missing} is missing")
    raise UnreadableStatementError("HEADER", 1, words)


def _check_header(line: int, names: Sequence[str], mapping: BankMapping) -> None:
    known = {column.column for column in mapping.columns} | set(mapping.ignored)
    doubled = "、".join(name for name, count in Counter(names).items() if count > 1)
    if doubled:
        words = (f"表头有重复的列：{doubled}", f"the header names twice: {doubled}")
        raise UnreadableStatementError("HEADER", line, words)
    unknown = "、".join(name for name in names if name not in known)
    if unknown:
        words = (
            f"表头有对照文件没有的列：{unknown}",
            f"the header has columns that the mapping does not name: {unknown}",
        )
        raise UnreadableStatementError("HEADER", line, words)


def _listen(cells: Sequence[str], said: dict[str, str], mapping: BankMapping) -> None:
    """Take up what a line says behind a label: in the same cell after a colon, else in the next cell that is filled."""
    filled = [cell for cell in cells if cell]
    for index, cell in enumerate(filled):
        for name, label in mapping.labels.items():
            if name in said or not cell.startswith(label):
                continue
            behind = cell[len(label) :].strip(_AROUND + _COLONS)
            if behind and cell[len(label) :].strip(_AROUND)[0] in _COLONS:
                said[name] = behind
            elif not behind and index + 1 < len(filled):
                said[name] = filled[index + 1]
