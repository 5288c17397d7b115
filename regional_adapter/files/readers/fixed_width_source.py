"""Reads lines of fixed width: each field lies between two bytes of the line, whatever characters are in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.readers.byte_lines import has_its_end, is_utf8_instead, lines_of
from jinbao.regional_adapter.files.readers.source import Record, cut_line, in_utf8

COMMENT = b"\t#"
"""Begins what a file of rejects says behind a line."""


class FixedWidthSource:
    """A file whose lines begin with `tag` and have `length` bytes."""

    def __init__(
        self,
        file: Path,
        encoding: str,
        *,
        places: Mapping[str, tuple[int, int]],
        tag: str,
        length: int,
        needs_last_end: bool = True,
        takes: Callable[[bytes], bool] | None = None,
    ) -> None:
        """`places`: first and last byte of each column, counted from 1; `takes`: which lines are read, else all."""
        self._file = file
        self._encoding = encoding
        self._slices = [(column, first - 1, last) for column, (first, last) in places.items()]
        self._tag = tag.encode(encoding)
        self._length = length
        self._needs_last_end = needs_last_end
        self._takes = takes
        self.columns: Sequence[str] = list(places)

    def begins(self) -> bool:
        """Whether the file's first line that is not blank has the tag."""
        for _, line in lines_of(self._file):
            if line.strip():
                return _without_mark(line).startswith(self._tag)
        return False

    def records(self) -> Iterator[Record]:
        """Every line."""
        for number, line in lines_of(self._file):
            if self._takes is None or self._takes(line):
                yield number, self._cells(_without_mark(line) if number == 1 else line)

    def _cells(self, line: bytes) -> list[str] | BadCellError:
        first = self.columns[0]
        if self._needs_last_end and not has_its_end(line):
            return cut_line(first)
        line = line.rstrip(b"\r\n")
        if not line.strip():
            return []
        line = line.partition(COMMENT)[0]
        if len(line) < self._length or line[self._length :].strip():
            zh, en = f"应有 {self._length} 字节，实有 {len(line)}", f"{self._length} bytes expected, {len(line)} found"
            return BadCellError(first, zh, en, "HEADER")
        if not line.startswith(self._tag):
            return BadCellError(first, "行首不是本表单的标记", "the line does not begin with the form's tag", "HEADER")
        if is_utf8_instead(line, self._encoding):
            return in_utf8(first)
        cells = []
        for column, begin, end in self._slices:
            try:
                cells.append(line[begin:end].decode(self._encoding).strip())
            except UnicodeDecodeError as error:
                at, encoding = begin + error.start + 1, self._encoding.upper()
                zh = f"第 {at} 个字节不是 {encoding} 字符，或半个汉字"
                en = f"byte {at} of the line is no character of {encoding}, or half of one"
                return BadCellError(column, zh, en, "ENCODING")
        return cells


def _without_mark(line: bytes) -> bytes:
    return line.removeprefix(b"\xef\xbb\xbf")
