"""`/api/cases/T/holder`: who holds a case and until when, told to the application of a province that takes part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.store import StoreError
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.web.access import Subject
from jinbao.web.holder import HOLDER_PATH, Holder, NationalAnswer
from jinbao.web.national.cases import CaseQuery, about_the_case, find
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Page, not_found


def holder_page(nation: Nation) -> Page:
    """`/api/cases/{transfer}/holder`: for programs, no page."""

    def about(asker: Asker, query: CaseQuery) -> Subject | None:
        with nation.reading() as work:
            row = find(work, query.transfer)
        return None if row is None else about_the_case(asker, row)

    def value(asker: Asker, query: CaseQuery) -> Holder:
        found = _holder(nation, query.transfer)
        if found is None:
            raise not_found()
        return found[1]

    return Page(HOLDER_PATH, prose("Whose turn"), None, value, CaseQuery, about)


@dataclass(frozen=True, slots=True)
class NationHere:
    """The nation that is served by the same process as the province which asks."""

    nation: Nation

    def ask(self, province: str, transfer: UUID) -> Callable[[], NationalAnswer]:
        """As `NationalHolders`: the read models are asked, which takes about a millisecond."""

        def answer() -> NationalAnswer:
            try:
                found = _holder(self.nation, str(transfer))
            except StoreError:
                return NationalAnswer("away")
            if found is None or province not in (found[0].origin, found[0].destination):
                return NationalAnswer("unknown")
            return NationalAnswer("told", found[1])

        return answer


def _holder(nation: Nation, transfer: str) -> tuple[BoardRow, Holder] | None:
    with nation.reading() as work:
        position, row = followed_to(work), find(work, transfer)
    if row is None:
        return None
    told = Holder(
        as_of=formatting.in_shanghai(nation.clock.now_us()).replace(microsecond=0),
        position=position,
        transfer=row.transfer_id,
        state=row.state,
        waiting_for=row.waiting_for or None,
        waiting_since=formatting.in_shanghai(row.waiting_since),
        due=date.fromisoformat(row.due) if row.due else None,
        provisional=bool(row.provisional),
    )
    return row, told
