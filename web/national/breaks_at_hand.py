"""Breaks, and months to seal, as the read models know them, asked by a province that is served by the same process."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jinbao.platform.projections.bank_accounts import officers_words
from jinbao.platform.projections.clearing import clearing
from jinbao.platform.projections.found_breaks import breaks_by_id
from jinbao.platform.projections.month_report import Month, month_report
from jinbao.rules.working_days import load_working_days
from jinbao.web.finance import BreakAtHand, Cure, SealToSign
from jinbao.web.national.month import seals_to_sign
from jinbao.web.national.nation import Nation


@dataclass(frozen=True, slots=True)
class BreaksHere:
    """As `NationalBreaks`: the nation that is served by the same process as the province which asks."""

    nation: Nation

    def find(self, province: str, break_id: UUID) -> BreakAtHand | None:
        """As `NationalBreaks`."""
        with self.nation.reading() as work:
            found = breaks_by_id(work, [break_id.bytes]).get(break_id.bytes)
            if found is None:
                return None
            word = officers_words(work).get(found.about.entry or b"")
        return BreakAtHand(
            found.province,
            found.account,
            (found.state, found.finding),
            found.about.entry,
            tuple(dict.fromkeys((*((found.about.entry,) if found.about.entry else ()), *found.about.entries))),
            found.about.candidates,
            word is not None and bool(word.payment_reference),
        )

    def cure(self, province: str, break_id: UUID, event: str) -> Cure | None:
        """As `NationalBreaks`."""
        with self.nation.reading() as work:
            found = breaks_by_id(work, [break_id.bytes]).get(break_id.bytes)
            cleared = None if found is None else clearing(work, found, event)
        return None if cleared is None else Cure(cleared.breaks, cleared.event)

    def seals(self, province: str, month: str, operator: str) -> list[SealToSign]:
        """As `NationalBreaks`."""
        with self.nation.reading() as work:
            made = month_report(work, province, Month.read(month), load_working_days())
            return seals_to_sign(work, made, operator, self.nation.clock.now_us())
