"""What a province's application elsewhere asks before it writes an officer's word: for programs, no pages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from jinbao.presentation.prose import prose
from jinbao.web.access import Subject
from jinbao.web.finance import (
    AT_HAND_PATH,
    CURE_PATH,
    SEALS_PATH,
    BreakAtHand,
    BreakQuery,
    Cure,
    MonthText,
    SealToSign,
    about_the_finances,
)
from jinbao.web.national.breaks_at_hand import BreaksHere
from jinbao.web.national.nation import Nation
from jinbao.web.page import About, Asker, Page, not_found


class CureQuery(msgspec.Struct, frozen=True):
    """Which event may have cured which break."""

    break_id: UUID
    event: Annotated[str, msgspec.Meta(max_length=100)]
    """Position or id."""


class SealsQuery(msgspec.Struct, frozen=True):
    """Who would sign which month."""

    month: MonthText
    operator: Annotated[str, msgspec.Meta(max_length=200)]
    """The officer's name, as the province's application knows it."""
    province: str = ""
    """Code; empty: the asking province's."""


def finance_for_provinces(nation: Nation) -> list[Page]:
    """What `NationalBreaks` tells, by HTTP: each province is told of its own breaks and months alone."""
    here = BreaksHere(nation)

    def at_hand(asker: Asker, query: BreakQuery) -> BreakAtHand:
        found = here.find("", query.break_id)
        if found is None:
            raise not_found()
        return found

    def cure(asker: Asker, query: CureQuery) -> Cure | None:
        return here.cure("", query.break_id, query.event)

    def seals(asker: Asker, query: SealsQuery) -> list[SealToSign]:
        province = query.province or asker.user.province
        if province is None:
            raise not_found()
        return here.seals(province, query.month, query.operator)

    about = _about_the_break(here)
    return [
        Page(AT_HAND_PATH, prose("Break"), None, at_hand, BreakQuery, about),
        Page(CURE_PATH, prose("Break"), None, cure, CureQuery, about),
        Page(SEALS_PATH, prose("Month"), None, seals, SealsQuery, about_the_finances),
    ]


def _about_the_break(here: BreaksHere) -> About:
    def about(asker: Asker, query: BreakQuery | CureQuery) -> Subject | None:
        found = here.find("", query.break_id)
        return None if found is None else Subject(found.province)

    return about
