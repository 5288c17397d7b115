"""CSV files in the platform's own form, put in place whole: GB18030, Chinese headers, CR LF."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import ENCODING


def write_csv(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows under the headers of the first, whole or not at all."""
    _write(file, _encoded(rows))


def write_another_csv(file: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write rows beside what is there: a file of that name with other content stays, and this one gets a number.

    The same content again writes nothing. Returns the file that holds it.
    """
    data = _encoded(rows)
    file = _same_or_free(file, data)
    if not file.exists():
        _write(file, data)
    return file


def is_written(file: Path, rows: Iterable[Mapping[str, str]]) -> bool:
    """Whether `write_another_csv` has written these rows under that name."""
    return _same_or_free(file, _encoded(rows)).exists()


def _same_or_free(file: Path, data: bytes) -> Path:
    """The file of that name, or of the next number, that holds the data or is not there."""
    stem, number = file.stem, 1
    while file.exists() and file.read_bytes() != data:
        number += 1
        file = file.with_name(f"{stem}-{number}{file.suffix}")
    return file


def _encoded(rows: Iterable[Mapping[str, str]]) -> bytes:
    rows = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(ENCODING)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".part")
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
