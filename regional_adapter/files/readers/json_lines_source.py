"""Reads JSON lines: one object a line; numbers keep the digits that they are written with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.readers.byte_lines import has_its_end, is_utf8_instead, lines_of
from jinbao.regional_adapter.files.readers.named_values import NamedColumns
from jinbao.regional_adapter.files.readers.source import Record, column_name, cut_line, in_utf8, no_character

_LOOKED_AT = 100
"""Lines among which the first object is sought."""


class _NoRecordError(Exception):
    """A line that is JSON, but no record: why, in Chinese and English."""


class JsonLinesSource:
    """A file of objects whose names are a form's columns."""

    def __init__(
        self,
        file: Path,
        encoding: str,
        names: NamedColumns,
        *,
        needs_last_end: bool = True,
        takes: Callable[[bytes], bool] | None = None,
    ) -> None:
        """`takes`: which lines are read, else all."""
        self._file = file
        self._encoding = encoding
        self._names = names
        self._needs_last_end = needs_last_end
        self._takes = takes
        self.columns: Sequence[str] = names.columns

    def records(self) -> Iterator[Record]:
        """Every line."""
        for number, line in lines_of(self._file):
            if self._takes is None or self._takes(line):
                yield number, self._cells(line)

    def _cells(self, line: bytes) -> list[str] | BadCellError:
        first = self.columns[0]
        if self._needs_last_end and not has_its_end(line):
            return cut_line(first)
        if not line.strip():
            return []
        if is_utf8_instead(line, self._encoding):
            return in_utf8(first)
        try:
            return cells_of_object(line.decode(self._encoding), self._names)
        except UnicodeDecodeError as error:
            return no_character(first, error.start + 1, self._encoding)


def cells_of_object(text: str, names: NamedColumns) -> list[str] | BadCellError:
    """The cells of a JSON object, or why it is no record."""
    try:
        return names.cells(_values(text))
    except (ValueError, RecursionError):
        return BadCellError(names.columns[0], "此行不是一个 JSON 对象", "the line is no JSON object", "HEADER")
    except _NoRecordError as error:
        zh, en = "值应为文字、数字、true、false 或 null", "must be a text, a number, true, false or null"
        return BadCellError(str(error), zh, en, "HEADER")


def first_names(file: Path, encoding: str) -> list[str]:
    """The names of the file's first object, none where there is no object among its first lines."""
    return next(filter(None, (names_of(line, encoding) for _, line in islice(lines_of(file), _LOOKED_AT))), [])


def names_of(line: bytes, encoding: str) -> list[str]:
    """The names of a line's object; none where it is none."""
    try:
        return [column_name(name) for name, _ in _values(line.decode(encoding))]
    except (ValueError, RecursionError, _NoRecordError):
        return []


def _values(text: str) -> list[tuple[str, str]]:
    """Names and values of an object, in order, doubled ones too. Raises ValueError, RecursionError, _NoRecordError."""
    pairs = _DECODER.decode(text.removeprefix("\ufeff"))
    if not isinstance(pairs, _Pairs):
        raise ValueError
    return [(name, _text(name, value)) for name, value in pairs.pairs]


class _Pairs:
    """An object."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=_no_constant)


def _text(name: str, value: object) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
    raise _NoRecordError(name)
