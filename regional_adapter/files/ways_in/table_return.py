"""What came back for a province, put into the outbound table of its database: each document once."""

from __future__ import annotations

import json
from collections.abc import Mapping as Table, Sequence

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAside, SetAsideBook, failed
from jinbao.regional_adapter.files.document_table import delivered_rows, form_for, incoming_table, local_time
from jinbao.regional_adapter.files.exports.file_exchange import TABLE
from jinbao.regional_adapter.files.exports.out_file import DoesNotFitError, out_form, own_objects
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.ways_in.sql_tables import ProvinceTables, Returned
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument

BATCH = 500
"""Maximum number of documents in one step."""
_MARK = "tables out"


class TableReturn:
    """The outbound table of one province."""

    def __init__(
        self, tables: ProvinceTables, local: EmbeddedLocalSystem, set_aside: SetAsideBook, mapping: Mapping
    ) -> None:
        """`set_aside` keeps what cannot be put there; `mapping` has the province's own forms."""
        self._tables = tables
        self._local = local
        self._set_aside = set_aside
        self._mapping = mapping
        self._again = True

    def try_again(self) -> None:
        """Put there in the next step what could not be."""
        self._again = True

    def step(self, now: int) -> int:
        """Put there what is not there yet; how much. A crash before the mark finds it there. Raises TablesTrouble."""
        if self._again:
            self._put_again(now)
        incoming = self._local.incoming(since=self._local.mark(_MARK), limit=BATCH)
        if incoming:
            self._put(incoming, now)
            self._local.set_mark(_MARK, incoming[-1].position)
        return len(incoming)

    def _put_again(self, now: int) -> None:
        for kept in self._set_aside.all("file"):
            direction, _, position = kept.what.subject.partition(" ")
            if direction == TABLE and self._put(self._local.incoming(since=int(position) - 1, limit=1), now):
                self._set_aside.settle([kept.id])
        self._again = False

    def _put(self, incoming: Sequence[IncomingDocument], now: int) -> bool:
        """Put documents there, or set them aside; whether all are there."""
        found = [self._returned(document, now) for document in incoming]
        self._tables.put_back([one for one in found if one is not None], local_time(now))
        return None not in found

    def is_settled(self) -> bool:
        """A step leaves nothing to wait for."""
        return True

    def _returned(self, document: IncomingDocument, now: int) -> Returned | None:
        case, subject = self._local.case_of(document.transfer_id), f"{TABLE} {document.position}"
        cases = (str(document.transfer_id),)
        try:
            title, rows = self._rows(document)
            fields = json.dumps(rows, ensure_ascii=False)
        except DoesNotFitError as error:
            aside = SetAside("file", subject, "DOES_NOT_FIT", str(error), document.kind, cases)
        except Exception as error:
            aside = failed(error, "file", subject, kind=document.kind, cases=cases)
        else:
            return Returned(str(document.event_id), title, case, fields)
        self._set_aside.keep([aside], now)
        return None

    def _rows(self, document: IncomingDocument) -> tuple[str, Sequence[Table[str, object]]]:
        """The form's name and the document's rows: the province's own form, or the platform's words."""
        form = out_form(self._mapping, form_for(document.kind))
        if form is None:
            return DOCUMENT_TITLES.get(document.kind, document.kind), incoming_table(document)
        return form.layout.name, own_objects(self._mapping, form, delivered_rows(document))
