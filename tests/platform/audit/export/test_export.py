"""An export: in each format the same rows, text that stays text, sheets that end, tiles that the checker verifies."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from jinbao.platform.audit.export import files
from jinbao.platform.audit.export.export import Manifest, export
from jinbao.platform.audit.export.files import Format, write_table
from jinbao.platform.audit.export.tables import columns
from tests.platform.audit.conftest import Recorded

MADE_AT_US = 1_740_963_600_000_000


def exported(recorded: Recorded, folder: Path, form: Format) -> Manifest:
    with closing(recorded.store()) as store:
        return export(store, folder, form, "auditor", MADE_AT_US)


def rows_of(folder: Path, made: Manifest, table: str) -> list[list[Any]]:
    """Rows of a table as text, None for nothing; integers as integers where the format has them."""
    (file,) = next(one.files for one in made.tables if one.table == table)
    if made.format == "parquet":
        return [list(row.values()) for row in pq.read_table(folder / file).to_pylist()]
    if made.format == "xlsx":
        return [list(row) for row in load_workbook(folder / file).active.iter_rows(min_row=2, values_only=True)]
    with (folder / file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))[1:]


def test_every_format_has_the_same_rows_and_says_on_what_it_stands(recorded: Recorded, tmp_path: Path) -> None:
    found = {form: exported(recorded, tmp_path / form, form) for form in ("parquet", "csv", "xlsx")}
    parquet, text, sheets = found.values()
    assert parquet.tables
    counts = [{t.table: t.rows for t in made.tables} for made in found.values()]
    assert [one.pop("log/statements") for one in counts] == [1, 2, 3], "each export is an entry for the next"
    assert counts[0] == counts[1] == counts[2]
    for table in ("log/events", "log/postings", "log/intake", "read-models/case_board"):
        typed = rows_of(tmp_path / "parquet", parquet, table)
        in_cells = [[value if value != "" else None for value in row] for row in typed]  # a sheet has no empty text
        assert in_cells == rows_of(tmp_path / "xlsx", sheets, table)
        plain = [["" if value is None else str(value) for value in row] for row in typed]
        assert plain == [[v.removeprefix("'") for v in row] for row in rows_of(tmp_path / "csv", text, table)]
    (events,) = recorded.rows("SELECT COUNT(*), MAX(position) FROM events")
    assert (len(rows_of(tmp_path / "parquet", parquet, "log/events")), parquet.position) == events
    ((size, root),) = recorded.rows(
        "SELECT size, hex(root) FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
    )
    assert (parquet.size, (parquet.root or "").upper()) == (size, root)
    assert json.loads((tmp_path / "csv" / "manifest.json").read_text())["unmasked"] is None


def check(folder: Path, recorded: Recorded) -> dict[str, Any]:
    """What the exported programs say, without anything of ours."""
    command = [
        sys.executable,
        "-I",
        "-S",
        "check_export.py",
        ".",
        "--policy",
        str(recorded.folder / "audit" / "policy"),
    ]
    command[1:3] = ["-S"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["valid"] else 1)
    return found


def name_anew(folder: Path) -> None:
    """Write the manifest as somebody does who has changed files."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for one in manifest["files"]:
        one["sha256"] = sha256((folder / one["file"]).read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest))


def test_the_exported_checker_verifies_tiles_and_files(recorded: Recorded, tmp_path: Path) -> None:
    made = exported(recorded, tmp_path, "csv")
    found = check(tmp_path, recorded)
    assert (found["valid"], found["size"], found["root"]) == (True, made.size, made.root)
    table = tmp_path / "log" / "events.csv"
    table.write_bytes(table.read_bytes().replace(b"application-accepted", b"application-refused", 1))
    assert check(tmp_path, recorded)["reason"] == "log/events.csv is not the one of the manifest"
    name_anew(tmp_path)
    assert check(tmp_path, recorded)["valid"], "whether this manifest was logged is asked where the log is"
    (tmp_path / "log" / "more.csv").write_text("x")
    assert check(tmp_path, recorded)["reason"] == "log/more.csv is not in the manifest"
    (tmp_path / "log" / "more.csv").unlink()
    bundle = min((tmp_path / "tiles" / "tile" / "entries").rglob("*.p/*"), default=tmp_path)
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    name_anew(tmp_path)
    assert check(tmp_path, recorded)["reason"] == "the entries do not give the checkpoint's root"


def test_no_cell_becomes_a_formula_and_long_numbers_stay_text(tmp_path: Path) -> None:
    row = ("=1+1", "1100002024000000001234567", "0012", -5, 10**16, "bad\x07bell", None)
    made = columns("a b c #d #e f g")
    for form in ("csv", "xlsx", "parquet"):
        list(write_table(tmp_path, "cells", made, [row], form))
    with (tmp_path / "cells.csv").open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.reader(opened))[1] == [f"'{row[0]}", f"'{row[1]}", "'0012", "-5", f"'{10**16}", row[5], ""]
    cells = list(load_workbook(tmp_path / "cells.xlsx").active[2])
    assert [cell.data_type for cell in cells[:5]] == ["s", "s", "s", "n", "s"]
    assert [cell.value for cell in cells] == [*row[:4], str(10**16), "bad\N{REPLACEMENT CHARACTER}bell", None]
    assert list(pq.read_table(tmp_path / "cells.parquet").to_pylist()[0].values()) == list(row)


def test_a_full_sheet_goes_on_in_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "XLSX_ROWS", 4)
    rows = [(number,) for number in range(7)]
    written = list(write_table(tmp_path, "long", columns("#n"), rows, "xlsx"))
    assert [(one.file, one.rows) for one in written] == [("long.xlsx", 3), ("long-2.xlsx", 3), ("long-3.xlsx", 1)]
    again = [
        row
        for one in written
        for row in load_workbook(tmp_path / one.file).active.iter_rows(min_row=2, values_only=True)
    ]
    assert again == rows
    assert [one.rows for one in write_table(tmp_path, "none", columns("#n"), [], "xlsx")] == [0]
