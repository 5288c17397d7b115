"""What the rarer turns make the desk do that takes people in: mistakes taken back, frozen cases, refunds, notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.application import refusal
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.identity_correction import identity_corrected
from jinbao.regional_adapter.forms.overlap import overlap_cleared
from jinbao.regional_adapter.forms.payment import excess_returned
from jinbao.regional_adapter.forms.suspension import TransferFrozenForm
from jinbao.regional_adapter.forms.withdrawal import TransferClosedForm
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import PERSONS, BookEntry
from jinbao.simulator.clerks.case_file import CaseFile, Task, payment_key, wrote_on
from jinbao.simulator.clerks.clerk import Desk
from jinbao.simulator.population.mistaken_identity import corrected, reason_of
from jinbao.simulator.scenario.special_cases import FREEZES, Rare

_TOLD_ABOUT = (
    "ApplicationRefused",
    "TransferCompleted",
    "TransferClosed",
    "TransferWithdrawn",
    "TransferFrozen",
    "OverlapCleared",
)
"""Decisions of the destination that person or employer are told of."""
_OVERLAP_AT_MOST_MONTHS = 6
_FROZEN_AFTER_LETTER_DAYS, _CORRECTED_AFTER_LETTER_DAYS = 1, 2


class RareDestination(Desk):
    """The rarer part of the destination's desk."""

    def credited(self, file: CaseFile) -> list[BookEntry]:
        """Money of the case: under its own name, and under another since somebody found out."""
        held = file.holding
        assigned = held.credits() if held is not None and held.wrote("UnassignedFundsAssigned") else []
        return [*file.credits(), *assigned]

    def known_since(self, file: CaseFile, credit: BookEntry) -> date:
        """The day from which a credit can be reported for the case."""
        assigned = file.holding.day_wrote("UnassignedFundsAssigned") if file.holding else None
        return max(credit.booked_on, assigned) if assigned else credit.booked_on

    def is_over(self, file: CaseFile) -> bool:
        """Whether the last word stands, and nothing of the rarer turn is to come."""
        refused = file.wrote("ApplicationRefused") is not None and file.wrote("FactAnnulled") is None
        over = refused or any(map(file.wrote, ("TransferWithdrawn", "TransferClosed", "TransferCompleted")))
        return over and (file.plan.rare is not Rare.PAID_TWICE or file.wrote("FundsReturned") is not None)

    # --- taken back ---

    def mistaken_refusal(self, file: CaseFile, decided: date) -> Iterator[Task]:
        """The refusal of an application that was in order, and on the next day its annulment."""
        refused = file.wrote("ApplicationRefused")
        if refused is None:
            form: Form = refusal("CERTIFICATE_INVALID")
            day = self.clock.before(decided, 1)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-R"))
        elif file.wrote("FactAnnulled") is None:
            form = annulment(refused, "误操作，凭证有效")
            yield Task(decided, lambda today: self.write(file, today, form, f"{file.case}-Z"))

    # --- the person ---

    def corrections(self, file: CaseFile) -> Iterator[Task]:
        """The number of a person who was registered under another one."""
        rare, letter = file.plan.rare, file.wrote("ContactLetterIssued")
        if rare not in (Rare.NUMBER_UPGRADED, Rare.PERMIT_TO_CITIZEN) or letter is None:
            return
        if file.wrote("IdentityCorrected") is None:
            day = self.after(wrote_on(letter), _CORRECTED_AFTER_LETTER_DAYS)
            yield Task(day, lambda today: self._correct(file, today))

    def _correct(self, file: CaseFile, today: date) -> None:
        application = self.local.application(file.case)
        known = self.local.person(application.person) if application else None
        assert file.plan.rare is not None
        assert known is not None, "the counter has registered the applicant"
        person = corrected(file.plan.rare, known)
        self.local.register_person(person)
        form = identity_corrected(reason_of(file.plan.rare), person)
        self.write(file, today, form, f"{file.case}-G")

    def freeze(self, file: CaseFile, both_in: date | None) -> Iterator[Task]:
        """Death, another nationality or a pension meanwhile; `both_in`: the day on which sheet and money were in."""
        rare, letter = file.plan.rare, file.wrote("ContactLetterIssued")
        if rare is None or rare not in FREEZES or letter is None or file.wrote("TransferCompleted"):
            return
        credits = [self.known_since(file, c) for c in self.credited(file)]
        match rare:
            case Rare.LOSES_NATIONALITY:
                day: date | None = self.after(wrote_on(letter), _FROZEN_AFTER_LETTER_DAYS)
            case Rare.DIES_AFTER_REMITTANCE:
                day = self.after(min(credits), 1) if credits else None
            case _:
                day = self.after(both_in, 1) if both_in else None
        if day is not None:
            yield Task(day, lambda today: self._freeze(file, today, rare))

    def _freeze(self, file: CaseFile, today: date, rare: Rare) -> None:
        form = TransferFrozenForm(
            cause=FREEZES[rare], happened_on=self.clock.before(today, 1), document_number=f"{file.case}-D"
        )
        self.write(file, today, form, f"{file.case}-F")

    def after_freeze(self, file: CaseFile, kept: Fen) -> Iterator[Task]:
        """What is here goes back, then the case is closed."""
        told = file.wrote("TransferFrozen")
        if told is None or file.wrote("TransferClosed"):
            return
        frozen = wrote_on(told)
        if kept:
            day = self.once_it_stands(self.some_days_after(frozen, 3, file.plan, "given back"), told)
            if day is not None:
                yield Task(day, lambda today: self._give_all_back(file, today, kept))
            return
        last = max(frozen, file.day_wrote("FundsReturned") or frozen)
        form = TransferClosedForm(reason_text="业务终止，按规定另行处理")
        yield Task(self.after(last, 2), lambda today: self.write(file, today, form, f"{file.case}-C"))

    def _give_all_back(self, file: CaseFile, today: date, kept: Fen) -> None:
        received = file.wrote("FundsReceived")
        assert received is not None, "what is here was reported"
        reference, line = self.pay(file, today, file.plan.origin, kept, "B")
        form = excess_returned(received.fields, kept, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))

    # --- after the last word ---

    def afterwards(self, file: CaseFile) -> Iterator[Task]:
        """What follows the last word: notices, a refund, money that came too late."""
        completed = file.wrote("TransferCompleted")
        if file.plan.rare is Rare.PAID_TWICE and completed:
            yield from self._pay_surplus_back(file)
        if file.plan.rare is Rare.OVERLAP and completed and not file.wrote("OverlapCleared"):
            day = self.once_it_stands(self.some_days_after(wrote_on(completed), 5, file.plan, "overlap"), completed)
            sheet = file.got("InformationSheetSent")
            assert sheet is not None, "a completed transfer has its sheet"
            if day is not None:
                yield Task(day, lambda today: self._clear_overlap(file, today, sheet))
        yield from self.informing(file, _TOLD_ABOUT)

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

    def _clear_overlap(self, file: CaseFile, today: date, sheet: IncomingDocument) -> None:
        """先转后清: the person keeps these months here; the account for them is refunded."""
        count = 1 + self.random(file.plan, "overlap months").randrange(_OVERLAP_AT_MOST_MONTHS)
        months, refund = overlapping(sheet, count)
        reference, line = self.pay(file, today, PERSONS, refund, "P")
        form = overlap_cleared(months, self.province, refund, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


def overlapping(sheet: IncomingDocument, count: int) -> tuple[list[int], Fen]:
    """The first so many months of the sheet's history (YYYYMM), and what was credited to the account for them."""
    months: list[int] = []
    refund = 0
    for row in sheet.fields["rows"]:
        taken = min(row["months"], count - len(months))
        months += range(row["first_month"], row["first_month"] + taken)
        if row["months"]:
            refund += row["account_credit"] * taken // row["months"]
    return months, Fen(refund)
