"""A desk of one's own: a copy of the small nation, so that decisions change nothing for other tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.pages import SERVED, browser, sign_in
from support.waiting_desk import WaitingDesk, waiting_desks

from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site


@pytest.fixture
def own_folder(folder: Path, tmp_path: Path) -> Path:
    """A copy of the local systems."""
    found = tmp_path / "province"
    for code in SERVED:
        for file in (folder / "local").glob(f"{code}.sqlite*"):
            (found / "local").mkdir(parents=True, exist_ok=True)
            shutil.copy(file, found / "local" / file.name)
    return found


@pytest.fixture
def offices(own_folder: Path, clock: Clock) -> Offices:
    return Offices(own_folder, SERVED, clock)


@pytest.fixture
def clerk(offices: Offices, users: UsersFile) -> Callable[[str], TestClient]:
    """The browser of a user of the desks."""
    application = Application([province_site(offices)], users, "en")

    def found(name: str) -> TestClient:
        client = browser(application.asgi)
        assert sign_in(client, name) == 303
        return client

    return found


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WaitingDesk]]:
    """Two provinces' desks that one process serves: each file of tests has its own, as clerks leave things behind."""
    clerks = {"li": "41", "wang": "51", "zhao": "51", "chief51": "51"}
    with waiting_desks(tmp_path_factory.mktemp("desks") / "provinces", clerks) as found:
        yield found


@pytest.fixture
def desk(desks: dict[str, WaitingDesk]) -> WaitingDesk:
    """The one of which every test may have cases."""
    return desks["51"]
