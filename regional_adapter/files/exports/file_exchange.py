"""Writes what came back into files: in the form that the province's mapping has for it, else as the platform's CSV.

One file a document, named by its event id or payment reference, put in place by renaming: written again it is the same
file. What does not fit into the province's form is set aside with each column at fault, and written once a later
version of the mapping has room for it. Payment orders for the province's bank leave the same way, once the platform has
accepted both the order and a sheet that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAside, SetAsideBook, failed
from jinbao.regional_adapter.files.document_table import (
    OUTCOMES,
    PAYMENT_ORDERS,
    delivered_rows,
    form_for,
    incoming_table,
    outcome_row,
)
from jinbao.regional_adapter.files.exports.csv_files import is_written, write_another_csv
from jinbao.regional_adapter.files.exports.out_file import SUFFIXES, DoesNotFitError, out_form, write_out
from jinbao.regional_adapter.files.exports.payment_orders import order_row, orders_to_give
from jinbao.regional_adapter.files.exports.set_aside_list import SetAsideList
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument

TABLE = "table"
"""Begins the subject of a document that was set aside for the province's table, which is none of the files'."""
BATCH = 500
"""Maximum number of files in one step."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]")


class FileExchange:
    """Writes one province's incoming documents under `folder`/in and its payment orders under `folder`/out."""

    def __init__(
        self,
        local: EmbeddedLocalSystem,
        folder: Path,
        set_aside: SetAsideBook,
        mapping: Mapping | None = None,
        *,
        durable: bool = True,
    ) -> None:
        """`set_aside` keeps what cannot be written as a file; `mapping` has the province's own forms.

        `durable`: files outlive a machine that loses its power, as those of `EmbeddedLocalSystem`.
        """
        self._durable = durable
        self._local = local
        self._folder = folder
        self._set_aside = set_aside
        self._mapping = mapping
        self._list = SetAsideList(set_aside, folder, DOCUMENT_TITLES)
        self._again = True
        for draft in [file for way in ("in", "out") for file in (folder / way).glob("*.part")]:
            draft.unlink()  # of a process that was killed while it wrote

    def step(self, now: int) -> int:
        """Write what has not been written yet; the number of files. A crash before the mark writes the same again."""
        if self._again:
            self._write_again(now)
        incoming = self._local.incoming(since=self._local.mark("files in"), limit=BATCH)
        for document in incoming:
            self._write_incoming(document, now)
        if incoming:
            self._local.set_mark("files in", incoming[-1].position)
        orders = orders_to_give(self._local)[:BATCH]
        for order in orders:
            self._write_order(order, now)
            self._local.released(order)
        outcomes = self._write_outcomes(now)
        self._list.write()
        return len(incoming) + len(orders) + outcomes

    def use(self, mapping: Mapping) -> None:
        """Write by another mapping from the next step on, what could not be written before too."""
        self._mapping, self._again = mapping, True

    def try_again(self) -> None:
        """Write in the next step what could not be written."""
        self._again = True

    def _write_again(self, now: int) -> None:
        self._again = False
        for kept in self._set_aside.all("file"):
            direction, _, number = kept.what.subject.partition(" ")
            if direction == TABLE:
                continue
            if direction == "in":
                found = self._local.incoming(since=int(number) - 1, limit=1)
                is_written = all(self._write_incoming(document, now) for document in found)
            else:
                write = self._write_outcome if direction == "outcome" else self._write_order
                is_written = all(write(d, now) for d in self._local.outgoing(int(number) - 1, 1))
            if is_written:
                self._set_aside.settle([kept.id])

    def _write_incoming(self, document: IncomingDocument, now: int) -> bool:
        case = _in_a_name(self._local.case_of(document.transfer_id))
        number = _in_a_name(document.local_document)
        named = number if number.startswith(case) else f"{case}-{number}"
        name, form = self._form(form_for(document.kind))
        standard = self._folder / "in" / f"{document.kind}-{named}-{document.event_id}.csv"
        own = standard.with_name(f"{name}-{named}-{document.event_id}")

        def write() -> None:
            if form is None:
                _write_standard(standard, own, incoming_table(document))
            elif not standard.exists():
                self._write_own(own, form, delivered_rows(document))

        return self._write(write, f"in {document.position}", document.kind, str(document.transfer_id), now)

    def _write_order(self, order: LocalDocument, now: int) -> bool:
        transfer = self._local.transfer_of(order.case)
        case = self._local.case_of(transfer) if transfer else order.case
        name, form = self._form(PAYMENT_ORDERS)
        standard = self._folder / "out" / f"{name}-{_in_a_name(case)}-{_in_a_name(order.key)}.csv"
        own = standard.with_name(f"{standard.stem}-{order.sequence}")

        def write() -> None:
            rows = [order_row(self._local, order)]
            if form is None:
                _write_standard(standard, own, rows)
            elif not is_written(standard, rows):
                self._write_own(own, form, rows)

        return self._write(write, f"out {order.sequence}", order.kind, order.case, now)

    def _write_outcomes(self, now: int) -> int:
        """Write what became of the province's own documents, where the mapping has a form for it; how many."""
        if self._form(OUTCOMES)[1] is None:
            return 0
        decided = self._local.decided(self._local.mark("files outcomes"), BATCH)
        for _, document in decided:
            self._write_outcome(document, now)
        if decided:
            self._local.set_mark("files outcomes", decided[-1][0])
        return len(decided)

    def _write_outcome(self, document: LocalDocument, now: int) -> bool:
        name, form = self._form(OUTCOMES)
        if form is None:
            return True
        transfer = self._local.transfer_of(document.case)
        case = self._local.case_of(transfer) if transfer else document.case
        named = (
            f"{name}-{_in_a_name(case)}-{_in_a_name(document.key)}-{document.sequence}-{document.state.name.lower()}"
        )
        stem, row = self._folder / "in" / named, outcome_row(document, case, transfer)
        return self._write(
            lambda: self._write_own(stem, form, [row]),
            f"outcome {document.sequence}",
            document.kind,
            document.case,
            now,
        )

    def _form(self, name: str) -> tuple[str, FormRule | None]:
        """A form's name and rule; none where the mapping has none for it."""
        return name, None if self._mapping is None else out_form(self._mapping, name)

    def _write_own(self, stem: Path, form: FormRule, rows: list[dict[str, str]]) -> None:
        """Write a document in the province's form, once in whichever format. Raises DoesNotFitError."""
        assert self._mapping is not None, "it has the form"
        if not _is_there(stem):
            file = stem.with_name(stem.name + SUFFIXES[self._mapping.format])
            write_out(file, self._mapping, form, rows, durable=self._durable)

    def _write(self, write: Callable[[], None], subject: str, kind: str, case: str, now: int) -> bool:
        """Write a document's file, or set the document aside; whether it was written."""
        try:
            write()
        except DoesNotFitError as error:
            self._set_aside.keep([SetAside("file", subject, "DOES_NOT_FIT", str(error), kind, (case,))], now)
            return False
        except Exception as error:
            self._set_aside.keep([failed(error, "file", subject, kind=kind, cases=(case,))], now)
            return False
        return True


def _is_there(stem: Path) -> bool:
    """Whether a document was written in a province's form, by this version of the mapping or another."""
    return any(stem.with_name(stem.name + suffix).exists() for suffix in {*SUFFIXES.values()})


def _write_standard(file: Path, own: Path, rows: list[dict[str, str]]) -> None:
    """Write a document as the platform's CSV, unless it left in the province's form before."""
    if not _is_there(own):
        write_another_csv(file, rows)


def _in_a_name(number: str) -> str:
    """A document's number as part of a file's name; names of two may agree, and their files then get a number."""
    return _NOT_IN_NAMES.sub("_", number)[:80]
