"""A file that holds records of several of a mapping's forms (`mixed = true`): a reading for each form.

Every line belongs to one form: a CSV has a section for each, begun by its header; a line of fixed width begins with its
form's tag, an element of XML bears its name, an object of JSON its form's names. What belongs to none is a reject of
the form that comes first.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import BadCellError, UnusableFileError
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile, fits
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.mapping.sources import fixed_width_of, json_lines_of, named_columns, xml_of
from jinbao.regional_adapter.files.readers.byte_lines import lines_of
from jinbao.regional_adapter.files.readers.csv_source import CsvSource
from jinbao.regional_adapter.files.readers.source import Record, RecordSource, column_name

Opened = tuple[FormRule, RecordSource]
Owner = Callable[[bytes], FormRule | None]
"""The form to which a line belongs, if any."""


def parts_of(file: Path, mapping: Mapping) -> list[MappedFile]:
    """The forms that a file holds, as they first come in it; one where the mapping does not say that it is mixed.

    Raises UnusableFileError.
    """
    found = _PARTS[mapping.format](file, mapping) if mapping.mixed else ()
    return [MappedFile(file, mapping, one) for one in found] or [MappedFile(file, mapping)]


def _fixed_width(file: Path, mapping: Mapping) -> Iterator[Opened]:
    tags = [((form.record or "").encode(mapping.encoding), form) for form in mapping.forms]
    tags.sort(key=lambda pair: len(pair[0]), reverse=True)

    def owner(line: bytes) -> FormRule | None:
        return next((form for tag, form in tags if line.removeprefix(b"\xef\xbb\xbf").startswith(tag)), None)

    for form, takes in _by_line(file, owner):
        yield form, fixed_width_of(file, mapping, form, takes)


def _json_lines(file: Path, mapping: Mapping) -> Iterator[Opened]:
    from jinbao.regional_adapter.files.readers.json_lines_source import names_of

    forms = [(named_columns(form), form) for form in mapping.forms]

    def owner(line: bytes) -> FormRule | None:
        names = set(names_of(line, mapping.encoding))
        fitting = next((form for columns, form in forms if columns.fit(names)), None)
        nearest = max(mapping.forms, key=lambda form: len(names & set(form.by_column)))
        return fitting or (nearest if names & set(nearest.by_column) else None)

    for form, takes in _by_line(file, owner):
        yield form, json_lines_of(file, mapping, form, takes)


def _by_line(file: Path, owner: Owner) -> Iterator[tuple[FormRule, Callable[[bytes], bool]]]:
    """The forms in the file, each with what says which lines are its own; the first takes what is nobody's too."""
    forms: dict[str, FormRule] = {}
    for _, line in lines_of(file):
        if (form := owner(line)) is not None:
            forms.setdefault(form.layout.name, form)
    for at, form in enumerate(forms.values()):
        own = (form, None) if at == 0 else (form,)
        yield form, lambda line, own=own: owner(line) in own  # type: ignore[misc]


def _xml(file: Path, mapping: Mapping) -> Iterator[Opened]:
    from jinbao.regional_adapter.files.readers.xml_source import records_in

    names = [form.record or "" for form in mapping.forms]
    for at, found in enumerate(records_in(file, mapping.encoding, names)):
        form = mapping.forms[names.index(found)]
        yield form, xml_of(file, mapping, form, names, tells_fault=at == 0)


def _csv(file: Path, mapping: Mapping) -> Iterator[Opened]:
    """A line that is a form's header begins a section, its title rows above it included."""
    begun = list(_begun(file, mapping))
    sections: dict[str, list[_Section]] = {}
    forms: dict[str, FormRule] = {}
    for at, (header, form, titles) in enumerate(begun):
        first = header - titles
        last = None if at + 1 == len(begun) else max(begun[at + 1][0] - begun[at + 1][2] - 1, header)
        forms.setdefault(form.layout.name, replace(form, title_rows=0))
        sections.setdefault(form.layout.name, []).append(
            _Section(file, mapping, 1 if at == 0 else first, first, header, last)
        )
    for name, of_form in sections.items():
        columns = of_form[0].columns
        other = next((one for one in of_form if one.columns != columns), None)
        if other is not None:
            zh, en = f"表单“{name}”有两种不同的表头", f"the form {name} has two headers that differ"
            raise UnusableFileError(file, zh, en, "HEADER", other.header)
        yield forms[name], _Sections(columns, of_form)


def _begun(file: Path, mapping: Mapping) -> Iterator[tuple[int, FormRule, int]]:
    """Number of a header's line, its form, and how many lines right above it are its titles.

    Of a later section, what has the cells of a record of the one before it is no title, so that none of its last ones
    is lost where the title is left out.
    """
    above: deque[bytes] = deque(maxlen=max(form.title_rows for form in mapping.forms) or None)
    width = 0
    for number, line in lines_of(file):
        form = _headed(line, mapping)
        if form is not None:
            records = [_is_record(_cells(one, mapping), width) for one in reversed(above)][: form.title_rows]
            yield number, form, (records.index(True) if True in records else len(records))
            width = len(_cells(line, mapping))
            above.clear()
        else:
            above.append(line)


def _is_record(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width and sum(bool(cell.strip()) for cell in cells) > 1


def _cells(line: bytes, mapping: Mapping) -> list[str]:
    """A line's cells; none where it is not whole in itself."""
    with suppress(UnicodeDecodeError, csv.Error):
        text = line.decode(mapping.encoding).removeprefix("\ufeff")
        return next(csv.reader([text], delimiter=mapping.delimiter, strict=True), [])
    return []


def _headed(line: bytes, mapping: Mapping) -> FormRule | None:
    """The form whose header a line is."""
    columns = [column_name(cell) for cell in _cells(line, mapping)]
    return next((form for form in mapping.forms if columns and fits(form, columns)), None)


class _Section:
    """Lines of a CSV from `begins` to `last`: what is above `first` is nobody's, then come titles and a header."""

    def __init__(self, file: Path, mapping: Mapping, begins: int, first: int, header: int, last: int | None) -> None:
        ended = mapping.last_line == "ended"
        self._rows = CsvSource(
            file,
            mapping.encoding,
            mapping.delimiter,
            title_rows=header - 1,
            needs_last_end=ended or last is not None,
            last_line=last,
        )
        self.columns = self._rows.columns
        self.header = header
        self._file = file
        self._nobodys, self._titles = range(begins, first), range(first, header)

    def records(self) -> Iterator[Record]:
        """What is above the header, then every record."""
        above = zip(self._nobodys, (line for _, line in lines_of(self._file)), strict=False)
        for number, line in above:
            yield number, self._nobody() if line.strip() else []
        for number in self._titles:
            yield number, []
        yield from self._rows.records()

    def _nobody(self) -> BadCellError:
        zh, en = "在第一个表头之前，不属于任何表单", "stands above the first header and belongs to no form"
        return BadCellError(self.columns[0], zh, en, "HEADER")


class _Sections:
    """The sections of one form."""

    def __init__(self, columns: Sequence[str], sections: Sequence[_Section]) -> None:
        self.columns = columns
        self._sections = sections

    def records(self) -> Iterator[Record]:
        """Those of each."""
        return chain.from_iterable(section.records() for section in self._sections)


_PARTS: dict[str, Callable[[Path, Mapping], Iterator[Opened]]] = {
    "csv": _csv,
    "fixed-width": _fixed_width,
    "json-lines": _json_lines,
    "xml": _xml,
}
