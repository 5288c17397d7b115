"""Corrections of an identity: the right number, and what is said once more because it crossed with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.identity_correction import identity_corrected
from jinbao.regional_adapter.local.local_records import Person
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.simulator.clerks.case_file import CaseFile, Task, came_on, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.population.mistaken_identity import corrected, reason_of
from jinbao.simulator.scenario.special_cases import (
    SpecialCase,
)

_CORRECTED_AFTER_LETTER_DAYS = 2


class DestinationCorrections(Clerk):
    """The destination corrects the number under which it registered a person."""

    def corrections(self, file: CaseFile) -> Iterator[Task]:
        """The number of a person who was registered under another one."""
        special, letter = file.plan.special, file.wrote("ContactLetterIssued")
        if special not in (SpecialCase.NUMBER_UPGRADED, SpecialCase.PERMIT_TO_CITIZEN) or letter is None:
            return
        if file.wrote("IdentityCorrected") is None:
            day = self.after(wrote_on(letter), _CORRECTED_AFTER_LETTER_DAYS)
            yield Task(day, lambda today: self._correct(file, today))

    def _correct(self, file: CaseFile, today: date) -> None:
        application = self.local.application(file.case)
        known = self.local.person(application.person) if application else None
        assert file.plan.special is not None
        assert known is not None, "the counter has registered the applicant"
        person = corrected(file.plan.special, known)
        self.local.register_person(person)
        form = identity_corrected(reason_of(file.plan.special), person)
        self.write(file, today, form, f"{file.case}-G")


class OriginCorrections(Clerk):
    """The origin corrects a digit that the destination got wrong."""

    def _correct(self, file: CaseFile, today: date, letter: IncomingDocument) -> None:
        """This province's own books have the right number."""
        assert file.plan.special is not None
        meant = letter.fields["personal"]
        right = corrected(file.plan.special, Person(number=meant["number"], name=meant["name"])).number
        known = self.local.person(right)
        assert known is not None, "the origin knows the person under the right number"
        form = identity_corrected(reason_of(file.plan.special), known)
        self.write(file, today, form, f"GZ{file.plan.index:07d}", answers=letter.event_id)


class Repetitions(Clerk):
    """Either side says again what was rejected because the relationship had moved."""

    def said_again(self, file: CaseFile) -> Iterator[Task]:
        """What crossed with a correction of the identity is said once more, in the right relationship."""
        for answer in file.came.get("SubmissionAnswered", ()):
            if answer.fields["code"] != "RELATIONSHIP_MOVED" or "document" not in answer.fields:
                continue
            latest = file.wrote(answer.fields["answered_type"])
            if latest is not None and latest.sequence == answer.fields["document"]["sequence"]:
                yield self._once_more(file, latest, self.after(came_on(answer), 1))

    def _once_more(self, file: CaseFile, document: LocalDocument, day: date) -> Task:
        return Task(day, lambda today: self._repeat(file, today, document))

    def _repeat(self, file: CaseFile, today: date, document: LocalDocument) -> None:
        form, attempt = (document.kind, document.fields), document.attempt + 1
        self.write(file, today, form, document.key, attempt=attempt, answers=document.answers)
