"""Reads CSV: each record strictly by the csv module, from lines that are found as bytes.

A quotation mark without a counterpart spoils its own line, not the lines after it. A last line without its end is a cut
one and no record.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import BadCellError, RejectCode, UnusableFileError
from jinbao.regional_adapter.files.readers.byte_lines import Block, blocks_of, has_its_end, is_utf8_instead
from jinbao.regional_adapter.files.readers.source import Record, column_name, cut_line, in_utf8, no_character

MOST_LINES_OF_A_RECORD = 100
"""A quotation mark that is open for longer has no counterpart."""
_QUOTE = '"'


class CsvSource:
    """A CSV file in one encoding, whose header stands after `title_rows` lines."""

    def __init__(
        self,
        file: Path,
        encoding: str,
        delimiter: str = ",",
        *,
        title_rows: int = 0,
        needs_last_end: bool = True,
        last_line: int | None = None,
    ) -> None:
        """`needs_last_end`: a last line without its end is cut. Raises UnusableFileError where there is no header.

        `last_line`: where the records end, else with the file.
        """
        self._file = file
        self._encoding = encoding
        self._delimiter = delimiter
        self._needs_last_end = needs_last_end
        self._skipped = title_rows
        self._last_line = last_line
        self.columns: Sequence[str] = ()
        for _, cells in self._records(0):
            if isinstance(cells, BadCellError):
                raise UnusableFileError(file, cells.zh, cells.en, cells.code or "HEADER", title_rows + 1)
            self.columns = [column_name(cell) for cell in cells]
            break
        self._width = len(self.columns)

    def records(self) -> Iterator[Record]:
        """Every record after the header."""
        records = self._records(self._width)
        next(records, None)
        yield from records

    def _records(self, width: int) -> Iterator[Record]:
        """Every record from the header on; `width` cells are expected in each after that, 0 for any number."""
        number, carried, is_first = 1, list[bytes](), True
        for block in blocks_of(self._file, self._last_line):
            lines = carried + block.lines
            if number <= self._skipped:  # title rows
                dropped = min(self._skipped - number + 1, len(lines))
                lines, number = lines[dropped:], number + dropped
            if is_first and lines:
                lines[0] = self._without_mark(lines[0])
                is_first = False
                taken, cells = self._record(lines, 0, block.is_last, 0)
                if taken:
                    yield number, cells
                    lines, number = lines[taken:], number + taken
                else:
                    is_first, carried = True, lines
                    continue
            consumed = 0
            for at, taken, cells in self._of_block(Block(lines, block.is_last), width):
                yield number + at, cells
                consumed = at + taken
            carried, number = lines[consumed:], number + consumed

    def _without_mark(self, line: bytes) -> bytes:
        """The header without a byte order mark, which must be the encoding's own; joined files have several."""
        own = "\ufeff".encode(self._encoding)
        others = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
        if line.startswith(own):
            return line[len(own) :]
        if line.startswith(others):
            needed = self._encoding.upper()
            zh = f"文件开头的字节顺序标记不是 {needed} 的，请按 {needed} 导出"
            en = f"the byte order mark at the beginning is not {needed}'s: export in {needed}"
            raise UnusableFileError(self._file, zh, en, "ENCODING")
        return line

    def _of_block(self, block: Block, width: int) -> Iterator[tuple[int, int, list[str] | BadCellError]]:
        """Index, number of lines and cells of each record; what needs lines of the next block is left."""
        quick = self._one_a_line(block)
        if quick is not None:
            for at, row in enumerate(quick):
                yield at, 1, (row if len(row) == width or not row else self._other_width(row, width))
            return
        at = 0
        while at < len(block.lines):
            taken, cells = self._record(block.lines, at, block.is_last, width)
            if not taken:
                return
            yield at, taken, cells
            at += taken

    def _one_a_line(self, block: Block) -> list[list[str]] | None:
        """The records of a block in which each line is one; None where it needs to be looked at line by line."""
        if block.is_last and block.lines and not has_its_end(block.lines[-1]):
            return None
        try:
            text = b"".join(block.lines).decode(self._encoding)
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, strict=True))
        except (UnicodeDecodeError, csv.Error):
            return None
        if any(is_utf8_instead(line, self._encoding) for line in block.lines):
            return None
        return rows if len(rows) == len(block.lines) else None

    def _record(self, lines: list[bytes], at: int, is_last: bool, width: int) -> tuple[int, list[str] | BadCellError]:
        """The record that begins there and the number of its lines; 0 where it needs lines of the next block."""
        if self._needs_last_end and not has_its_end(lines[at]):
            return (1, cut_line(self._column(0))) if is_last else (0, [])
        if len(lines[at]) > csv.field_size_limit():
            return 1, BadCellError(self._column(0), "超过 200 个字符", "longer than 200 characters", "UNSAFE_FILE")
        followed: list[str] = []

        def following() -> Iterator[str]:
            for line in lines[at : at + MOST_LINES_OF_A_RECORD]:
                followed.append(line.decode(self._encoding))
                yield followed[-1]

        reader = csv.reader(following(), delimiter=self._delimiter, strict=True)
        try:
            cells = next(reader, [])
        except UnicodeDecodeError as error:
            return 1, self._undecodable(lines[at], error) if not followed else self._unpaired(False)
        except csv.Error:
            needs_more = at + len(followed) == len(lines) and len(followed) < MOST_LINES_OF_A_RECORD
            if needs_more and not is_last:
                return 0, []
            return 1, self._unpaired(needs_more)
        if self._needs_last_end and not has_its_end(lines[at + len(followed) - 1]):
            return 1, cut_line(self._column(0))
        if len(followed) > 1 and width and (len(cells) != width or self._swallows(followed[1:], width)):
            return 1, self._unpaired(False)
        if width and cells and len(cells) != width:
            return 1, self._other_width(cells, width)
        if width and any(is_utf8_instead(line, self._encoding) for line in lines[at : at + len(followed)]):
            return len(followed), in_utf8(self._column(0))
        return len(followed), cells

    def _swallows(self, lines: Sequence[str], width: int) -> bool:
        """Whether one of the lines inside quotation marks is a record by itself."""
        whole = [line for line in lines if line.count(_QUOTE) % 2 == 0]
        try:
            return any(len(next(csv.reader([line], delimiter=self._delimiter), [])) == width > 1 for line in whole)
        except csv.Error:
            return True

    def _column(self, index: int) -> str:
        return self.columns[min(index, len(self.columns) - 1)] if self.columns else ""

    def _other_width(self, cells: list[str], width: int) -> list[str] | BadCellError:
        """A row of another number of cells, which only a blank one may have."""
        if not any(cell.strip() for cell in cells) or width == 0:
            return cells
        zh, en = f"应有 {width} 列，实有 {len(cells)} 列", f"{width} cells expected, {len(cells)} found"
        return BadCellError(self._column(len(cells)), zh, en, "HEADER")

    def _unpaired(self, is_at_end: bool) -> BadCellError:
        code: RejectCode = "TRUNCATED" if is_at_end else "HEADER"
        return BadCellError(self._column(0), "引号不成对", "a quotation mark has no counterpart", code)

    def _undecodable(self, line: bytes, error: UnicodeDecodeError) -> BadCellError:
        before = line[: error.start].decode(self._encoding, "replace")
        return no_character(self._column(before.count(self._delimiter)), error.start + 1, self._encoding)
