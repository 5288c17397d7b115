"""Rows that a province hands in by its database: taken in as a file's records are, the outcome written into each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from jinbao.regional_adapter.exchange.set_aside import failed
from jinbao.regional_adapter.files.document_table import local_time
from jinbao.regional_adapter.files.form_rows import BadCellError, RejectCode, UnusableFileError
from jinbao.regional_adapter.files.import_layouts import LAYOUTS
from jinbao.regional_adapter.files.imports.import_file import import_records
from jinbao.regional_adapter.files.imports.remedies import REMEDIES
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule
from jinbao.regional_adapter.files.mapping.sources import named_columns
from jinbao.regional_adapter.files.mapping.survey import survey_of
from jinbao.regional_adapter.files.readers.json_lines_source import cells_of_object
from jinbao.regional_adapter.files.readers.named_values import NamedColumns
from jinbao.regional_adapter.files.readers.source import Record
from jinbao.regional_adapter.files.ways_in.sql_tables import (
    HANDED_IN,
    MOST_CHARACTERS,
    OpenRow,
    ProvinceTables,
    Settled,
)
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.rules.working_days import day_of

POLL_S = 2.0
"""Pause between two looks at the table."""
BATCH = 5_000
"""Rows that are taken in together."""
_ORDER = {layout.name: place for place, layout in enumerate(LAYOUTS)}
_NAME = Path(HANDED_IN.name)

Tell = Callable[[Sequence[Settled]], None]
"""Hears what became of rows."""


class _Rows:
    """Open rows of one form as the records of a file; the line of a row is its place among them, from 1."""

    def __init__(self, names: NamedColumns, rows: Iterable[OpenRow]) -> None:
        self.columns = names.columns
        self._names = names
        self._rows = rows
        self.blank: set[int] = set()
        """Lines of rows that hold nothing."""

    def records(self) -> Iterator[Record]:
        """Every row."""
        for line, row in enumerate(self._rows, 1):
            cells = _too_long(self.columns[0]) if row.fields is None else cells_of_object(row.fields, self._names)
            if not isinstance(cells, BadCellError) and not any(map(str.strip, cells)):
                self.blank.add(line)
            yield line, cells


class TableWay:
    """The inbound table of one province."""

    def __init__(
        self, tables: ProvinceTables, taking: Taking, tell: Tell, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock`: seconds that only go forward."""
        self._tables = tables
        self._taking = taking
        self._tell = tell
        self._clock = clock
        self._look_at_s = clock()
        self._is_settled = False
        self._surveyed = ""
        """The form whose open rows were looked at together, until none of it is open."""
        self._conflicts: frozenset[int] = frozenset()
        """Its keys whose rows differ, in whatever batches they come."""

    def step(self, now: int) -> int:
        """Take one batch where it is time to look, or the last one was not all; how many rows.

        Raises TablesTrouble, and OSError and sqlite3.Error where disk or local system fail.
        """
        if self._clock() < self._look_at_s:
            return 0
        forms = sorted(self._tables.open_forms(), key=lambda form: (_ORDER.get(form, len(_ORDER)), form))
        self._is_settled = not forms
        if not forms:
            self._surveyed = ""
            self._look_at_s = self._clock() + POLL_S
            return 0
        if forms[0] != self._surveyed:
            self._surveyed, self._conflicts = forms[0], self._conflicts_of(forms[0])
        rows = self._tables.open_rows(forms[0], BATCH)
        settled = self._taken(rows, now)
        self._tables.settle(settled, local_time(now))
        self._tell(settled)
        return len(settled)

    def is_settled(self) -> bool:
        """Whether the last look found no open row."""
        return self._is_settled

    def _conflicts_of(self, form: str) -> frozenset[int]:
        """Keys with rows of other contents among all that are open."""
        rule = self._form(form)
        if rule is None:
            return frozenset()
        source = _Rows(named_columns(rule), self._tables.every_open_row(form))
        try:
            return survey_of(self._mapped(rule, source)).conflicts
        except UnusableFileError:
            return frozenset()  # each batch says so

    def _form(self, name: str) -> FormRule | None:
        return next((f for f in self._taking.mapping.forms if f.layout.name == name), None)

    def _mapped(self, form: FormRule, source: _Rows) -> MappedFile:
        mapped = MappedFile(_NAME, self._taking.mapping, (_without_layout(form), source))
        mapped.progress = self._taking.progress
        return mapped

    def _taken(self, rows: Sequence[OpenRow], now: int) -> list[Settled]:
        """What became of each; where the program fails over some, key by key."""
        try:
            return self._registered(rows, now)
        except Exception as error:
            keys = [list(group) for _, group in groupby(rows, key=lambda row: row.key)]
            aside = failed(error, "file", f"table {rows[0].id}")
            if len(keys) == 1:
                reason = f"程序出错，事件编号 {aside.incident}"
                return [_rejected(row, "UNSAFE_FILE", "", reason) for row in rows]
            return [one for group in keys for one in self._taken(group, now)]

    def _registered(self, rows: Sequence[OpenRow], now: int) -> list[Settled]:
        if not rows:
            return []
        form = self._form(rows[0].form)
        if form is None:
            known = "、".join(f.layout.name for f in self._taking.mapping.forms)
            return [_rejected(row, "CODE", "form", f"应为 {known} 之一") for row in rows]
        source = _Rows(named_columns(form), rows)
        try:
            report = import_records(
                [self._mapped(form, source)],
                self._taking.local,
                today=day_of(now),
                operator=self._taking.operator,
                now=now,
                conflicts=self._conflicts,
                office=self._taking.office,
            )
        except UnusableFileError as error:
            return [_rejected(row, error.code, "", error.reason[0]) for row in rows]
        bad = {one.line: one for one in report.bad}
        return [
            _rejected(row, one.code, one.column, one.reason_zh)
            if (one := bad.get(line)) is not None
            else Settled(row, "skipped" if line in source.blank else "accepted")
            for line, row in enumerate(rows, 1)
        ]


def _without_layout(form: FormRule) -> FormRule:
    """The form without what only a file has: title rows, and a total row."""
    return replace(form, title_rows=0, total=None)


def _too_long(column: str) -> BadCellError:
    most = MOST_CHARACTERS
    return BadCellError(column, f"超过 {most} 个字符", f"longer than {most} characters", "UNSAFE_FILE")


def _rejected(row: OpenRow, code: RejectCode, field: str, reason: str) -> Settled:
    return Settled(row, "rejected", code, field, reason, REMEDIES[code][0])
