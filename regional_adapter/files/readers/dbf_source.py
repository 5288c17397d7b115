"""Reads DBF tables (dBASE III, FoxPro): text in the mapping's encoding, never the code page that the file claims.

Every value is text as it lies in the file, so that a day that no calendar has, or half a character, spoils its own
record only. A record's line is its number in the table.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import BadCellError, RejectCode, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.readers.byte_lines import is_utf8_instead
from jinbao.regional_adapter.files.readers.source import Record, column_name, in_utf8

_HEADER = struct.Struct("<4xIHH20x")
_FIELD = struct.Struct("<11sc4xBB14x")
_END_OF_HEADER = b"\r"
_END_OF_TABLE = b"\x1a"
_DELETED = b"*"
_KINDS = b"CNFDL"
_NOT_SAID = "?"
"""In a logical field."""


class _Field(NamedTuple):
    column: str
    kind: bytes
    length: int


class DbfSource:
    """A table."""

    def __init__(self, file: Path, encoding: str) -> None:
        """Raises UnusableFileError where it is no table that can be read."""
        self._file = file
        self._encoding = encoding
        try:
            with file.open("rb") as stream:
                head = stream.read(65_536)
        except OSError as error:
            raise UnreadableFileError(file, *system_reason(error)) from None
        if len(head) < _HEADER.size + 1:
            raise self._unusable("文件不完整", "the file is cut", "TRUNCATED")
        self._count, self._start, self._length = _HEADER.unpack_from(head)
        if len(head) < self._start:
            raise self._unusable("文件头不完整", "the file is cut within its header", "TRUNCATED")
        self._fields = self._fields_in(head[_HEADER.size : self._start])
        self.columns: Sequence[str] = [field.column for field in self._fields]
        if 1 + sum(field.length for field in self._fields) != self._length:
            raise self._unusable("字段长度之和与文件头不符", "the fields do not add up to the record's length")

    def records(self) -> Iterator[Record]:
        """Every record; one that is marked as deleted is blank."""
        try:
            with self._file.open("rb") as stream:
                stream.seek(self._start)
                for number in range(1, self._count + 1):
                    data = stream.read(self._length)
                    if len(data) < self._length or data[:1] == _END_OF_TABLE:
                        zh = f"文件头写有 {self._count} 条记录，文件在第 {number} 条中断"
                        en = f"the header says {self._count} records, the file ends within record {number}"
                        yield number, BadCellError(self.columns[0], zh, en, "TRUNCATED")
                        return
                    yield number, [] if data[:1] == _DELETED else self._cells(data)
                if stream.read(1) not in (b"", _END_OF_TABLE, b"\0"):
                    zh = f"文件头写有 {self._count} 条记录，其后还有数据"
                    en = f"the header says {self._count} records, and more data follows"
                    yield self._count + 1, BadCellError(self.columns[0], zh, en, "HEADER")
        except OSError as error:
            raise UnreadableFileError(self._file, *system_reason(error)) from None

    def _cells(self, data: bytes) -> list[str] | BadCellError:
        if is_utf8_instead(data, self._encoding):
            return in_utf8(self.columns[0])
        at, cells = 1, []
        for field in self._fields:
            raw = data[at : at + field.length].rstrip(b" \0")
            at += field.length
            try:
                text = raw.decode(self._encoding).strip()
            except UnicodeDecodeError:
                encoding = self._encoding.upper()
                zh, en = (
                    f"含有不是 {encoding} 的字节，或半个汉字",
                    f"has a byte that is not {encoding}, or half a character",
                )
                return BadCellError(field.column, zh, en, "ENCODING")
            cells.append("" if field.kind == b"L" and text == _NOT_SAID else text)
        return cells

    def _fields_in(self, head: bytes) -> list[_Field]:
        fields = []
        for at in range(0, len(head) - _FIELD.size + 1, _FIELD.size):
            if head[at : at + 1] == _END_OF_HEADER:
                break
            name, kind, length, _ = _FIELD.unpack_from(head, at)
            try:
                column = column_name(name.partition(b"\0")[0].decode(self._encoding))
            except UnicodeDecodeError:
                zh, en = f"字段名不是 {self._encoding.upper()}", f"a field's name is not in {self._encoding.upper()}"
                raise self._unusable(zh, en, "ENCODING") from None
            if kind not in _KINDS:
                zh, en = f"字段 {column} 的类型不能读取", f"the field {column} is of a kind that is not read"
                raise self._unusable(zh, en)
            fields.append(_Field(column, kind, length))
        if not fields:
            raise self._unusable("没有字段", "there is no field")
        return fields

    def _unusable(self, zh: str, en: str, code: RejectCode = "HEADER") -> UnusableFileError:
        return UnusableFileError(self._file, zh, en, code)
