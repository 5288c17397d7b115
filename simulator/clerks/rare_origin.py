"""What the rarer turns make the desk do that lets people go: back-payments, arrears, bounced and surplus payments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.forms.arrears import ArrearsDeclinedForm, ArrearsReportedForm, ArrearsSettledForm
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.identity_correction import identity_corrected
from jinbao.regional_adapter.forms.lump_sum import (
    document_requested,
    document_supplied,
    lump_sum_found,
    lump_sum_notice,
)
from jinbao.regional_adapter.forms.origin_review import letter_returned
from jinbao.regional_adapter.forms.payment import payment_bounced, remittance
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Task, came_on, payment_key, wrote_on
from jinbao.simulator.clerks.clerk import Desk
from jinbao.simulator.population.bookkeeping import recorded_balance
from jinbao.simulator.population.mistaken_identity import corrected, reason_of
from jinbao.simulator.population.persons import lump_rows
from jinbao.simulator.scenario.mismatch_sums import without_last_months
from jinbao.simulator.scenario.plan import Plan
from jinbao.simulator.scenario.special_cases import CORRECTED, LEFT_BEHIND, LUMP_SUMS, PAID_IN_THIRD, Rare

_LUMP_SUM_RATE = 28
"""Per cent of the bases: what was paid for the years of a back-payment (employer 20, own 8)."""
_SINCE_THE_RULE = 2018
"""A year after 2016-11-28, from which on it takes a legal instrument (人社部规〔2016〕5号)."""
_ARREARS_AT_MOST_MONTHS = 3
_OWN_RATE_PERCENT = 8
_DOCUMENTED, _LEFT_BEHIND = "LumpSumDocumentSupplied", "LumpSumNoticeSent"
_FOUND_LATER_AFTER_DAYS, _PAID_AGAIN_AFTER_DAYS = 5, 2


class RareOrigin(Desk):
    """The rarer part of the origin's desk."""

    def held_until(self, file: CaseFile, letter: IncomingDocument) -> date | None:
        """The day from which sheet and money may go; None while something that must come first has not come."""
        rare = file.plan.rare
        if rare is Rare.LOSES_NATIONALITY:
            return None
        needed: date | None = came_on(letter)
        if rare in (Rare.LUMP_SUM_COMMITMENT, Rare.LUMP_SUM_THIRD_PROVINCE):
            needed = file.day_wrote(_DOCUMENTED) or _day_got(file, _DOCUMENTED)
        elif rare is Rare.LUMP_SUM_SEVERAL:
            here, there = file.day_wrote(_DOCUMENTED), _day_got(file, _DOCUMENTED)
            needed = max(here, there) if here and there else None
        elif rare in LUMP_SUMS:
            needed = file.day_wrote(_LEFT_BEHIND)
        elif rare is Rare.ARREARS_SETTLED or rare is Rare.ARREARS_DECLINED:
            needed = file.day_wrote("ArrearsSettled") or file.day_wrote("ArrearsDeclined")
        elif rare in CORRECTED:
            needed = file.day_wrote("IdentityCorrected") or _day_got(file, "IdentityCorrected")
        elif rare is Rare.RETURN_TAKEN_BACK:
            needed = file.day_wrote("FactAnnulled")
        return None if needed is None else self.after(needed, 1)

    # --- the books ---

    def right_letter(self, file: CaseFile, letter: IncomingDocument) -> IncomingDocument:
        """The letter with what is known of the person now."""
        told = file.wrote("IdentityCorrected") or file.got("IdentityCorrected")
        return replace(letter, fields={**letter.fields, "personal": told.fields["personal"]}) if told else letter

    def books(self, file: CaseFile, letter: IncomingDocument) -> tuple[Account, list[ContributionRow]]:
        """Account and history of the person whom the letter means, under whatever number they stand."""
        numbers = [letter.fields["personal"]["number"], self.right_letter(file, letter).fields["personal"]["number"]]
        for number in numbers:
            account = self.local.account(number)
            if account is not None:
                return account, self.local.contributions(number)
        raise AssertionError("the origin keeps the person's account")

    def left_behind(self, file: CaseFile) -> list[LocalDocument]:
        """The back-payments found that have no document while the sheet is written."""
        return file.written.get("LumpSumFound", []) if file.plan.rare in LEFT_BEHIND else []

    def moving(self, plan: Plan, rows: list[ContributionRow]) -> list[ContributionRow]:
        """The rows that move: neither of a back-payment without its document, nor months in arrears for good."""
        if plan.rare in LEFT_BEHIND:
            return rows[len(lump_rows(rows)) :]
        if plan.rare is Rare.ARREARS_DECLINED:
            return without_last_months(rows, self._arrears_months(plan))
        return rows

    def year_end(self, account: Account, rows: Sequence[ContributionRow], remitted_on: date) -> Account:
        """The account as the books have it at the end of the year before, where they keep a balance of their own."""
        if account.account_at_previous_year_end is None:
            return account
        return msgspec.structs.replace(account, account_at_previous_year_end=recorded_balance(rows, remitted_on))

    # --- what the review brings to light ---

    def findings(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        """A back-payment, arrears, or a number with a wrong digit."""
        rare = file.plan.rare
        if rare in LUMP_SUMS:
            yield from self._lump_sum(file, letter, review)
        elif rare is Rare.ARREARS_SETTLED or rare is Rare.ARREARS_DECLINED:
            yield from self._arrears(file, letter, review)
        elif rare is Rare.NUMBER_MISTYPED and not file.wrote("IdentityCorrected"):
            yield Task(review, lambda today: self._correct(file, today, letter))

    def _lump_sum(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        plan, known = file.plan, file.written.get("LumpSumFound", [])
        if len(known) < (2 if plan.rare is Rare.LUMP_SUM_SEVERAL else 1):
            yield Task(review, lambda today: self._find_lump_sum(file, today, letter, len(known) + 1))
            return
        first, found = known[0], known[-1]
        if plan.rare in PAID_IN_THIRD and not file.wrote("LumpSumDocumentRequested"):
            request, key = document_requested(found), f"{found.key}-Q"
            yield Task(wrote_on(found), lambda today: self.write(file, today, request, key))
        if plan.rare in (Rare.LUMP_SUM_COMMITMENT, Rare.LUMP_SUM_SEVERAL):
            if not file.wrote(_DOCUMENTED):
                day = self.some_days_after(wrote_on(first), 2, plan, "commitment")
                form = document_supplied("commitment", f"CN{first.key}", wrote_on(first), first, day)
                yield Task(day, lambda today: self.write(file, today, form, f"{first.key}-D"))
        elif plan.rare not in PAID_IN_THIRD and not file.wrote(_LEFT_BEHIND):
            day = self.some_days_after(wrote_on(found), 3, plan, "notice")
            yield Task(
                day,
                lambda today: self.write(
                    file, today, lump_sum_notice([found], f"GZ{found.key}", today), f"{found.key}-G"
                ),
            )

    def _find_lump_sum(self, file: CaseFile, today: date, letter: IncomingDocument, number: int) -> None:
        """The first years of the history; the second of several covers the years after them, and was paid since 5号."""
        _, rows = self.books(file, letter)
        covered, rare = lump_rows(rows), file.plan.rare
        if number > 1:
            covered = lump_rows(rows[len(covered) :])
        amount = Fen(sum(row.contribution_base_total for row in covered) * _LUMP_SUM_RATE // 100)
        old = rare is Rare.LUMP_SUM_COMMITMENT or (rare is Rare.LUMP_SUM_SEVERAL and number == 1)
        year = covered[-1].year + (1 if old else 3)
        paid_on = date(max(year, _SINCE_THE_RULE) if number > 1 else year, 6, 1)
        form = lump_sum_found(letter, covered, amount, paid_on, self.province, number)
        key = f"YC{file.plan.index:07d}" if number == 1 else f"YC{file.plan.index:07d}-{number}"
        self.write(file, today, form, key, answers=letter.event_id)

    def found_later(self, file: CaseFile) -> Iterator[Task]:
        """The document of years that stayed behind turns up after all."""
        found, completed = file.wrote("LumpSumFound"), file.got("TransferCompleted")
        if file.plan.rare is not Rare.LUMP_SUM_FOLLOWS or not found or not completed or file.wrote(_DOCUMENTED):
            return
        paid_on = date.fromisoformat(str(found.fields["paid_on"]))
        made, day = date(paid_on.year, paid_on.month - 1, 1), self.after(came_on(completed), _FOUND_LATER_AFTER_DAYS)
        form = document_supplied("arbitration", f"ZC{found.key}", made, found, day)
        yield Task(day, lambda today: self.write(file, today, form, f"{found.key}-D"))

    def _arrears_months(self, plan: Plan) -> int:
        return 1 + self.random(plan, "arrears").randrange(_ARREARS_AT_MOST_MONTHS)

    def _arrears(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        reported = file.wrote("ArrearsReported")
        if reported is None:
            yield Task(review, lambda today: self._report_arrears(file, today, letter))
            return
        if file.wrote("ArrearsSettled") or file.wrote("ArrearsDeclined"):
            return
        settled = file.plan.rare is Rare.ARREARS_SETTLED
        day = self.some_days_after(wrote_on(reported), 4, file.plan, "arrears answered")
        form = self._arrears_answer(reported, day, settled=settled)
        yield Task(day, lambda today: self.write(file, today, form, f"{reported.key}-A"))

    @staticmethod
    def _arrears_answer(reported: LocalDocument, day: date, *, settled: bool) -> Form:
        if settled:
            return ArrearsSettledForm(paid_on=day, amount=reported.fields["own_part"])
        return ArrearsDeclinedForm(declined_on=day)

    def _report_arrears(self, file: CaseFile, today: date, letter: IncomingDocument) -> None:
        _, rows = self.books(file, letter)
        months = self._arrears_months(file.plan)
        own_part = Fen(rows[-1].contribution_base_total // rows[-1].months * months * _OWN_RATE_PERCENT // 100)
        form = ArrearsReportedForm(letter_version=letter.fields["letter_version"], months=months, own_part=own_part)
        self.write(file, today, form, f"QF{file.plan.index:07d}", answers=letter.event_id)

    def _correct(self, file: CaseFile, today: date, letter: IncomingDocument) -> None:
        """This province's own books have the right number."""
        assert file.plan.rare is not None
        meant = letter.fields["personal"]
        right = corrected(file.plan.rare, Person(number=meant["number"], name=meant["name"])).number
        known = self.local.person(right)
        assert known is not None, "the origin knows the person under the right number"
        form = identity_corrected(reason_of(file.plan.rare), known)
        self.write(file, today, form, f"GZ{file.plan.index:07d}", answers=letter.event_id)

    def taken_back(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        """A return by mistake, and on the next day its annulment."""
        returned = file.wrote("TransferReturned")
        if returned is None:
            form: Form = letter_returned(letter, "PERSON_NOT_FOUND")
            key = f"{letter.local_document}-T"
            yield Task(review, lambda today: self.write(file, today, form, key, answers=letter.event_id))
        elif file.wrote("FactAnnulled") is None:
            form = annulment(returned, "误退回，已查到参保人")
            day = self.after(wrote_on(returned), 1)
            yield Task(day, lambda today: self.write(file, today, form, f"{returned.key}-Z"))

    # --- money on its side ways ---

    def order_main(self, file: CaseFile, day: date, amount: Fen) -> None:
        """The payment order, as the turn has it: named wrongly, bound to bounce, or with another that is nobody's."""
        plan = file.plan
        named = self.courses.nameless(plan) if plan.rare is Rare.MONEY_ASSIGNED else None
        bounces = plan.rare is Rare.PAYMENT_BOUNCES
        self.pay(file, day, plan.destination, amount, "A", named=named, bounces=bounces)
        if plan.rare is Rare.UNKNOWN_MONEY_RETURNED:
            other = Fen(self.random(plan, "unknown money").randrange(10_000, 900_000))
            self.pay(file, day, plan.destination, other, "U", transfer=self.courses.nameless(plan))

    def side_ways(self, file: CaseFile) -> Iterator[Task]:
        """What the bank gave back is reported and paid again; what was paid twice is reported when it has come."""
        for entry in file.bounces():
            key = payment_key(entry.reference, entry.line)
            reported = [d for d in file.written.get("PaymentBounced", ()) if d.key == key]
            if not reported:
                day = self.after(entry.booked_on, self.random(file.plan, "report", key).randrange(2))
                reason = "收款账户信息有误，银行退汇"
                form = payment_bounced(entry.amount, entry.reference, entry.line, entry.booked_on, reason)
                yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]
            else:
                planned = self.after(wrote_on(reported[0]), _PAID_AGAIN_AFTER_DAYS)
                again = self.once_it_stands(planned, reported[0])
                if again is not None:
                    yield from self._payment_of(file, again, Fen(entry.amount), "N")
        completed, paid = file.got("TransferCompleted"), file.wrote("FundsRemitted")
        if file.plan.rare is Rare.PAID_TWICE and completed and paid:
            day = self.after(came_on(completed), _PAID_AGAIN_AFTER_DAYS)
            yield from self._surplus(file, day, Fen(int(file.written["FundsRemitted"][0].fields["amount"])))

    def _payment_of(self, file: CaseFile, day: date, amount: Fen, purpose: str) -> Iterator[Task]:
        """Order and notice of one more payment on the day."""
        reference, line = self.payment(file.plan, day, file.plan.destination, purpose)
        key = payment_key(reference, line)
        if self.banks.amount(reference, line) is None:
            yield Task(day, lambda today: self._pay_on(file, day, amount, purpose))
        elif not any(d.key == key for d in file.written.get("FundsRemitted", ())):
            form = remittance(amount, reference, line, day)
            yield Task(day, lambda today: self.write(file, today, form, key))

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
            form = remittance(amount, reference, line, day)
            noticed = self.after(came_on(reported[0]), 1)
            yield Task(noticed, lambda today: self.write(file, today, form, key))

    def is_over(self, file: CaseFile) -> bool:
        """Whether nothing of the rarer turn is to come."""
        match file.plan.rare:
            case Rare.PAID_TWICE:
                return file.wrote("ReturnedFundsReceived") is not None
            case Rare.REVERSED:
                return file.wrote("TransferReversed") is not None
            case _:
                return True


def _day_got(file: CaseFile, kind: str) -> date | None:
    document = file.got(kind)
    return came_on(document) if document else None
