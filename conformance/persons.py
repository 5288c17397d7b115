"""Invented persons for the cases of a run, each with a number that no other run on the same bus has."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from jinbao.conformance.instructions import ToldPerson, ToldYear
from jinbao.rules.identity import check_digit

_WHOLE = (
    ToldYear(year=2017, first_month=1, months=12, base_total=4_800_000),
    ToldYear(year=2018, first_month=1, months=12, base_total=6_000_000),
    ToldYear(year=2019, first_month=1, months=9, base_total=5_400_000),
)
HISTORIES = {"whole": _WHOLE, "short": _WHOLE[:2]}
"""What persons have paid in at the origin, by name; the short one lacks what is registered later."""
_FIRST_BIRTH, _BIRTHS, _SERIALS = date(1980, 1, 1), 3_650, 1_000


class Persons:
    """Makes one person after the other."""

    def __init__(self) -> None:
        self._next = secrets.randbelow(_BIRTHS * _SERIALS)

    def another(self, name: str, hukou_province: str) -> ToldPerson:
        """A person of that name with a number of their own; the check digit is right."""
        self._next = (self._next + 1) % (_BIRTHS * _SERIALS)
        days, serial = divmod(self._next, _SERIALS)
        body = f"110105{_FIRST_BIRTH + timedelta(days):%Y%m%d}{serial:03}"
        return ToldPerson(number=body + check_digit(body), name=name, hukou_province=hukou_province)
