"""Fuzz targets: a province's file in each of the seven formats, read by its example mapping as `check-mapping` does."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import get_args

from jinbao.fuzz.cells import changed_cell
from jinbao.fuzz.noise import damaged, noise
from jinbao.fuzz.tables import Rows, SampleTable
from jinbao.fuzz.target import FuzzInput, FuzzResult, InvariantBroken
from jinbao.regional_adapter.files.form_rows import RejectCode
from jinbao.regional_adapter.files.import_layouts import FieldKind, kind_of
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, load_mapping
from jinbao.regional_adapter.files.mapping_check import CheckReport, check_file

EXAMPLES = Path(__file__).parent.parent / "examples" / "provinces"
TODAY = date(2026, 1, 1)
_CODES = frozenset(get_args(RejectCode))
_BEFORE_VALUES = frozenset({"ENCODING", "HEADER", "TRUNCATED", "UNSAFE_FILE"})
"""Codes of what was not read as cells."""
_MOST_ROWS = 4
_DELIVERED = ("letters", "sheets", "answers", "deadlines", "notices", "outcomes", "payment-orders")
"""Files of the way back, which are written here and not handed in."""
_SHARES = {"xlsx": 1}
_USUAL_SHARE = 5


class ProvinceFile:
    """The files of one example set."""

    def __init__(self, name: str, mapping: Path, files: list[Path]) -> None:
        self.name = name
        self.reads_file = True
        self.share = _SHARES.get(name, _USUAL_SHARE)
        self._mapping = load_mapping(mapping)
        self._files = files

    def draw(self, random: Random) -> FuzzInput:
        """A file of a few records: cells, rows, header or bytes changed, or noise."""
        file = random.choice(self._files)
        table = _table(self.name, file)
        if file.suffix == ".xls":  # written by no program here: only its bytes are changed
            data = file.read_bytes()
            return FuzzInput(data if random.random() < 0.1 else damaged(random, data), file.suffix)
        if random.random() < 0.06:
            return FuzzInput(noise(random, table.encoded()), file.suffix)
        rows, spoiled = _changed_rows(random, table)
        changed = table.with_rows(rows)
        bounds = changed.bounds_are_sure
        if random.random() < 0.06:
            changed, bounds = _with_other_header(random, changed), False
        try:
            data = changed.encoded()
        except UnicodeEncodeError:
            data, bounds = table.encoded(), False
        if random.random() < 0.15:
            return FuzzInput(damaged(random, data), file.suffix)
        if not bounds:
            return FuzzInput(data, file.suffix)
        return FuzzInput(data, file.suffix, changed.records, spoiled)

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """Read it twice, as the command does."""
        return held_result(file, self._mapping, given)


def held_result(file: Path, mapping: Mapping, given: FuzzInput) -> FuzzResult:
    """What became of a file, held against what must be true of any. Raises InvariantBroken."""
    report = check_file(file, mapping, TODAY)
    codes = frozenset(one.code for one in report.rejects)
    _hold(report, codes, given)
    past = report.accepted > 0 or bool(codes - _BEFORE_VALUES)
    return FuzzResult(_outcome(report), codes, past)


def _outcome(report: CheckReport) -> str:
    if report.rejects:
        return "refused" if report.rows == 0 else "rejected"
    return "accepted" if report.accepted else "skipped"


def _hold(report: CheckReport, codes: frozenset[str], given: FuzzInput) -> None:
    """Raises InvariantBroken."""
    counted = report.accepted + report.rejected + report.skipped
    if counted != report.rows:
        raise InvariantBroken(f"{counted} outcomes of {report.rows} records")
    if report.rejected and not report.rejects:
        raise InvariantBroken("records are rejected without a reason")
    if not codes <= _CODES or any(one.line < 1 or not one.reason_zh or not one.reason_en for one in report.rejects):
        raise InvariantBroken("a reject without place, code or reason")
    if given.records is None or report.rows == 0:
        return
    if report.rows != given.records:
        raise InvariantBroken(f"{report.rows} records read of {given.records}")
    if report.accepted > given.records - given.spoiled:
        raise InvariantBroken(f"{report.accepted} accepted, though {given.spoiled} must not be")


@cache
def _table(name: str, file: Path) -> SampleTable:
    mapping = load_mapping(EXAMPLES / name / "mapping.toml")
    mapped = MappedFile(file, mapping)
    rows = [cells for _, cells, _ in mapped.records() if cells]
    return SampleTable(mapping, mapped.form, file.suffix, mapped.source.columns, rows)


def _changed_rows(random: Random, table: SampleTable) -> tuple[Rows, int]:
    """A few of the rows with some changes, and how many of them no mapping may accept."""
    total = [table.rows[-1]] if table.form.total is not None and random.random() < 0.9 else []
    data = list(table.rows[:-1] if table.form.total is not None else table.rows)
    rows = [list(row) for row in random.sample(data, random.randint(1, min(_MOST_ROWS, len(data))))]
    kinds = _kinds(table)
    spoiled = set[int]()
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        at, column = random.randrange(len(rows)), random.randrange(len(kinds))
        rows[at][column], never = changed_cell(random, kinds[column], rows[at][column])
        if never:
            spoiled.add(at)
        else:
            spoiled.discard(at)
    count = len(spoiled)
    match random.randrange(14):
        case 0:
            rows.append([*rows[0][:-1], rows[0][-1] + "1"])  # one key, two contents
            count = 0
        case 1:
            rows.insert(random.randrange(len(rows) + 1), [""] * len(kinds))
        case 2:
            row = random.choice(rows)
            first, second = random.randrange(len(kinds)), random.randrange(len(kinds))
            row[first], row[second] = row[second], row[first]
            count = 0
        case 3 if table.mapping.format == "csv":
            at = random.randrange(len(rows))
            rows[at] = rows[at][:-1] if random.random() < 0.5 else [*rows[at], "1"]
    return [*rows, *total], count


def _kinds(table: SampleTable) -> list[FieldKind]:
    by_column = table.form.by_column
    return [by_column[c].kind if c in by_column else kind_of("") for c in table.columns]


def _with_other_header(random: Random, table: SampleTable) -> SampleTable:
    columns, rows = list(table.columns), [list(row) for row in table.rows]
    at = random.randrange(len(columns))
    match random.randrange(4):
        case 0:
            columns[at] = random.choice(columns)
        case 1:
            columns[at] += random.choice(("1", " ", "？", "\u200b"))
        case 2:
            columns.reverse()
            for row in rows:
                row.reverse()
        case 3:
            del columns[at]
            for row in rows:
                del row[at : at + 1]
    return SampleTable(table.mapping, table.form, table.suffix, columns, rows)


def province_files() -> list[ProvinceFile]:
    """The targets of the seven example sets. Raises OSError where the examples are not here."""
    index = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    return [
        ProvinceFile(
            one["name"],
            EXAMPLES / one["mapping"],
            [EXAMPLES / file for file in one["files"] if Path(file).stem not in _DELIVERED],
        )
        for one in index
    ]
