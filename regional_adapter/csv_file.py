"""Writes a file of the province's own format: CSV in GB18030, put in place by renaming."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from jinbao.regional_adapter.csv_form import ENCODING
from jinbao.rules.working_days import SHANGHAI


def write_csv(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows under the headers of the first, whole or not at all."""
    rows = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".part")
    with draft.open("wb") as stream:
        stream.write(text.getvalue().encode(ENCODING))
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def local_time(instant_us: int) -> str:
    """An instant as a clerk reads it, in Beijing."""
    return datetime.fromtimestamp(instant_us // 1_000_000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
