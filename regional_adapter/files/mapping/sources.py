"""Opens a file by its mapping's format: the reader, and the forms that the file may then be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.readers.csv_source import CsvSource
from jinbao.regional_adapter.files.readers.fixed_width_source import FixedWidthSource
from jinbao.regional_adapter.files.readers.named_values import NamedColumns
from jinbao.regional_adapter.files.readers.source import Record, RecordSource

Takes = Callable[[bytes], bool]
"""Whether a line is read."""
Opened = tuple[Sequence[FormRule], RecordSource | UnusableFileError]


def sources_of(file: Path, mapping: Mapping) -> Iterator[Opened]:
    """Each way in which the file can be read, with the forms that are read so; or why it cannot."""
    match mapping.format:
        case "csv" | "xlsx" | "xls" | "dbf":
            yield from _with_header(file, mapping)
        case "fixed-width":
            yield from _fixed_width(file, mapping)
        case "json-lines":
            yield from _json_lines(file, mapping)
        case "xml":
            yield from _xml(file, mapping)


def _with_header(file: Path, mapping: Mapping) -> Iterator[Opened]:
    """Forms of the same sheet and number of title rows are read together: the header says which one it is."""
    groups: dict[tuple[int, str | None], list[FormRule]] = {}
    for form in mapping.forms:
        groups.setdefault((form.title_rows, form.sheet), []).append(form)
    for (title_rows, sheet), forms in groups.items():
        try:
            yield forms, _table(file, mapping, title_rows, sheet)
        except UnusableFileError as error:
            yield forms, error
        except KeyError:
            zh, en = f"没有名为“{sheet}”的工作表", f"there is no sheet {sheet}"
            yield forms, UnusableFileError(file, zh, en, "HEADER")


def _table(file: Path, mapping: Mapping, title_rows: int, sheet: str | None) -> RecordSource:
    ended = mapping.last_line == "ended"
    match mapping.format:
        case "csv":
            return CsvSource(file, mapping.encoding, mapping.delimiter, title_rows=title_rows, needs_last_end=ended)
        case "xlsx" | "xls":  # the file itself says which of the two it is
            from jinbao.regional_adapter.files.readers.xls_source import XlsSource, is_xls
            from jinbao.regional_adapter.files.readers.xlsx_source import XlsxSource

            if is_xls(file):
                return XlsSource(file, sheet=sheet, title_rows=title_rows)
            return XlsxSource(file, sheet=sheet, title_rows=title_rows)
    from jinbao.regional_adapter.files.readers.dbf_source import DbfSource

    return DbfSource(file, mapping.encoding)


def fixed_width_of(file: Path, mapping: Mapping, form: FormRule, takes: Takes | None = None) -> FixedWidthSource:
    """A form's lines of fixed width."""
    return FixedWidthSource(
        file,
        mapping.encoding,
        places={rule.column: rule.at for rule in form.columns if rule.at is not None},
        tag=form.record or "",
        length=form.length or 1,
        needs_last_end=mapping.last_line == "ended",
        takes=takes,
    )


def json_lines_of(file: Path, mapping: Mapping, form: FormRule, takes: Takes | None = None) -> RecordSource:
    """A form's objects."""
    from jinbao.regional_adapter.files.readers.json_lines_source import JsonLinesSource

    ended = mapping.last_line == "ended"
    return JsonLinesSource(file, mapping.encoding, named_columns(form), needs_last_end=ended, takes=takes)


def xml_of(
    file: Path, mapping: Mapping, form: FormRule, among: Sequence[str] = (), *, tells_fault: bool = True
) -> RecordSource:
    """A form's elements; `among` and `tells_fault` as the reader has them."""
    from jinbao.regional_adapter.files.readers.xml_source import XmlSource

    record, names = form.record or "", named_columns(form)
    return XmlSource(file, mapping.encoding, record, names, among, tells_fault=tells_fault)


def _fixed_width(file: Path, mapping: Mapping) -> Iterator[Opened]:
    for form in mapping.forms:
        source = fixed_width_of(file, mapping, form)
        yield [form], source if source.begins() else _Header(())


def _json_lines(file: Path, mapping: Mapping) -> Iterator[Opened]:
    from jinbao.regional_adapter.files.readers.json_lines_source import first_names

    found = first_names(file, mapping.encoding)
    for form in mapping.forms:
        if named_columns(form).fit(found):
            yield [form], json_lines_of(file, mapping, form)
        else:
            yield [form], _Header(found)


def _xml(file: Path, mapping: Mapping) -> Iterator[Opened]:
    from jinbao.regional_adapter.files.readers.xml_source import first_record

    try:
        found = first_record(file, mapping.encoding, [form.record or "" for form in mapping.forms])
    except UnusableFileError as error:
        yield mapping.forms, error
        return
    for form in mapping.forms:
        if form.record == found:
            yield [form], xml_of(file, mapping, form)
        else:
            yield [form], _Header(())


def named_columns(form: FormRule) -> NamedColumns:
    """The columns of a form where values bear names."""
    needed = [rule.column for rule in form.columns if not rule.optional]
    return NamedColumns([rule.column for rule in form.columns], needed, form.ignored)


class _Header:
    """The columns of a file that is not of the form that was asked for."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def records(self) -> Iterator[Record]:
        """Nothing."""
        return iter(())
