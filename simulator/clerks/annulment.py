"""Annulments: a refusal or a return that was a mistake, and is taken back on the next day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.annulment import annulment
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.simulator.clerks.case_file import CaseFile, Task, wrote_on
from jinbao.simulator.clerks.clerk import Clerk


class MistakenRefusals(Clerk):
    """The destination refuses an application that was in order."""

    def mistaken_refusal(self, file: CaseFile, decided: date) -> Iterator[Task]:
        """The refusal of an application that was in order, and on the next day its annulment."""
        refused = file.wrote("ApplicationRefused")
        if refused is None:
            day = self.clock.before(decided, 1)
            yield self.task(file, day, "refuse-application", f"{file.case}-R", reason_code="CERTIFICATE_INVALID")
        elif file.wrote("FactAnnulled") is None:
            form = annulment(refused, "误操作，凭证有效")
            yield Task(decided, lambda today: self.write(file, today, form, f"{file.case}-Z"))


class MistakenReturns(Clerk):
    """The origin returns a letter that was in order."""

    def taken_back(self, file: CaseFile, letter: IncomingDocument, review: date) -> Iterator[Task]:
        """A return by mistake, and on the next day its annulment."""
        returned = file.wrote("TransferReturned")
        if returned is None:
            key = f"{letter.local_document}-T"
            yield self.task(file, review, "return-letter", key, reason_code="PERSON_NOT_FOUND")
        elif file.wrote("FactAnnulled") is None:
            form = annulment(returned, "误退回，已查到参保人")
            day = self.after(wrote_on(returned), 1)
            yield Task(day, lambda today: self.write(file, today, form, f"{returned.key}-Z"))
