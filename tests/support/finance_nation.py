"""A synthetic nation whose banks have told of its days, with every break that the statements leave still open."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from support.pages import PASSWORD

from jinbao.platform.projections.found_breaks import FoundBreak, found_breaks
from jinbao.platform.store.store import Store
from jinbao.simulator.bank_statements.finance_desks import FinanceDesks
from jinbao.simulator.nation import Nation
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile


class _IdleDesks(FinanceDesks):
    """They take statements in, and leave every break as it is."""

    def _work_off(self, day: date) -> None:
        pass


def nation_with_breaks(folder: Path) -> None:
    """Make it, with two finance officers of each province that has a break."""
    with Nation.begin(folder, seed=7, transfers=150, days=60) as nation:
        desks = _IdleDesks.begin(nation)
        while not nation.finished:
            desks.evening(nation.run_day().day)
    with closing(UsersFile(folder)) as file:
        for province in sorted({one.province for one in _breaks(folder)}):
            for name in ("first", "second"):
                add_user(file, f"{name}{province}", "finance", province, PASSWORD)


def with_one_candidate(folder: Path) -> str:
    """A province with one open break, and one payment that it may be."""
    found = _breaks(folder)
    number = Counter(one.province for one in found)
    return next(one.province for one in found if len(one.about.candidates) == 1 and number[one.province] == 1)


def with_several(folder: Path) -> str:
    """A province with two open breaks that no payment may be."""
    found = [one for one in _breaks(folder) if not one.about.candidates]
    return next(province for province, number in Counter(one.province for one in found).items() if number == 2)


def _breaks(folder: Path) -> list[FoundBreak]:
    with closing(Store(f"sqlite:///{folder / 'platform.sqlite'}")) as store, store.read() as work:
        return found_breaks(work)
