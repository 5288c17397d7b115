"""Certificates of contributions, issued when a person leaves the origin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from jinbao.regional_adapter.forms.certificate import certificate
from jinbao.regional_adapter.local.local_records import Person
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task
from jinbao.simulator.clerks.clerk import Clerk

LEAVING_DAYS = 3
"""Working days before the application on which the origin certifies what was paid."""


class CertificateClerk(Clerk):
    """Certifies what was paid; once more where the first was lost."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.CERTIFICATE,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The next certificate, if one is missing."""
        return next(self._certificate(file), None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether all certificates of the plan were issued."""
        return len(file.written.get("CertificateIssued", ())) == file.plan.certificates

    def _certificate(self, file: CaseFile) -> Iterator[Task]:
        """On leaving; a second one on the next day, where the first was lost."""
        issued = file.written.get("CertificateIssued", ())
        if len(issued) < file.plan.certificates:
            left = self.clock.calendar[max(0, file.plan.applied_on_day - LEAVING_DAYS)]
            version = len(issued) + 1
            yield Task(self.after(left, version - 1), lambda today: self._certify(file, today, version))

    def _certify(self, file: CaseFile, today: date, version: int) -> None:
        person = self._person(file)
        account, rows = self.local.account(person.number), self.local.contributions(person.number)
        assert account is not None, "the origin keeps the person's account"
        form = certificate(file.case, version, person, rows, account, self.agency_on(today), today)
        self.write(file, today, form, file.case, attempt=version, person=person.number)

    def _person(self, file: CaseFile) -> Person:
        assert file.person is not None, "the file is about a person"
        person = self.local.person(file.person)
        assert person is not None, "the counter has registered the person"
        return person
