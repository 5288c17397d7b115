"""Overlaps: months in two relationships, cleared after completion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.overlap import overlap_cleared
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.banks import PERSONS
from jinbao.simulator.clerks.case_file import CaseFile, Task, payment_key, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.special_cases import SpecialCase

_OVERLAP_AT_MOST_MONTHS = 6


class Overlaps(Clerk):
    """The destination keeps the months and refunds the other account to the person."""

    def overlap(self, file: CaseFile) -> Iterator[Task]:
        """Cleared some days after the completion, once that stands."""
        completed = file.wrote("TransferCompleted")
        if file.plan.special is not SpecialCase.OVERLAP or completed is None or file.wrote("OverlapCleared"):
            return
        day = self.once_it_stands(self.some_days_after(wrote_on(completed), 5, file.plan, "overlap"), completed)
        sheet = file.got("InformationSheetSent")
        assert sheet is not None, "a completed transfer has its sheet"
        if day is not None:
            yield Task(day, lambda today: self._clear_overlap(file, today, sheet))

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
