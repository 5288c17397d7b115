"""Arrears: months that the employer owes, found by the origin's review, then settled or declined."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.arrears import ArrearsDeclinedForm, ArrearsReportedForm, ArrearsSettledForm
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Task, wrote_on
from jinbao.simulator.clerks.information_sheet import Sheets
from jinbao.simulator.scenario.special_cases import (
    SpecialCase,
)

_OWN_RATE_PERCENT = 8


class Arrears(Sheets):
    """The origin reports arrears and how they were answered."""

    def _arrears(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        reported = file.wrote("ArrearsReported")
        if reported is None:
            yield Task(review, lambda today: self._report_arrears(file, today, letter))
            return
        if file.wrote("ArrearsSettled") or file.wrote("ArrearsDeclined"):
            return
        settled = file.plan.special is SpecialCase.ARREARS_SETTLED
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
