"""Breaks and months of a province whose nation is elsewhere: asked of it by HTTP, shown by the same templates.

Words and seals are written in the province's own system all the same, which the nation never sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from jinbao.presentation.prose import prose
from jinbao.web.finance import (
    AT_HAND_PATH,
    BREAKS_PATH,
    CURE_PATH,
    MONTH_PATH,
    SEALS_PATH,
    BreakAtHand,
    BreakQuery,
    BreaksQuery,
    Cure,
    MonthQuery,
    SealToSign,
    about_the_finances,
)
from jinbao.web.page import Asker, Download, File, Page, Refused, not_found
from jinbao.web.province.break_words import about_the_break
from jinbao.web.province.national_application import NationalApplication
from jinbao.web.province.offices import Offices

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FinanceElsewhere:
    """As `NationalBreaks`: the application of the nation, by the province's own token."""

    national: NationalApplication

    def find(self, province: str, break_id: UUID) -> BreakAtHand | None:
        """As `NationalBreaks`."""
        try:
            return self._read(province, AT_HAND_PATH.format(break_id=break_id), {}, BreakAtHand)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def cure(self, province: str, break_id: UUID, event: str) -> Cure | None:
        """As `NationalBreaks`."""
        path = CURE_PATH.format(break_id=break_id)
        return self._read(province, path, {"event": event}, Cure | None)  # type: ignore[arg-type]

    def seals(self, province: str, month: str, operator: str) -> list[SealToSign]:
        """As `NationalBreaks`."""
        return self._read(province, SEALS_PATH, {"month": month, "operator": operator}, list[SealToSign])

    def shown(self, province: str, path: str, query: msgspec.Struct) -> dict[str, Any]:
        """The value of a page of the nation."""
        return self._read(province, path, _asked(query), dict[str, Any])

    def file(self, asker: Asker, path: str, query: msgspec.Struct) -> bytes:
        """A file of the nation, in the reader's language."""
        return self.national.read(_code(asker), path, {**_asked(query), "lang": asker.tr.language})

    def _read(self, province: str, path: str, asked: Mapping[str, str], kind: type[T]) -> T:
        return self.national.read_as(province, path, asked, kind)


def finance_pages(offices: Offices, nation: FinanceElsewhere) -> list[Page]:
    """`/finance/breaks`, one break, `/finance/month`: what the nation shows of the own province."""

    def breaks(asker: Asker, query: BreaksQuery) -> dict[str, Any]:
        return nation.shown(_code(asker), BREAKS_PATH, query)

    def one(asker: Asker, query: BreakQuery) -> dict[str, Any]:
        return nation.shown(_code(asker), f"{BREAKS_PATH}/{query.break_id}", query)

    def month(asker: Asker, query: MonthQuery) -> dict[str, Any]:
        value = nation.shown(_code(asker), MONTH_PATH, query)
        seals = nation.seals(
            _code(asker), str(value.get("month", "")), asker.user.name
        )  # by who would sign, not by our token
        return {**value, "to_seal": [{"account": one.account, "code": one.code} for one in seals]}

    return [
        Page(BREAKS_PATH, prose("Breaks"), "breaks.html", breaks, BreaksQuery, about_the_finances, menu=True),
        Page(f"{BREAKS_PATH}/{{break_id}}", prose("Break"), "break.html", one, BreakQuery, about_the_break(offices)),
        Page(MONTH_PATH, prose("Month"), "month.html", month, MonthQuery, about_the_finances, menu=True),
    ]


def finance_files(nation: FinanceElsewhere) -> list[Download]:
    """`/finance/month.pdf`."""
    path = f"{MONTH_PATH}.pdf"

    def made(asker: Asker, query: MonthQuery) -> File:
        return File(f"{_code(asker)}-{query.month or 'month'}.pdf", nation.file(asker, path, query))

    return [Download(path, "application/pdf", made, MonthQuery, about_the_finances)]


def _code(asker: Asker) -> str:
    if asker.user.province is None:
        raise not_found()
    return asker.user.province


def _asked(query: msgspec.Struct) -> dict[str, str]:
    """What stands behind the question mark."""
    fields = msgspec.structs.asdict(query).items()
    return {name: str(value) for name, value in fields if value not in ("", None, 0) and name != "break_id"}
