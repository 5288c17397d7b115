"""Information sheets: what the origin's books give for the person whom a letter means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from jinbao.regional_adapter.forms.information_sheet import InformationSheetForm, information_sheet
from jinbao.regional_adapter.local.local_records import Account, ContributionRow
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.simulator.clerks.case_file import CaseFile, Schedule, Task, came_on
from jinbao.simulator.clerks.origin_review import OriginReviews
from jinbao.simulator.population.bookkeeping import recorded_balance
from jinbao.simulator.population.persons import lump_rows
from jinbao.simulator.scenario.mismatch_sums import missing_months, without_last_months
from jinbao.simulator.scenario.plan import Incident, Plan
from jinbao.simulator.scenario.special_cases import (
    LEFT_BEHIND,
    SpecialCase,
)

_KEPT_BACK_DAYS = 4
"""Working days for which a document of the incident `late_reporting` stays in the origin's own system."""

_ARREARS_AT_MOST_MONTHS = 3


class Sheets(OriginReviews):
    """The origin's books, and the sheets made from them."""

    def _sheet(self, file: CaseFile, days: Schedule, letter: IncomingDocument) -> Iterator[Task]:
        if file.wrote("InformationSheetSent"):
            return
        reported_late = file.plan.incident is Incident.LATE_REPORTING

        def send(today: date) -> None:
            form = self.sheet_form(file, letter, days.figured, 1)
            written_on = self.clock.before(today, _KEPT_BACK_DAYS) if reported_late else today
            self._write_sheet(file, today, form, letter, max(written_on, came_on(letter)))

        yield Task(days.sheet, send)

    def _write_sheet(
        self,
        file: CaseFile,
        today: date,
        form: InformationSheetForm,
        letter: IncomingDocument,
        written_on: date | None = None,
    ) -> None:
        key = f"{letter.local_document}-I{form.sheet_version}"
        self.write(file, today, form, key, answers=letter.event_id, written_on=written_on)

    def sheet_form(
        self, file: CaseFile, letter: IncomingDocument, figured: date, version: int, *, right: bool = False
    ) -> InformationSheetForm:
        """The sheet that this province's books give for the person whom the letter means, with the plan's mistakes.

        It is reckoned as of the day `figured`. `right`: without the mistakes.
        """
        account, rows = self.books(file, letter)
        if not right:
            rows = without_last_months(rows, missing_months(file.plan, version))
        moved = self.moving(file.plan, rows)
        account = self.year_end(account, moved, figured)
        letter, agency = self.right_letter(file, letter), self.agency_on(figured)
        behind = self.left_behind(file)
        return information_sheet(
            letter, moved, account, agency, figured, self.province, version, left_behind=behind
        ).form

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
        return file.written.get("LumpSumFound", []) if file.plan.special in LEFT_BEHIND else []

    def moving(self, plan: Plan, rows: list[ContributionRow]) -> list[ContributionRow]:
        """The rows that move: neither of a back-payment without its document, nor months in arrears for good."""
        if plan.special in LEFT_BEHIND:
            return rows[len(lump_rows(rows)) :]
        if plan.special is SpecialCase.ARREARS_DECLINED:
            return without_last_months(rows, self._arrears_months(plan))
        return rows

    def _arrears_months(self, plan: Plan) -> int:
        return 1 + self.random(plan, "arrears").randrange(_ARREARS_AT_MOST_MONTHS)

    def year_end(self, account: Account, rows: Sequence[ContributionRow], remitted_on: date) -> Account:
        """The account as the books have it at the end of the year before, where they keep a balance of their own."""
        if account.account_at_previous_year_end is None:
            return account
        return msgspec.structs.replace(account, account_at_previous_year_end=recorded_balance(rows, remitted_on))
