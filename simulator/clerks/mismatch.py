"""Mismatches: the destination compares sheet and money, the origin answers what it reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.payment import (
    excess_returned,
    remittance,
)
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Task, came_on, payment_key, wrote_on
from jinbao.simulator.clerks.completion import Completions
from jinbao.simulator.clerks.information_sheet import Sheets
from jinbao.simulator.scenario.mismatch_sums import top_up_amount
from jinbao.simulator.scenario.plan import Mismatch
from jinbao.simulator.scenario.plants import Planted


class Comparisons(Completions):
    """The destination: completion, or a report of the difference and what that asks of this side."""

    def _comparison(self, file: CaseFile) -> Iterator[Task]:
        """Sheet against money: completion where they agree, else a report, and what the report asks of this side."""
        sheet, plan = file.got("InformationSheetSent"), file.plan
        if sheet is None or file.wrote("TransferCompleted"):
            return
        both_in = self._both_in(file)
        if both_in is None:
            return
        kept, _ = self._received(file)
        if kept == (sheet.fields["total"] if self.is_paid(plan) else 0):
            if not _better_sheet_follows(file, sheet):
                yield self.completing(file, self._completed_on(plan, both_in))
            return
        reports = file.written.get("MismatchReported", [])
        if reports and _is_what_was_reported(reports[-1], sheet, kept):
            if reports[-1].fields["request"] == "take_back_excess":
                planned = self.some_days_after(wrote_on(reports[-1]), 3, plan, "excess", len(reports))
                giving_back = self.once_it_stands(planned, reports[-1])
                if giving_back is None:
                    return
                excess = kept - int(sheet.fields["total"])
                returned = Fen(
                    excess // 2 if plan.mismatches in _GIVEN_BACK_IN_HALVES and len(reports) == 1 else excess
                )
                yield Task(giving_back, lambda today: self._pay_back(file, today, returned))
            return
        if plan.planted == Planted.SPLIT_PAYMENTS and kept < int(sheet.fields["total"]):
            return  # the rest is on its way
        assert len(reports) < len(plan.mismatches), "sheet and money differ only where the plan says so"
        day = self.some_days_after(both_in, 5, plan, "mismatch", len(reports))
        key, request = f"{file.case}-M{len(reports) or ''}", plan.mismatches[len(reports)].value
        yield self.task(file, day, "report-mismatch", key, request=request)

    def _pay_back(self, file: CaseFile, today: date, excess: Fen) -> None:
        received: LocalDocument | None = file.wrote("FundsReceived")
        assert received is not None, "an excess has been received"
        reference, line = self.pay(file, today, file.plan.origin, excess, "B")
        form = excess_returned(received.fields, excess, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


class MismatchAnswers(Sheets):
    """The origin: another sheet, or the rest of the money."""

    def _after_mismatch(self, file: CaseFile) -> Iterator[Task]:
        reports, letter = file.came.get("MismatchReported", ()), file.letter()
        if not reports or letter is None:
            return
        reported, plan = reports[-1], file.plan
        day = self.some_days_after(came_on(reported), 5, plan, "settlement", len(reports))
        sheets = len(file.written.get("InformationSheetSent", ()))
        if reported.fields["request"] == "correct_sheet" and sheets == int(reported.fields["sheet_version"]):
            yield self._next_sheet(file, letter, day, sheets + 1)
        elif reported.fields["request"] == "top_up":
            if not any(d.answers == reported.event_id for d in file.written.get("FundsRemitted", ())):
                yield Task(day, lambda today: self._top_up(file, today, letter))
        elif plan.mismatches == (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP) and sheets == 1:
            returned = file.got("FundsReturned")
            if returned is not None:
                yield self._next_sheet(file, letter, self.after(came_on(returned), 1), 2)

    def _next_sheet(self, file: CaseFile, letter: IncomingDocument, day: date, version: int) -> Task:
        figured = self.schedule(file, letter).figured
        return Task(
            day, lambda today: self._write_sheet(file, today, self.sheet_form(file, letter, figured, version), letter)
        )

    def _top_up(self, file: CaseFile, today: date, letter: IncomingDocument) -> None:
        reports = file.came["MismatchReported"]
        received = Fen(int(reports[-1].fields["received"]))
        missing = Fen(int(reports[-1].fields["expected"]) - received)
        figured = self.schedule(file, letter).figured
        right = Fen(int(self.sheet_form(file, letter, figured, 1, right=True).total))
        amount = top_up_amount(file.plan.mismatches, len(reports), missing, right, received)
        reference, line = self.pay(file, today, file.plan.destination, amount, "T")
        form = remittance(amount, reference, line, today, "top_up")
        self.write(file, today, form, payment_key(reference, line), answers=reports[-1].event_id)


_GIVEN_BACK_IN_HALVES = (
    (Mismatch.TAKE_BACK_EXCESS, Mismatch.TAKE_BACK_EXCESS),
    (Mismatch.TAKE_BACK_EXCESS, Mismatch.CORRECT_SHEET),
)


def _better_sheet_follows(file: CaseFile, sheet: IncomingDocument) -> bool:
    """After a wrong sheet, which the money now fits, the origin sends the right one on its own."""
    follows = (Mismatch.TAKE_BACK_EXCESS, Mismatch.TOP_UP)
    return file.plan.mismatches == follows and int(sheet.fields["sheet_version"]) == 1


def _is_what_was_reported(reported: LocalDocument, sheet: IncomingDocument, kept: Fen) -> bool:
    """Whether sheet and money still differ in the way that was reported last."""
    situation = (reported.fields["sheet_version"], reported.fields["received"])
    return situation == (sheet.fields["sheet_version"], kept)
