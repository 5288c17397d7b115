"""What came back for a province, put into the outbound table of its database: each document once.

That are documents that came in, what became of the province's own where its mapping has a form for it, and, where no
files are written, payment orders for its bank: an order leaves one way only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.regional_adapter.exchange.set_aside import SetAside, SetAsideBook, failed
from jinbao.regional_adapter.files.document_table import (
    OUTCOMES,
    PAYMENT_ORDERS,
    delivered_rows,
    form_for,
    incoming_table,
    local_time,
    outcome_row,
)
from jinbao.regional_adapter.files.exports.file_exchange import TABLE
from jinbao.regional_adapter.files.exports.out_file import DoesNotFitError, out_form, own_objects
from jinbao.regional_adapter.files.exports.payment_orders import order_row, orders_to_give
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.ways_in.sql_tables import ProvinceTables, Returned
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument

BATCH = 500
"""Maximum number of documents of a kind in one step."""
_MARK, _OUTCOMES_MARK = "tables out", "tables outcomes"


def outcome_name(document: LocalDocument) -> str:
    """What the table calls what became of a document of the province's own."""
    return f"{OUTCOMES}-{document.key}-{document.sequence}-{document.state.name.lower()}"


def order_name(order: LocalDocument) -> str:
    """What the table calls a payment order."""
    return f"{PAYMENT_ORDERS}-{order.key}-{order.sequence}"


class _One(NamedTuple):
    """A document on its way into the table."""

    name: str
    form: str
    case: str
    subject: str
    """By which it is set aside."""
    kind: str
    about: str
    """The case or transfer by which later ones are known."""


class TableReturn:
    """The outbound table of one province."""

    def __init__(
        self,
        tables: ProvinceTables,
        local: EmbeddedLocalSystem,
        set_aside: SetAsideBook,
        mapping: Mapping,
        *,
        orders: bool = False,
    ) -> None:
        """`set_aside` keeps what cannot be put there; `mapping` has the province's own forms.

        `orders`: payment orders leave here and not as files.
        """
        self._tables = tables
        self._local = local
        self._set_aside = set_aside
        self._mapping = mapping
        self._orders = orders
        self._again = True

    def use(self, mapping: Mapping) -> None:
        """Put there by another mapping from the next step on, what could not be before too."""
        self._mapping, self._again = mapping, True

    def try_again(self) -> None:
        """Put there in the next step what could not be."""
        self._again = True

    def step(self, now: int) -> int:
        """Put there what is not there yet; how much. A crash before the mark finds it there. Raises TablesTrouble."""
        if self._again:
            self._put_again(now)
        incoming = self._local.incoming(since=self._local.mark(_MARK), limit=BATCH)
        if incoming:
            self._put([self._returned(document, now) for document in incoming], now)
            self._local.set_mark(_MARK, incoming[-1].position)
        return len(incoming) + self._put_outcomes(now) + self._put_orders(now)

    def _put_outcomes(self, now: int) -> int:
        if out_form(self._mapping, OUTCOMES) is None:
            return 0
        decided = self._local.decided(self._local.mark(_OUTCOMES_MARK), BATCH)
        if decided:
            self._put([self._outcome(document, now) for _, document in decided], now)
            self._local.set_mark(_OUTCOMES_MARK, decided[-1][0])
        return len(decided)

    def _put_orders(self, now: int) -> int:
        orders = orders_to_give(self._local)[:BATCH] if self._orders else []
        if orders:
            self._put([self._order(order, now) for order in orders], now)
            for order in orders:
                self._local.released(order)
        return len(orders)

    def _put_again(self, now: int) -> None:
        """Put there what was set aside, by its subject: the table, what it is (nothing: it came in), its number."""
        for kept in self._set_aside.all("file"):
            direction, *what, number = kept.what.subject.split(" ")
            if direction != TABLE:
                continue
            since, found = int(number) - 1, list[Returned | None]()
            if not what:
                found = [self._returned(document, now) for document in self._local.incoming(since=since, limit=1)]
            else:
                again = self._order if what == ["out"] else self._outcome
                found = [again(document, now) for document in self._local.outgoing(since, 1)]
            if self._put(found, now):
                self._set_aside.settle([kept.id])
        self._again = False

    def _put(self, found: Sequence[Returned | None], now: int) -> bool:
        """Put documents there; whether none of them was set aside."""
        self._tables.put_back([one for one in found if one is not None], local_time(now))
        return None not in found

    def is_settled(self) -> bool:
        """A step leaves nothing to wait for."""
        return True

    def _returned(self, document: IncomingDocument, now: int) -> Returned | None:
        """A document that came in; under the platform's title and words where the mapping has no form for it."""
        transfer, form = document.transfer_id, form_for(document.kind)
        has_form = out_form(self._mapping, form) is not None
        one = _One(
            str(document.event_id),
            form if has_form else DOCUMENT_TITLES.get(document.kind, document.kind),
            self._local.case_of(transfer),
            f"{TABLE} {document.position}",
            document.kind,
            str(transfer),
        )
        return self._made(one, lambda: (delivered_rows if has_form else incoming_table)(document), now)

    def _outcome(self, document: LocalDocument, now: int) -> Returned | None:
        transfer = self._local.transfer_of(document.case)
        one = self._own(OUTCOMES, outcome_name(document), "outcome", document, transfer)
        return self._made(one, lambda: [outcome_row(document, one.case, transfer)], now)

    def _order(self, order: LocalDocument, now: int) -> Returned | None:
        one = self._own(PAYMENT_ORDERS, order_name(order), "out", order, self._local.transfer_of(order.case))
        return self._made(one, lambda: [order_row(self._local, order)], now)

    def _own(self, form: str, name: str, way: str, document: LocalDocument, transfer: UUID | None) -> _One:
        case = self._local.case_of(transfer) if transfer else document.case
        return _One(name, form, case, f"{TABLE} {way} {document.sequence}", document.kind, document.case)

    def _made(self, one: _One, rows: Callable[[], list[dict[str, str]]], now: int) -> Returned | None:
        """A document by its form, or by the platform's words without one; None where it was set aside."""
        form, cases = out_form(self._mapping, one.form), (one.about,)
        try:
            made = rows()
            fields = json.dumps(made if form is None else own_objects(self._mapping, form, made), ensure_ascii=False)
        except DoesNotFitError as error:
            aside = SetAside("file", one.subject, "DOES_NOT_FIT", str(error), one.kind, cases)
        except Exception as error:
            aside = failed(error, "file", one.subject, kind=one.kind, cases=cases)
        else:
            return Returned(one.name, one.form, one.case, fields)
        self._set_aside.keep([aside], now)
        return None
