"""Money that names no known case: held by the payee, and found or taken back by its payer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.payment import excess_returned, remittance, returned_funds_received
from jinbao.regional_adapter.forms.unassigned_funds import UnassignedFundsAssignedForm, UnassignedFundsReceivedForm
from jinbao.regional_adapter.forms.withdrawal import TransferClosedForm
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, payment_key, unassigned_to, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.special_cases import SpecialCase

_HELD_AT_MOST_DAYS = 5


class HoldingClerk(Clerk):
    """The payee: reports the money, then assigns it or gives it back."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.HOLDING,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The next word on the money."""
        return next(self._holding(file), None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the money was assigned or went back."""
        return any(map(file.wrote, ("UnassignedFundsAssigned", "TransferClosed")))

    def _holding(self, file: CaseFile) -> Iterator[Task]:
        """Reported as it came; some days later somebody has found out whose it is, or it goes back."""
        (credited, *_) = file.credits()
        held = file.wrote("UnassignedFundsReceived")
        returned = file.wrote("FundsReturned")
        if held is None:
            form: Form = UnassignedFundsReceivedForm(
                payer=credited.counterpart,
                amount=credited.amount,
                payment_reference=credited.reference,
                payment_line=credited.line,
                received_on=credited.booked_on,
            )
            whose = unassigned_to(self.province, credited.reference)
            day = self.after(credited.booked_on, 1)
            yield Task(day, lambda today: self.write(file, today, form, file.case, person=whose))
        elif file.plan.special is SpecialCase.MONEY_ASSIGNED:
            if not file.wrote("UnassignedFundsAssigned"):
                transfer = self.courses.application(file.plan).transfer
                form = UnassignedFundsAssignedForm(
                    assigned_to=transfer, reason_text="附言有误，经与转出地核对属于该业务"
                )
                day = self.some_days_after(wrote_on(held), _HELD_AT_MOST_DAYS, file.plan, "assigned")
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-R"))
        elif returned is None:
            planned = self.some_days_after(wrote_on(held), _HELD_AT_MOST_DAYS, file.plan, "unknown")
            giving_back = self.once_it_stands(planned, held)
            amount, payer = credited.amount, credited.counterpart
            if giving_back is not None:
                yield Task(giving_back, lambda today: self._give_back(file, today, amount, payer))
        elif not file.wrote("TransferClosed"):
            form = TransferClosedForm(reason_text="来款不属于任何业务，已退回付款地")
            day = self.after(wrote_on(returned), 1)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-C"))

    def _give_back(self, file: CaseFile, today: date, amount: Fen, payer: str) -> None:
        held = file.wrote("UnassignedFundsReceived")
        assert held is not None
        reference, line = self.pay(file, today, payer, amount, "V")
        form = excess_returned(held.fields, amount, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


class PayerClerk(Clerk):
    """The payer: says that it paid it, and takes it back."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.PAYER,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        return min(self._payer(file), key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the money is back, or was assigned."""
        return any((file.wrote("ReturnedFundsReceived"), file.got("UnassignedFundsAssigned")))

    def _payer(self, file: CaseFile) -> Iterator[Task]:
        """Told of money without a name: says that it paid it, where it has no other use for it, and takes it back."""
        told = file.got("UnassignedFundsReceived")
        if told is None or file.plan.special is not SpecialCase.UNKNOWN_MONEY_RETURNED:
            return
        reference, line = told.fields["payment_reference"], int(told.fields["payment_line"])
        if not file.wrote("FundsRemitted"):
            paid_on = date.fromisoformat(_day_in(reference))
            form: Form = remittance(Fen(told.fields["amount"]), reference, line, paid_on)
            key = payment_key(reference, line)
            yield Task(self.after(came_on(told), 1), lambda today: self.write(file, today, form, key))
        for entry in file.credits():
            if not file.wrote("ReturnedFundsReceived"):
                form = returned_funds_received(entry.amount, entry.reference, entry.line, entry.booked_on)
                key = payment_key(entry.reference, entry.line)
                day = self.after(entry.booked_on, 1)
                yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]


def _day_in(reference: str) -> str:
    """The day of the order, which this province's references state."""
    day = reference[8:16]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
