"""Writes records as a file of a province's own form: the columns, encoding and line ends that its mapping says."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.storage.sqlite_file import make_private


def write_records(
    file: Path, mapping: Mapping, form: FormRule, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Write the rows under the columns, whole or not at all; the file is its owner's alone."""
    draft = file.with_name(file.name + ".part")
    make_private(draft)
    with draft.open("w", encoding=mapping.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=mapping.delimiter, lineterminator="\r\n")
        writer.writerows([""] * len(columns) for _ in range(form.title_rows))
        writer.writerow(columns)
        writer.writerows(rows)
    draft.replace(file)
