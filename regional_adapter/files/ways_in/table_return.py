"""What came back for a province, put into the outbound table of its database: each document once."""

from __future__ import annotations

import json

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAsideBook, failed
from jinbao.regional_adapter.files.document_table import incoming_table, local_time
from jinbao.regional_adapter.files.ways_in.sql_tables import ProvinceTables, Returned
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument

BATCH = 500
"""Maximum number of documents in one step."""
_MARK = "tables out"


class TableReturn:
    """The outbound table of one province."""

    def __init__(self, tables: ProvinceTables, local: EmbeddedLocalSystem, set_aside: SetAsideBook) -> None:
        """`set_aside` keeps what cannot be put there."""
        self._tables = tables
        self._local = local
        self._set_aside = set_aside

    def step(self, now: int) -> int:
        """Put there what is not there yet; how much. A crash before the mark finds it there. Raises TablesTrouble."""
        incoming = self._local.incoming(since=self._local.mark(_MARK), limit=BATCH)
        if incoming:
            found = [self._returned(document, now) for document in incoming]
            self._tables.put_back([one for one in found if one is not None], local_time(now))
            self._local.set_mark(_MARK, incoming[-1].position)
        return len(incoming)

    def is_settled(self) -> bool:
        """A step leaves nothing to wait for."""
        return True

    def _returned(self, document: IncomingDocument, now: int) -> Returned | None:
        title, case = DOCUMENT_TITLES.get(document.kind, document.kind), self._local.case_of(document.transfer_id)
        try:
            fields = json.dumps(incoming_table(document), ensure_ascii=False)
        except Exception as error:
            cases = (str(document.transfer_id),)
            aside = failed(error, "file", f"in {document.position}", kind=document.kind, cases=cases)
            self._set_aside.keep([aside], now)
            return None
        return Returned(str(document.event_id), title, case, fields)
