"""Suspensions: death, another nationality or a pension while the transfer is under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.payment import excess_returned
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Task, payment_key, wrote_on
from jinbao.simulator.clerks.completion import Completions
from jinbao.simulator.scenario.special_cases import FREEZES, SpecialCase

_FROZEN_AFTER_LETTER_DAYS = 1


class Suspensions(Completions):
    """The destination suspends a case, then completes it or gives everything back."""

    def freeze(self, file: CaseFile) -> Iterator[Task]:
        """Death, another nationality or a pension meanwhile."""
        special, letter = file.plan.special, file.wrote("ContactLetterIssued")
        if special is None or special not in FREEZES or letter is None or file.wrote("TransferCompleted"):
            return
        credits = [self.known_since(file, c) for c in self.credited(file)]
        match special:
            case SpecialCase.LOSES_NATIONALITY:
                day: date | None = self.after(wrote_on(letter), _FROZEN_AFTER_LETTER_DAYS)
            case SpecialCase.DIES_AFTER_REMITTANCE:
                day = self.after(min(credits), 1) if credits else None
            case _:
                both_in = self._both_in(file)
                day = self.after(both_in, 1) if both_in else None
        if day is not None:
            cause, number = FREEZES[special], f"{file.case}-D"
            happened_on = self.clock.before(day, 1)
            yield self.task(
                file, day, "freeze", f"{file.case}-F", cause=cause, happened_on=happened_on, document_number=number
            )

    def _after_freeze(self, file: CaseFile) -> Iterator[Task]:
        """What is complete is completed, anything else goes back."""
        frozen = file.day_wrote("TransferFrozen")
        both_in, sheet = self._both_in(file), file.got("InformationSheetSent")
        kept, _ = self._received(file)
        if file.plan.special not in (SpecialCase.DIES_BEFORE_COMPLETION, SpecialCase.DRAWS_PENSION):
            yield from self.after_freeze(file, kept)
        elif frozen and both_in and sheet and not file.wrote("TransferCompleted"):
            day = max(self._completed_on(file.plan, both_in), self.after(frozen, 1))
            yield self.completing(file, day)

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
        reason = "业务终止，按规定另行处理"
        yield self.task(file, self.after(last, 2), "close", f"{file.case}-C", reason_text=reason)

    def _give_all_back(self, file: CaseFile, today: date, kept: Fen) -> None:
        received = file.wrote("FundsReceived")
        assert received is not None, "what is here was reported"
        reference, line = self.pay(file, today, file.plan.origin, kept, "B")
        form = excess_returned(received.fields, kept, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))
