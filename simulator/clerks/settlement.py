"""The finance clerk of a province that settles by period: pays what the yearly statement says, and reports it.

Everything is derived from the province's local system and its bank, so a run that was killed goes on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.settlement import counterpart_of, net_owed, settlement_paid, settlement_received
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.case import Case
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.derived_ids import settlement_relationship
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import BookEntry, OrderLine
from jinbao.simulator.clerks.case_file import came_on, payment_key
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.own_decision import decision_for
from jinbao.simulator.scenario.plan import SETTLED_PAIR
from jinbao.simulator.scenario.seeded_random import draw
from jinbao.simulator.virtual_clock import office_instant

_PAID_AFTER_DAYS, _TRANSIT_DAYS, _REPORTED_AFTER_DAYS = 5, 2, 1
"""Working days from the statement to the payment, on its way, and from the credit to its report: assumed."""


class SettlementClerk:
    """One province's share in the settlements of its pair; does nothing in a province that has none."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._read_postings = 0
        self._credits: list[BookEntry] = []

    def work(self, today: date) -> int:
        """Pay and report what is due by today; returns how much was done."""
        if self._clerk.province not in SETTLED_PAIR:
            return 0
        return sum(1 for stated in self._statements() for _ in self._settle(stated, today))

    def _statements(self) -> list[IncomingDocument]:
        """The newest statement of each year."""
        newest: dict[UUID, IncomingDocument] = {}
        for document in self._clerk.local.incoming("SettlementStated"):
            newest[document.transfer_id] = document
        return list(newest.values())

    def _settle(self, stated: IncomingDocument, today: date) -> Iterator[None]:
        clerk, province, settlement = self._clerk, self._clerk.province, stated.transfer_id
        case = settlement.hex
        paid = clerk.local.documents(case=case, kind="SettlementPaid")
        owed = net_owed(stated, province) - sum(int(d.fields["amount"]) for d in paid)
        to = counterpart_of(stated, province)
        if owed > 0 and clerk.after(came_on(stated), _PAID_AFTER_DAYS) <= today:
            reference = make_payment_reference(f"{province}{to}{today:%Y%m%d}J")
            credited_on = clerk.after(today, _TRANSIT_DAYS)
            line = OrderLine(1, settlement, Fen(owed))
            clerk.banks.order(reference, province, to, [line], ordered_on=today, credited_on=credited_on)
            form: Form = settlement_paid(stated, province, Fen(owed), reference, 1, today)
            self._write(stated, to, form, payment_key(reference, 1), today)
            yield
        reported = {d.key for d in clerk.local.documents(case=case, kind="SettlementReceived")}
        for entry in self._received(settlement):
            key = payment_key(entry.reference, entry.line)
            if key not in reported and clerk.after(entry.booked_on, _REPORTED_AFTER_DAYS) <= today:
                form = settlement_received(stated, province, entry.amount, entry.reference, entry.line, entry.booked_on)
                self._write(stated, to, form, key, today)
                yield

    def _received(self, settlement: UUID) -> list[BookEntry]:
        """What the bank has credited for a settlement."""
        for entry in self._clerk.banks.statement(self._clerk.province, since=self._read_postings):
            self._read_postings = entry.entry
            if entry.counterpart in SETTLED_PAIR and entry.amount > 0:
                self._credits.append(entry)
        return [entry for entry in self._credits if entry.transfer_id == settlement]

    def _write(self, stated: IncomingDocument, to: str, form: Form, key: str, today: date) -> None:
        clerk = self._clerk
        moment = office_instant(today, draw(clerk.seed, clerk.province, "settlement", form.KIND, key))
        relationship = settlement_relationship(clerk.province, to)
        case, operator = stated.transfer_id.hex, f"{clerk.province}-01"
        if clerk.files is not None:
            said = decision_for(
                clerk.office, self._case(stated, today), form.KIND, key, form.fields, stated.event_id, None
            )
            if said is not None and clerk.files.decide(case, said[0], key, operator, moment, said[1]):
                return
        clerk.local.write_document(
            form.KIND, key, case, form.fields, operator, moment, 1, stated.event_id, relationship, None
        )

    def _case(self, stated: IncomingDocument, today: date) -> Case:
        clerk, settlement = self._clerk, stated.transfer_id
        written, came = clerk.local.documents(case=settlement.hex), clerk.local.incoming(transfer=settlement)
        agency = clerk.agency_on(today)
        return Case(clerk.local, settlement.hex, agency, clerk.procedures, today, written, came)
