"""A simulated province's tables: what it knows as rows of `jinbao_in` in a database of its own, instead of files."""

from __future__ import annotations

import json
from collections.abc import Mapping as Table, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import select

from jinbao.regional_adapter.files.document_table import OUTCOMES, delivered_rows, form_for, outcome_row
from jinbao.regional_adapter.files.exports.file_exchange import TABLE
from jinbao.regional_adapter.files.exports.out_file import out_form
from jinbao.regional_adapter.files.form_rows import BadRow, RejectCode
from jinbao.regional_adapter.files.import_layouts import KEYS
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.out_values import value_of
from jinbao.regional_adapter.files.ways_in.sql_tables import COME_BACK, HANDED_IN, ProvinceTables, Settled
from jinbao.regional_adapter.files.ways_in.table_return import TableReturn, outcome_name
from jinbao.regional_adapter.files.ways_in.table_way import TableWay
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import end_of_day
from jinbao.simulator.own_files import DeliveryError, OwnFiles, agree
from jinbao.simulator.read_documents import as_read, outcome_as_read
from jinbao.storage.sqlite_file import make_private


class OwnTables(OwnFiles):
    """The tables of one province, in an SQLite file under `DIR/local/PP/`."""

    def __init__(self, local: EmbeddedLocalSystem, mapping: Mapping, folder: Path) -> None:
        super().__init__(local, mapping, folder)
        file = folder / "tables.sqlite"
        if not file.exists():
            make_private(file)
        self._tables = ProvinceTables(f"sqlite:///{file}", durable=False)
        self._tables.create()
        self._return = TableReturn(self._tables, local, self._book, mapping, orders=True)

    def deliver(self, now: int) -> None:
        """Put what has come back into the other table."""
        while self._return.step(now):
            pass

    def read(self, document: IncomingDocument) -> IncomingDocument:
        """A document as its row has it. Raises DeliveryError."""
        subject, name = f"{TABLE} {document.position}", str(document.event_id)
        rows = self._read_row(name, subject, form_for(document.kind), delivered_rows(document))
        return as_read(document, rows) if rows else document

    def read_outcome(self, document: LocalDocument) -> LocalDocument:
        """What became of a document of the province's own, likewise. Raises DeliveryError."""
        transfer = self._local.transfer_of(document.case)
        case = self._local.case_of(transfer) if transfer else document.case
        told = [outcome_row(document, case, transfer)]
        rows = self._read_row(outcome_name(document), f"{TABLE} outcome {document.sequence}", OUTCOMES, told)
        return outcome_as_read(document, rows[0]) if rows else document

    def _read_row(self, name: str, subject: str, kind: str, told: Sequence[Table[str, str]]) -> list[dict[str, str]]:
        with self._tables.connect() as db:
            found = db.execute(select(COME_BACK.c.fields).where(COME_BACK.c.document == name)).scalars().all()
        if not found and self._did_not_fit(subject):
            return []
        if len(found) != 1:
            raise DeliveryError(f"{subject}: {len(found)} rows")
        form = out_form(self._mapping, kind)
        if form is None:
            return []
        rows = [_fields(form, one) for one in json.loads(found[0])]
        agree(subject, form, told, rows)
        return rows

    def close(self) -> None:
        """Close the database."""
        self._tables.close()

    def _take(self, form: FormRule, rows: list[list[str]], today: date, office: Office) -> list[BadRow]:
        names = [column.column for column in form.columns]
        known_by = next(place for place, c in enumerate(form.columns) if c.field == KEYS[form.layout.name][0])
        self._tables.hand_in(
            [
                (form.layout.name, row[known_by], json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False))
                for row in rows
            ]
        )
        settled: list[Settled] = []
        taking = Taking(self._local, self._mapping, self._folder, "import", office=office)
        way = TableWay(self._tables, taking, settled.extend, clock=lambda: 0.0)
        while way.step(end_of_day(today) - 1):
            pass
        return [_bad(one) for one in settled if one.outcome == "rejected"]


def _fields(form: FormRule, columns: dict[str, object]) -> dict[str, str]:
    """A row of the table by the form's fields, as the mapping reads it."""
    return {rule.field: value_of(_cell(columns[rule.header or rule.column]), rule) for rule in form.columns}


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bad(one: Settled) -> BadRow:
    code: RejectCode = one.code or "CODE"  # type: ignore[assignment]
    return BadRow(HANDED_IN.name, one.row.id, one.field or "", one.reason or "", one.reason or "", code)
