"""Courier of accesses: what a province's views log has and the nation elsewhere has not follows, as soon as it answers.

Nobody at a desk waits for it: the view is on disk here before it is shown, and a nation that is away gets it later.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinbao.service.province import Province
from jinbao.web.province.national_application import NationalApplication
from jinbao.web.province.views_log import views_log

EVERY_S = 5.0


class AccessCourier:
    """Carries the views of the provinces that are served here."""

    def __init__(self, national: NationalApplication, folder: Path, provinces: Sequence[str]) -> None:
        self._national = national
        self._folder = folder
        self._provinces = provinces
        self._last: dict[tuple[str, str], int] = {}
        """Province and name of its log → number of the last that the nation has."""

    def step(self) -> int:
        """Tell what is new, one batch a province; returns how many views were told. Raises UserError, Unavailable."""
        return sum(self._of(code) for code in self._provinces if Province(self._folder, code).views_file.is_file())

    def _of(self, province: str) -> int:
        with views_log(self._folder, province) as log:
            name = log.name
            before = self._last.get((province, name))
            if before is None:
                before = self._national.tell(province, name, [])
                if before is None:
                    return 0
                self._last[province, name] = before
                log.go_on_behind(before)
            new = log.accesses(province, before)
        taken = self._national.tell(province, name, new) if new else None
        if taken is None:
            return 0
        self._last[province, name] = taken
        return len(new)
