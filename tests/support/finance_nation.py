"""A synthetic nation whose banks have told of its days, with every break that the statements leave still open."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from support.pages import PASSWORD

from jinbao.simulator.bank_statements.bank_days import book_days, plant_delayed
from jinbao.simulator.bank_statements.finance_desks import FinanceDesks, delay_credits
from jinbao.simulator.nation import Nation
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile


def nation_with_breaks(folder: Path) -> None:
    """Make it, with two finance officers of each province that has a break."""
    with Nation.begin(folder, seed=7, transfers=150, days=60) as nation:
        delay_credits(nation)
        while not nation.finished:
            nation.run_day()
        desks = FinanceDesks(nation)
        season = desks.season()
        days = book_days(nation.run.seed, nation.banks.entries(), season)
        plant_delayed(days, nation.banks.on_their_way(season.until), season)
        desks.open_accounts(season.until)
        desks.feed_in(days.movements, season.until)
        provinces = sorted({one.province for one in desks.open_breaks()})
    with closing(UsersFile(folder)) as file:
        for province in provinces:
            for name in ("first", "second"):
                add_user(file, f"{name}{province}", "finance", province, PASSWORD)
