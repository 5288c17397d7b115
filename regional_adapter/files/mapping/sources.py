"""Opens a file by its mapping's format: the reader, and the forms that the file may then be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.readers.csv_source import CsvSource
from jinbao.regional_adapter.files.readers.source import RecordSource

Opened = tuple[Sequence[FormRule], RecordSource | UnusableFileError]


def sources_of(file: Path, mapping: Mapping) -> Iterator[Opened]:
    """Each way in which the file can be read, with the forms that are read so; or why it cannot."""
    by_titles: dict[int, list[FormRule]] = {}
    for form in mapping.forms:
        by_titles.setdefault(form.title_rows, []).append(form)
    for title_rows, forms in by_titles.items():
        try:
            yield forms, _csv(file, mapping, title_rows)
        except UnusableFileError as error:
            yield forms, error


def _csv(file: Path, mapping: Mapping, title_rows: int) -> RecordSource:
    return CsvSource(
        file,
        mapping.encoding,
        mapping.delimiter,
        title_rows=title_rows,
        needs_last_end=mapping.last_line == "ended",
    )
