"""The rejects of an imported file as a file of the same form: cells as they were, with place, reason and remedy.

The columns that say so come last, in Chinese; a reader of the form passes over them, so that the file is fed again as
it is once its rows are corrected. It holds personal data in clear and lies with the province's own system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import BadRow
from jinbao.regional_adapter.files.imports.remedies import REMEDIES
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.mapping.mixed_file import parts_of
from jinbao.regional_adapter.files.readers.source import REJECT_COLUMNS
from jinbao.regional_adapter.files.writers import Written, write_rejects_as

_ENDING = re.compile(r"(-[0-9a-f]{8})?-退回\Z")


def write_rejects(file: Path, mapping: Mapping, bad: list[BadRow], folder: Path, digest: str = "") -> Path | None:
    """Write the bad rows of a file into the folder, also as a workbook to look at; None where there are none.

    `digest`: of the file's content, to keep rejects of files of one name apart.
    """
    if not bad:
        return None
    suffix = ".xlsx" if file.suffix == ".xls" else file.suffix
    mark = f"-{digest[:8]}" if digest else ""
    target = folder / f"{_ENDING.sub('', file.stem)}{mark}-退回{suffix}"
    written = [part for mapped in parts_of(file, mapping) if (part := _part(mapped, bad)).rows]
    write_rejects_as(target, mapping, written)
    if suffix != ".xlsx":
        write_rejects_as(target.with_suffix(".xlsx"), replace(mapping, format="xlsx"), written)
    return target


def _part(mapped: MappedFile, bad: list[BadRow]) -> Written:
    """The bad rows of one form."""
    columns = [column for column in mapped.source.columns if column not in REJECT_COLUMNS]
    own = [one for one in bad if one.form in ("", mapped.form.layout.name)]
    return Written(mapped.form, [*columns, *REJECT_COLUMNS], list(_rows(mapped, own, len(columns))))


def _rows(mapped: MappedFile, bad: list[BadRow], width: int) -> Iterator[list[str]]:
    by_line = {one.line: one for one in bad}
    for line, cells, _ in mapped.records():
        one = by_line.get(line)
        if one is not None:
            own = [*cells[:width], *([""] * (width - len(cells)))]
            yield [*own, str(line), one.column, one.reason_zh, REMEDIES[one.code][0]]
