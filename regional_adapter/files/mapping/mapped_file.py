"""A province's file read by its mapping: which form it is, and each record as a row of that form.

The file is read a part at a time and as often as asked; nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping as Table, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import (
    MAX_CELL_CHARACTERS,
    BadCellError,
    RejectCode,
    Row,
    UnusableFileError,
)
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, FormRule, Mapping
from jinbao.regional_adapter.files.mapping.sources import sources_of
from jinbao.regional_adapter.files.mapping.totals import TotalCheck
from jinbao.regional_adapter.files.mapping.values import Reader, is_plain_number, reader_of
from jinbao.regional_adapter.files.readers.source import REJECT_COLUMNS, RecordSource
from jinbao.rules.unprintable import has_unprintable

_BLANKS = " \t\u00a0\u3000"
"""May stand around a cell; other control characters may not."""

_TELL_EVERY = 0x3FFF
"""Lines."""


def _nothing() -> None:
    """Nobody wants to know of progress."""


Taken = tuple[int, Sequence[str], Row | BadCellError | None]
"""Line of a record, its cells as they stand in the file, and what it is: a row, a fault, None where it is skipped."""


class MappedFile:
    """A file of one of a mapping's forms."""

    def __init__(self, file: Path, mapping: Mapping, opened: tuple[FormRule, RecordSource] | None = None) -> None:
        """`opened`: the form and its records where they do not lie in the file, which then only names them.

        Raises UnusableFileError where it cannot be read, or its columns are none of the forms'.
        """
        self.file = file
        self.mapping = mapping
        self.form, self.source = opened or _form_of(file, mapping)
        rules = self.form.by_column
        self._rules = [rules.get(column) for column in self.source.columns]
        self.source_columns = {rule.field: rule.column for rule in self.form.columns}
        """The column of the file by the form's field."""
        self.held: BadCellError | None = None
        """Why nothing of the file may be taken, once its records have been read to the end."""
        self.held_line = 1
        """Where that stands."""
        self.progress: Callable[[], None] = _nothing
        """Called again and again while records are read: a long file is no standstill."""

    def column_of(self, field: str) -> str:
        """The column of the file that a field of the form stands in."""
        return self.source_columns.get(field, field)

    def records(self, only: Container[str] | None = None) -> Iterator[Taken]:
        """Every record, also those of the title and total rows. Raises UnusableFileError where reading fails.

        `only`: the fields whose values are needed; the others stay as the province writes them.
        """
        self.held = None
        columns, rule = self.source.columns, self.form.total
        totals = None if rule is None or REJECT_COLUMNS[0] in columns else TotalCheck(rule, self.form, columns)
        fields = [rule.field if rule else None for rule in self._rules]
        plan = _plan(self.form, [r for r in self._rules if r and (only is None or r.field in only)])
        has_ignored = None in fields
        for line in range(1, self.form.title_rows + 1):
            yield line, (), None
        line = self.form.title_rows
        for line, cells in self.source.records():
            if not line & _TELL_EVERY:
                self.progress()
            if isinstance(cells, BadCellError):
                if totals is not None:
                    totals.spoiled()
                yield line, (), cells
                continue
            joined = "".join(cells)
            if not joined or joined.isspace():
                yield line, cells, None
            elif totals is not None and totals.is_total(cells):
                totals.compare(line, cells)
                self.held_line = line
                yield line, cells, None
            else:
                named: dict[str, str] = dict(zip(fields, cells, strict=True))  # type: ignore[arg-type]
                if has_ignored:
                    del named[None]  # type: ignore[arg-type]
                    joined = "".join(named.values())
                if totals is not None:
                    totals.add(cells)
                yield line, cells, _row(line, named, joined, plan)
        self.held = None if totals is None else totals.held()
        if self.held is not None and self.held.code == "TRUNCATED":
            self.held_line = line


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the rows of one form are read: which fields are looked at always, and which only where a row is odd."""

    constants: Table[str, str]
    always: Sequence[tuple[str, Reader]]
    plain: Sequence[tuple[str, Reader]]
    """Numbers that are as they should be where all of them are ASCII without a comma."""
    numbers_of: Callable[[Table[str, str]], Iterable[str]] | None
    """Takes the cells of `plain`, where there are any."""
    texts: Sequence[tuple[str, Reader]]
    """Texts that are as they should be where the row has none of `_ODD_IN_TEXT`."""
    breaks: frozenset[str]
    """Texts in which a line break is allowed."""


def _plan(form: FormRule, rules: Sequence[ColumnRule]) -> _Plan:
    readers = [(rule, read) for rule in rules if (read := reader_of(rule)) is not None]
    plain = [(rule.field, read) for rule, read in readers if is_plain_number(rule)]
    texts = [(rule.field, read) for rule, read in readers if rule.kind == "text" and rule.codes is None]
    others = [(rule.field, read) for rule, read in readers if (rule.field, read) not in [*plain, *texts]]
    breaks = frozenset(rule.field for rule in rules if rule.kind == "text" and rule.writing.line_breaks == "blank")
    numbers_of = itemgetter(*[field for field, _ in plain]) if plain else None
    return _Plan(form.constants, others, plain, numbers_of, texts, breaks)


def _row(line: int, named: dict[str, str], joined: str, plan: _Plan) -> Row | BadCellError:
    """The row of a form, or the first cell that no form may hold or that is not written as the mapping says."""
    is_odd = len(joined) > MAX_CELL_CHARACTERS or not joined.isprintable()
    if is_odd and (fault := _odd_cell(named, plan.breaks)) is not None:
        return fault
    try:
        _read(named, plan.always)
        if plan.numbers_of is not None:
            numbers = "".join(plan.numbers_of(named))
            if not numbers.isascii() or "," in numbers:
                _read(named, plan.plain)
        if is_odd or "=" in joined or "@" in joined:
            _read(named, plan.texts)
    except BadCellError as error:
        return error
    if plan.constants:
        named.update(plan.constants)
    return Row(line, named)


def _read(named: dict[str, str], readers: Sequence[tuple[str, Reader]]) -> None:
    for field, read in readers:
        cell = named[field]
        if cell and not cell.isspace():
            named[field] = read(cell)


def _odd_cell(named: dict[str, str], breaks: frozenset[str]) -> BadCellError | None:
    for field, cell in named.items():
        if len(cell.strip()) > MAX_CELL_CHARACTERS:
            limit = MAX_CELL_CHARACTERS
            return BadCellError(field, f"超过 {limit} 个字符", f"longer than {limit} characters")
        if field in breaks:
            cell = cell.replace("\r", "").replace("\n", "")
        if has_unprintable(cell.strip(_BLANKS)):
            code: RejectCode | None = "UNSAFE_FILE" if "\0" in cell else None
            zh, en = "含有控制字符或看不见的字符", "holds a control character or one that cannot be seen"
            return BadCellError(field, zh, en, code)
    return None


def _form_of(file: Path, mapping: Mapping) -> tuple[FormRule, RecordSource]:
    """The form whose columns the file has."""
    headers: list[tuple[FormRule, Sequence[str]]] = []
    failure: UnusableFileError | None = None
    for forms, source_or_error in sources_of(file, mapping):
        if isinstance(source_or_error, UnusableFileError):
            failure = failure or source_or_error
            continue
        for form in forms:
            if fits(form, source_or_error.columns):
                return form, source_or_error
            headers.append((form, source_or_error.columns))
    if not headers:
        assert failure is not None, "a mapping has a form"
        if failure.code in ("ENCODING", "HEADER") and (other := _other_encoding(file, mapping)) is not None:
            raise _in_other_encoding(file, mapping, other)
        raise failure
    raise _unknown_form(file, mapping, headers)


def fits(form: FormRule, columns: Sequence[str]) -> bool:
    """Whether these are a form's columns, in whatever order."""
    required = {rule.column for rule in form.columns if not rule.optional}
    known = {rule.column for rule in form.columns} | {*form.ignored, *REJECT_COLUMNS}
    return required <= set(columns) <= known and len(set(columns)) == len(columns)


def _unknown_form(file: Path, mapping: Mapping, headers: Sequence[tuple[FormRule, Sequence[str]]]) -> UnusableFileError:
    """Why no form fits: another encoding, or another header; names the columns at fault of the nearest form."""
    other = _other_encoding(file, mapping)
    if other is not None:
        return _in_other_encoding(file, mapping, other)

    def common(pair: tuple[FormRule, Sequence[str]]) -> int:
        return len({rule.column for rule in pair[0].columns if not rule.optional} & set(pair[1]))

    form, columns = max(headers, key=common)
    line = form.title_rows + 1
    doubled = sorted({column for column in columns if columns.count(column) > 1})
    missing = [rule.column for rule in form.columns if not rule.optional and rule.column not in columns]
    unknown = [c for c in columns if c not in form.by_column and c not in form.ignored and c not in REJECT_COLUMNS]
    name = form.layout.name
    if not any(columns) and file.stat().st_size == 0:
        zh, en = "文件是空的", "the file is empty"
    elif not common((form, columns)):
        forms = "、".join(rule.layout.name for rule in mapping.forms)
        zh, en = f"表头不属于任何已知表单（{forms}）", f"the header belongs to none of the forms {forms}"
    elif doubled:
        zh, en = f"表头有重复的列：{'、'.join(doubled)}", f"the header names a column twice: {', '.join(doubled)}"
    elif missing:
        zh = f"表头不完整：表单“{name}”缺少 {'、'.join(missing)}"
        en = f"the header lacks columns of the form {name}: {'、'.join(missing)}"
    else:
        zh = f"表头有表单“{name}”没有的列：{'、'.join(unknown)}"
        en = f"the header has columns that the form {name} does not have: {', '.join(unknown)}"
    return UnknownColumnsError(file, zh, en, line, form, columns)


class UnknownColumnsError(UnusableFileError):
    """A header that fits no form; `form` is the nearest, `columns` what the file has."""

    def __init__(self, file: Path, zh: str, en: str, line: int, form: FormRule, columns: Sequence[str]) -> None:
        super().__init__(file, zh, en, "HEADER", line)
        self.form = form
        self.columns = columns


def _in_other_encoding(file: Path, mapping: Mapping, other: str) -> UnusableFileError:
    is_, needed = other.upper(), mapping.encoding.upper()
    zh, en = f"文件编码是 {is_}，请按 {needed} 导出", f"the file is in {is_}: export it in {needed}"
    return UnusableFileError(file, zh, en, "ENCODING")


def _other_encoding(file: Path, mapping: Mapping) -> str | None:
    """The other known encoding, where the file's header is a form's in that one."""
    if mapping.format != "csv":
        return None
    other = "utf-8" if mapping.encoding == "gb18030" else "gb18030"
    for forms, source in sources_of(file, replace(mapping, encoding=other)):
        if not isinstance(source, UnusableFileError) and any(fits(form, source.columns) for form in forms):
            return other
    return None
