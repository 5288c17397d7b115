"""A province whose bank has told of a month that no payment explains, its finance officers, and the pages over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.in_process import jinbao_in
from support.pages import PASSWORD

from jinbao.cli.alert_watch import alert_watch, outside
from jinbao.platform.store.store import Store
from jinbao.service.settings import load_settings
from jinbao.web.accounts.users import Role, add_user
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.national.breaks_at_hand import BreaksHere
from jinbao.web.national.nation import Nation
from jinbao.web.national.site import national_site
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site

BANKS = Path(__file__).parents[2] / "examples" / "banks"
BANK = BANKS / "two-columns"
NUMBER = "4100000000000000017"
USERS: tuple[tuple[str, Role, str | None], ...] = (
    ("finance41", "finance", "41"),
    ("second41", "finance", "41"),
    ("finance44", "finance", "44"),
    ("supervisor41", "supervisor", "41"),
    ("auditor", "auditor", None),
)


def finance_folder(place: Path) -> Path:
    """A data folder with such a statement, and users."""
    run = jinbao_in(place)
    statement = ("--mapping", BANK / "mapping.toml", "--account", NUMBER)
    add = run("bank", "accounts", "add", NUMBER, "--province", "41", "--kind", "in", "--data", "data")
    taken = run("bank", "import", BANK / "202504.csv", *statement, "--data", "data")
    assert (add.exit_code, taken.exit_code) == (0, 0), add.output + taken.output
    with closing(UsersFile(place / "data")) as file:
        for name, role, province in USERS:
            add_user(file, name, role, province, PASSWORD)
    return place / "data"


@contextmanager
def finance_application(folder: Path) -> Iterator[Application]:
    """The pages of the nation and of the province in one process; no platform runs."""
    settings = load_settings(folder, {})
    with (
        closing(Store(settings.database_url)) as store,
        closing(UsersFile(folder)) as users,
        closing(alert_watch(settings, store)) as watch,
    ):
        nation = Nation(store, Clock(), watch, *outside(settings))
        offices = Offices(folder, ["41"], nation.clock, breaks=BreaksHere(nation))
        yield Application([national_site(nation), province_site(offices)], users, "en")
