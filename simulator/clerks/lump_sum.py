"""Back-payments in a lump sum: found by the origin's review, with their documents from there or a third province."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from jinbao.regional_adapter.forms.lump_sum import (
    document_requested,
    document_supplied,
    lump_sum_found,
    lump_sum_notice,
)
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.information_sheet import Sheets
from jinbao.simulator.population.persons import lump_rows
from jinbao.simulator.scenario.special_cases import (
    PAID_IN_THIRD,
    SpecialCase,
)

_LUMP_SUM_RATE = 28
"""Per cent of the bases: what was paid for the years of a back-payment (employer 20, own 8)."""

_SINCE_THE_RULE = 2018
"""A year after 2016-11-28, from which on it takes a legal instrument (人社部规〔2016〕5号)."""

_DOCUMENTED, _LEFT_BEHIND = "LumpSumDocumentSupplied", "LumpSumNoticeSent"

_FOUND_LATER_AFTER_DAYS = 5

_OLD_DOCUMENT_YEARS = 12


class LumpSums(Sheets):
    """The origin finds a back-payment and documents it, or leaves it behind."""

    def _lump_sum(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        plan, known = file.plan, file.written.get("LumpSumFound", [])
        if len(known) < (2 if plan.special is SpecialCase.LUMP_SUM_SEVERAL else 1):
            yield Task(review, lambda today: self._find_lump_sum(file, today, letter, len(known) + 1))
            return
        first, found = known[0], known[-1]
        if plan.special in PAID_IN_THIRD and not file.wrote("LumpSumDocumentRequested"):
            request, key = document_requested(found), f"{found.key}-Q"
            yield Task(wrote_on(found), lambda today: self.write(file, today, request, key))
        if plan.special in (SpecialCase.LUMP_SUM_COMMITMENT, SpecialCase.LUMP_SUM_SEVERAL):
            if not file.wrote(_DOCUMENTED):
                day = self.some_days_after(wrote_on(first), 2, plan, "commitment")
                form = document_supplied("commitment", f"CN{first.key}", wrote_on(first), first, day)
                yield Task(day, lambda today: self.write(file, today, form, f"{first.key}-D"))
        elif plan.special not in PAID_IN_THIRD and not file.wrote(_LEFT_BEHIND):
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
        covered, special = lump_rows(rows), file.plan.special
        if number > 1:
            covered = lump_rows(rows[len(covered) :])
        amount = Fen(sum(row.contribution_base_total for row in covered) * _LUMP_SUM_RATE // 100)
        old = special is SpecialCase.LUMP_SUM_COMMITMENT or (special is SpecialCase.LUMP_SUM_SEVERAL and number == 1)
        year = covered[-1].year + (1 if old else 3)
        paid_on = date(max(year, _SINCE_THE_RULE) if number > 1 else year, 6, 1)
        form = lump_sum_found(letter, covered, amount, paid_on, self.province, number)
        key = f"YC{file.plan.index:07d}" if number == 1 else f"YC{file.plan.index:07d}-{number}"
        self.write(file, today, form, key, answers=letter.event_id)

    def found_later(self, file: CaseFile) -> Iterator[Task]:
        """The document of years that stayed behind turns up after all."""
        found, completed = file.wrote("LumpSumFound"), file.got("TransferCompleted")
        if (
            file.plan.special is not SpecialCase.LUMP_SUM_FOLLOWS
            or not found
            or not completed
            or file.wrote(_DOCUMENTED)
        ):
            return
        paid_on = date.fromisoformat(str(found.fields["paid_on"]))
        made, day = date(paid_on.year, paid_on.month - 1, 1), self.after(came_on(completed), _FOUND_LATER_AFTER_DAYS)
        form = document_supplied("arbitration", f"ZC{found.key}", made, found, day)
        yield Task(day, lambda today: self.write(file, today, form, f"{found.key}-D"))


class DocumentHolder(Clerk):
    """The agency where a lump sum was paid: it has the document."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.DOCUMENT_HOLDER,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The document, once it was asked for."""
        return next(self._document(file), None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the document was supplied."""
        return file.wrote(_DOCUMENTED) is not None

    def _document(self, file: CaseFile) -> Iterator[Task]:
        """The court's decision on which a back-payment here rested."""
        asked = file.got("LumpSumDocumentRequested")
        if asked is not None and not file.wrote("LumpSumDocumentSupplied"):
            day = self.some_days_after(came_on(asked), 2, file.plan, "old document")
            made = date(day.year - _OLD_DOCUMENT_YEARS, 3, 1)
            form = document_supplied("court", f"FY{self.province}{file.plan.index:07d}", made, asked, day)
            key = f"FY{file.plan.index:07d}"
            yield Task(day, lambda today: self.write(file, today, form, key, answers=asked.event_id))
