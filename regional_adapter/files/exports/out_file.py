"""Files of the way back in a province's own form, written whole or not at all, and read back by the same mapping.

A file is read again before it gets its name: what does not come back as it was is a misfit like a value that is too
long, and no file is left.
"""

from __future__ import annotations

import os
from collections.abc import Mapping as Table, Sequence
from dataclasses import replace
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.regional_adapter.files.form_rows import BadCellError, UnusableFileError
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.out_values import MisfitError, cell_of, value_of
from jinbao.regional_adapter.files.readers.source import in_utf8
from jinbao.regional_adapter.files.writers import encoded, json_value
from jinbao.storage.sqlite_file import make_private

SUFFIXES = {
    "csv": ".csv",
    "xlsx": ".xlsx",
    "xls": ".xlsx",
    "json-lines": ".jsonl",
    "xml": ".xml",
    "fixed-width": ".txt",
    "dbf": ".dbf",
}
"""By format; no library that is kept writes the older workbooks, so that they leave as XLSX."""


class DoesNotFitError(BilingualError):
    """A document that a province's form cannot hold as it is: each column at fault with the reason, without values."""

    def __init__(self, faults: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(
            "；".join(f"{column}：{zh}" for column, zh, _ in faults),
            "; ".join(f"{column}: {en}" for column, _, en in faults),
        )


def out_form(mapping: Mapping, name: str) -> FormRule | None:
    """The form of the way back that a mapping has under a name."""
    return next((form for form in mapping.out if form.layout.name == name), None)


def write_out(
    file: Path, mapping: Mapping, form: FormRule, rows: Sequence[Table[str, str]], *, durable: bool = True
) -> None:
    """Write rows of the form's fields; a field that a row lacks is an empty cell. Raises DoesNotFitError.

    `durable`: it is on the disk before it gets its name.
    """
    cells = _cells(mapping, form, rows)
    names = [rule.header or rule.column for rule in form.columns]
    draft = file.with_name(file.name + ".part")
    make_private(draft)
    with draft.open("wb") as stream:
        stream.write(encoded(mapping, form, names, cells, form.columns))
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
    try:
        _compare(draft, mapping, form, cells)
    except DoesNotFitError:
        draft.unlink()
        raise
    draft.replace(file)


def own_objects(mapping: Mapping, form: FormRule, rows: Sequence[Table[str, str]]) -> list[dict[str, object]]:
    """The rows as objects of the province's own columns, as a table holds them. Raises DoesNotFitError."""
    rules = [(rule, rule.header or rule.column) for rule in form.columns]
    in_table = replace(mapping, format="json-lines", characters="utf-8")
    return [
        {name: json_value(cell, rule) for (rule, name), cell in zip(rules, cells, strict=True)}
        for cells in _cells(in_table, form, rows)
    ]


def read_out(file: Path, mapping: Mapping, form: FormRule) -> list[dict[str, str]]:
    """The rows that were written, by the form's fields. Raises UnusableFileError, and MisfitError for a damaged one."""
    rows = []
    for cells in _records(file, mapping, form):
        if isinstance(cells, BadCellError):
            raise MisfitError(cells.zh, cells.en)
        rows.append({rule.field: value_of(cell, rule) for rule, cell in zip(form.columns, cells, strict=True)})
    return rows


def _cells(mapping: Mapping, form: FormRule, rows: Sequence[Table[str, str]]) -> list[list[str]]:
    """The province's cells of every row. Raises DoesNotFitError with all that does not fit."""
    faults: dict[tuple[str, str, str], None] = {}
    cells = []
    for row in rows:
        cells.append(made := list[str]())
        for rule in form.columns:
            try:
                made.append(cell_of(row.get(rule.field, ""), rule, mapping))
            except MisfitError as error:
                faults[(rule.header or rule.column, *error.words)] = None
    if faults:
        raise DoesNotFitError(list(faults))
    return cells


def _records(file: Path, mapping: Mapping, form: FormRule) -> list[list[str] | BadCellError]:
    """Each record's cells in the order of the form's columns. Raises UnusableFileError."""
    source = MappedFile(file, replace(mapping, forms=(form,))).source
    places = [source.columns.index(rule.column) for rule in form.columns]
    found = (cells for _, cells in source.records())
    return [c if isinstance(c, BadCellError) else [c[place] for place in places] for c in found if c]


def _compare(draft: Path, mapping: Mapping, form: FormRule, cells: list[list[str]]) -> None:
    """Raises DoesNotFitError where the file does not hold exactly the cells.

    A record of GB18030 that is UTF-8 by chance is taken for that by this program's readers alone, and stays.
    """
    try:
        read = _records(draft, mapping, form)
    except UnusableFileError as error:
        if error.reason == (in_utf8("").zh, in_utf8("").en):
            return
        raise DoesNotFitError([(form.layout.name, *error.reason)]) from None
    for written, again in zip(cells, read, strict=False):
        if isinstance(again, BadCellError):
            if again.zh != in_utf8("").zh:
                raise DoesNotFitError([(again.column, again.zh, again.en)])
        elif again != written:
            (rule, *_) = (r for r, one, other in zip(form.columns, written, again, strict=True) if one != other)
            zh, en = "写入文件后读不回原值", "is not read from the file as it was"
            raise DoesNotFitError([(rule.column, zh, en)])
    if len(read) != len(cells):
        zh, en = f"应有 {len(cells)} 条，读回 {len(read)} 条", f"{len(cells)} records expected, {len(read)} read"
        raise DoesNotFitError([(form.layout.name, zh, en)])
