"""Payments: what the destination reports of the credits of its bank, and what the origin orders and reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.payment import excess_returned, funds_received
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import BookEntry
from jinbao.simulator.clerks.case_file import CaseFile, Schedule, Task, came_on, payment_key, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.information_sheet import Sheets
from jinbao.simulator.scenario.mismatch_sums import first_payment
from jinbao.simulator.scenario.plan import Incident
from jinbao.simulator.scenario.plants import Planted
from jinbao.simulator.scenario.special_cases import SpecialCase

_PAID_AGAIN_AFTER_DAYS = 2


class Receipts(Clerk):
    """The destination: money of a case as its bank has it, and as it was reported."""

    def credited(self, file: CaseFile) -> list[BookEntry]:
        """Money of the case: under its own name, and under another since somebody found out."""
        held = file.holding
        assigned = held.credits() if held is not None and held.wrote("UnassignedFundsAssigned") else []
        return [*file.credits(), *assigned]

    def known_since(self, file: CaseFile, credit: BookEntry) -> date:
        """The day from which a credit can be reported for the case."""
        assigned = file.holding.day_wrote("UnassignedFundsAssigned") if file.holding else None
        return max(credit.booked_on, assigned) if assigned else credit.booked_on

    def _credits(self, file: CaseFile) -> Iterator[Task]:
        """Each credit on the bank's statement becomes a report, the day it is booked or the working day after."""
        for credit in self.credited(file):
            key = payment_key(credit.reference, credit.line)
            written = [d for d in file.written.get("FundsReceived", ()) if d.key == key]
            mistyped = file.plan.incident is Incident.MISTYPED_REFERENCE and not written
            if written:
                corrected = written[-1].fields["payment_reference"] == credit.reference
                refused = file.answered("FundsReceived", "PAYMENT_REFERENCE_INVALID")
                if corrected or refused is None:
                    continue
                day = self.after(came_on(refused), 1)
            else:
                delay = self.drawn_below(2, file.plan, "report", key)
                day = self.after(self.known_since(file, credit), delay)
            if mistyped:  # past the office, which finds the typing error
                wrong = _with_a_typing_error(credit.reference)
                form = funds_received(credit.amount, wrong, credit.line, credit.booked_on)
                yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]
            else:
                yield self.bank_slip(file, day, "report-funds", credit, received_on=credit.booked_on)

    def _received(self, file: CaseFile) -> tuple[Fen, list[date]]:
        """Money here that is reported under its right reference, less what was paid back, and the days it moved."""
        booked = {payment_key(c.reference, c.line): c.reference for c in self.credited(file)}
        kept, days = 0, []
        for document in file.written.get("FundsReceived", ()):
            if document.fields["payment_reference"] == booked.get(document.key):
                kept += int(document.fields["amount"])
                days.append(wrote_on(document))
        for document in file.written.get("FundsReturned", ()):
            kept -= int(document.fields["amount"])
            days.append(wrote_on(document))
        return Fen(kept), days

    def _both_in(self, file: CaseFile) -> date | None:
        """The day on which the newest sheet and the latest money were in; None while one of them is not."""
        sheet = file.got("InformationSheetSent")
        if sheet is None:
            return None
        _, days = self._received(file)
        if not days and self.is_paid(file.plan):
            return None
        return max([came_on(sheet), *days])

    def _pay_surplus_back(self, file: CaseFile) -> Iterator[Task]:
        """Money that came after completion is held in suspense, and then goes back."""
        received = file.written.get("FundsReceived", ())
        if len(received) < 2 or file.wrote("FundsReturned"):
            return
        surplus = received[-1]
        day = self.once_it_stands(self.some_days_after(wrote_on(surplus), 4, file.plan, "surplus"), surplus)
        if day is None:
            return
        amount = Fen(int(surplus.fields["amount"]))

        def pay_back(today: date) -> None:
            reference, line = self.pay(file, today, file.plan.origin, amount, "B")
            form = excess_returned(surplus.fields, amount, reference, line, today)
            self.write(file, today, form, payment_key(reference, line))

        yield Task(day, pay_back)


class Payments(Sheets):
    """The origin: orders, their notices, and money that comes back."""

    def _money(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        """The payment order, then the notice of it; the bank's own book shows whether the order was given."""
        if not self._order_rests_on(file, letter):
            return
        reference, line = self.payment(file.plan, days.order, file.plan.destination, "A")
        if self.banks.amount(reference, line) is None:
            yield Task(days.order, lambda today: self._order(file, days, letter))
        else:
            yield from self._notice(file, days, letter)

    def _notice(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        for purpose in "AS" if file.plan.planted == Planted.SPLIT_PAYMENTS else "A":
            reference, line = self.payment(file.plan, days.order, file.plan.destination, purpose)
            amount, key = self.banks.amount(reference, line), payment_key(reference, line)
            if amount is not None and not any(d.key == key for d in file.written.get("FundsRemitted", ())):
                yield self._announcing(file, days.notice, amount, (reference, line), days.order)

    def _order(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> None:
        stated = Fen(int(self.sheet_form(file, letter, days.figured, 1).total))
        total = stated
        if file.plan.mismatches:
            right = Fen(int(self.sheet_form(file, letter, days.figured, 1, right=True).total))
            total = first_payment(file.plan.mismatches, right, stated)
        self.order_main(file, days.order, total)

    def order_main(self, file: CaseFile, day: date, amount: Fen) -> None:
        """The payment order, as the turn has it: named wrongly, bound to bounce, or with another that is nobody's."""
        plan = file.plan
        named = self.courses.nameless(plan) if plan.special is SpecialCase.MONEY_ASSIGNED else None
        bounces = plan.special is SpecialCase.PAYMENT_BOUNCES
        if plan.planted == Planted.SPLIT_PAYMENTS:
            self.pay(file, day, plan.destination, Fen(amount - amount * 3 // 5), "S")
            amount = Fen(amount * 3 // 5)
        self.pay(file, day, plan.destination, amount, "A", named=named, bounces=bounces)
        if plan.special is SpecialCase.UNKNOWN_MONEY_RETURNED:
            other = Fen(self.random(plan, "unknown money").randrange(10_000, 900_000))
            self.pay(file, day, plan.destination, other, "U", transfer=self.courses.nameless(plan))

    def side_ways(self, file: CaseFile) -> Iterator[Task]:
        """What the bank gave back is reported and paid again; what was paid twice is reported when it has come."""
        for entry in file.bounces():
            key = payment_key(entry.reference, entry.line)
            reported = [d for d in file.written.get("PaymentBounced", ()) if d.key == key]
            if not reported:
                day = self.after(entry.booked_on, self.drawn_below(2, file.plan, "report", key))
                bounced_on, reason = entry.booked_on, "收款账户信息有误，银行退汇"
                yield self.bank_slip(
                    file, day, "report-bounced-payment", entry, bounced_on=bounced_on, reason_text=reason
                )
            else:
                planned = self.after(wrote_on(reported[0]), _PAID_AGAIN_AFTER_DAYS)
                again = self.once_it_stands(planned, reported[0])
                if again is not None:
                    yield from self._payment_of(file, again, Fen(entry.amount), "N")
        completed, paid = file.got("TransferCompleted"), file.wrote("FundsRemitted")
        if file.plan.special is SpecialCase.PAID_TWICE and completed and paid:
            day = self.after(came_on(completed), _PAID_AGAIN_AFTER_DAYS)
            yield from self._surplus(file, day, Fen(int(file.written["FundsRemitted"][0].fields["amount"])))

    def _payment_of(self, file: CaseFile, day: date, amount: Fen, purpose: str) -> Iterator[Task]:
        """Order and notice of one more payment on the day."""
        reference, line = self.payment(file.plan, day, file.plan.destination, purpose)
        key = payment_key(reference, line)
        if self.banks.amount(reference, line) is None:
            yield Task(day, lambda today: self._pay_on(file, day, amount, purpose))
        elif not any(d.key == key for d in file.written.get("FundsRemitted", ())):
            yield self._announcing(file, day, amount, (reference, line), day)

    def _announcing(self, file: CaseFile, day: date, amount: Fen, payment: tuple[str, int], ordered: date) -> Task:
        """The notice of a payment that the bank has."""
        given = {"payment_reference": payment[0], "payment_line": payment[1], "amount": amount, "remitted_on": ordered}
        return self.task(file, day, "order-payment", payment_key(*payment), purpose="transfer", **given)

    def _pay_on(self, file: CaseFile, day: date, amount: Fen, purpose: str) -> None:
        self.pay(file, day, file.plan.destination, amount, purpose)

    def _surplus(self, file: CaseFile, day: date, amount: Fen) -> Iterator[Task]:
        """The same amount by mistake once more; noticed when the destination reports it."""
        reference, line = self.payment(file.plan, day, file.plan.destination, "D")
        key = payment_key(reference, line)
        if self.banks.amount(reference, line) is None:
            yield Task(day, lambda today: self._pay_on(file, day, amount, "D"))
            return
        reported = [d for d in file.came.get("FundsReceived", ()) if d.fields["payment_reference"] == reference]
        if reported and not any(d.key == key for d in file.written.get("FundsRemitted", ())):
            noticed = self.after(came_on(reported[0]), 1)
            yield self._announcing(file, noticed, amount, (reference, line), day)

    def _returned_money(self, file: CaseFile) -> Iterator[Task]:
        for credit in file.credits():
            key = payment_key(credit.reference, credit.line)
            if any(d.key == key for d in file.written.get("ReturnedFundsReceived", ())):
                continue
            day = self.after(credit.booked_on, self.drawn_below(2, file.plan, "report", key))
            yield self.bank_slip(file, day, "report-returned-funds", credit, received_on=credit.booked_on)


def _with_a_typing_error(reference: str) -> str:
    """The reference with one digit mistyped, which its check digits do not survive."""
    wrong = str((int(reference[4]) + 1) % 10)
    return f"{reference[:4]}{wrong}{reference[5:]}"
