"""A simulated province's own files: what its counters, clerks and bank know, handed in by form like a real province's.

Rows wait until `hand_in` writes each form's file as the mapping says, and imports it; one file a form at a time, under
`DIR/local/PP/forms/`. What no file can say is not taken, and the caller does it as a province without files does. What
comes back is written as a running adapter writes it, and read by the same mapping.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping as Table, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinbao.regional_adapter.exchange.set_aside import SET_ASIDE_TABLE, SetAsideBook
from jinbao.regional_adapter.files.document_table import OUTCOMES, delivered_rows, form_for, outcome_row
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.files.exports.out_file import SUFFIXES, out_form, read_out
from jinbao.regional_adapter.files.form_rows import BadRow
from jinbao.regional_adapter.files.imports.import_file import import_file
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.files.out_values import MisfitError, cell_of, plain
from jinbao.regional_adapter.files.writers import encoded, with_total
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.office import Office
from jinbao.simulator.form_rows import (
    FormRow,
    application_row,
    bank_slip_row,
    decision_row,
    history_rows,
    is_written_so,
)
from jinbao.simulator.read_documents import as_read, outcome_as_read
from jinbao.storage.sqlite_file import make_private

_ORDER = ("缴费历史", "转移申请", "到账回单", "办理决定")


class DeliveryError(Exception):
    """What came back for a simulated province is not there, or says something else than the document."""


class OwnFiles:
    """The files of one province."""

    def __init__(self, local: EmbeddedLocalSystem, mapping: Mapping, folder: Path) -> None:
        """`folder`: the province's own."""
        self._local = local
        self._book = self._new_book()
        self._exchange = FileExchange(local, folder, self._book, mapping, durable=False)
        self._mapping = mapping
        self._folder = folder
        self._forms = {form.layout.name: form for form in mapping.forms}
        self._waiting: dict[str, list[list[str]]] = {name: [] for name in _ORDER}
        self.handed: set[str] = set()
        """Cases whose decisions have not been handed in."""

    def deliver(self, now: int) -> None:
        """Write what has come back, as a running adapter does."""
        while self._exchange.step(now):
            pass

    def read(self, document: IncomingDocument) -> IncomingDocument:
        """A document as its file has it, which is then done with; what did not fit is read at the desk.

        Raises DeliveryError.
        """
        form = out_form(self._mapping, form_for(document.kind))
        rows = self._read(str(document.event_id), f"in {document.position}", form, delivered_rows(document))
        return as_read(document, rows) if rows else document

    def read_outcome(self, document: LocalDocument) -> LocalDocument:
        """What became of a document of the province's own, likewise. Raises DeliveryError."""
        form = out_form(self._mapping, OUTCOMES)
        if form is None:
            return document
        transfer = self._local.transfer_of(document.case)
        case = self._local.case_of(transfer) if transfer else document.case
        told = [outcome_row(document, case, transfer)]
        ending = f"{document.sequence}-{document.state.name.lower()}"
        rows = self._read(ending, f"outcome {document.sequence}", form, told)
        return outcome_as_read(document, rows[0]) if rows else document

    def _read(
        self, ending: str, subject: str, form: FormRule | None, told: Sequence[Table[str, str]]
    ) -> list[dict[str, str]]:
        """The rows of the file whose name ends so; none of what did not fit, or is in the platform's own CSV."""
        files = list((self._folder / "in").glob(f"*-{ending}.*"))
        if not files and self._did_not_fit(subject):
            return []
        if len(files) != 1:
            raise DeliveryError(f"{subject}: {len(files)} files")
        rows = [] if form is None else read_out(files[0], self._mapping, form)
        if form is not None:
            agree(subject, form, told, rows)
        files[0].unlink()
        return rows

    def _did_not_fit(self, subject: str) -> bool:
        """Whether a document was set aside since the province's form has no room for it."""
        kept = next((one for one in self._book.all("file") if one.what.subject == subject), None)
        if kept is None or kept.what.code != "DOES_NOT_FIT":
            return False
        self._book.settle([kept.id])
        return True

    @staticmethod
    def _new_book() -> SetAsideBook:
        """What is set aside by this run."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        db.execute(SET_ASIDE_TABLE)
        return SetAsideBook(db)

    def close(self) -> None:
        """Nothing is kept open."""

    @property
    def is_waiting(self) -> bool:
        """Whether there are rows that have not been handed in."""
        return any(self._waiting.values())

    def add(self, form: str, rows: Sequence[FormRow]) -> bool:
        """Keep rows of a form for its next file; False, and none is kept, where the form cannot say one of them."""
        rule = self._forms[form]
        fields = {column.field for column in rule.columns}
        try:
            cells = [[cell_of(row.get(c.field, ""), c, self._mapping) for c in rule.columns] for row in rows]
        except MisfitError:
            return False
        if any(value and field not in fields for row in rows for field, value in row.items()):
            return False
        self._waiting[form] += cells
        return True

    def register_applicant(self, person: Person, application: Application) -> bool:
        """Keep an application; False where no file can say it."""
        row = application_row(application, person, self._local.province)
        return is_written_so(person) and self.add("转移申请", [row])

    def register_history(self, person: Person, rows: Sequence[ContributionRow], account: Account) -> bool:
        """Keep a history, with the years that are known already; False where no file can say it."""
        if not is_written_so(person):
            return False
        known = {(r.year, r.first_month, r.province): r for r in self._local.contributions(person.number)}
        whole = known | {(r.year, r.first_month, r.province): r for r in rows}
        return self.add("缴费历史", history_rows(person, list(whole.values()), account, self._local.province))

    def decide(self, case: str, action: str, number: str, operator: str, moment: int, given: Table[str, Any]) -> bool:
        """Keep a decision; False where no file can say it."""
        row = decision_row(self._local.province, case, action, number, operator, moment, given)
        if row is None or not self.add("办理决定", [row]):
            return False
        self.handed.add(case)
        return True

    def report_funds(self, case: str, letter: str, operator: str, moment: int, credit: Table[str, Any]) -> bool:
        """Keep the bank slip of money that names a letter; False where no file can say it."""
        row = bank_slip_row(self._local.province, letter, operator, moment, credit)
        if not self.add("到账回单", [row]):
            return False
        self.handed.add(case)
        return True

    def hand_in(self, today: date, office: Office) -> list[BadRow]:
        """Write and import what is waiting; the rows that were refused. `office`: who decides on the day."""
        bad = []
        self.handed.clear()
        for form in _ORDER:
            if rows := self._waiting[form]:
                self._waiting[form] = []
                bad += self._take(self._forms[form], rows, today, office)
        return bad

    def _take(self, form: FormRule, rows: list[list[str]], today: date, office: Office) -> list[BadRow]:
        file = self._write(form, rows)
        return import_file(file, self._local, today=today, mapping=self._mapping, office=office).bad

    def _write(self, form: FormRule, rows: list[list[str]]) -> Path:
        file = self._folder / "forms" / f"{form.layout.name}{SUFFIXES[self._mapping.format]}"
        make_private(file)
        names = [column.header or column.column for column in form.columns]
        file.write_bytes(encoded(self._mapping, form, *with_total(form, names, rows)))
        return file


def agree(subject: str, form: FormRule, told: Sequence[Table[str, str]], read: Sequence[Table[str, str]]) -> None:
    """Raises DeliveryError where the rows that were read, by the form's fields, are not what was to be told."""
    if read != [{c.field: plain(row.get(c.field, ""), c) for c in form.columns} for row in told]:
        raise DeliveryError(f"{subject}: what was read says something else")
