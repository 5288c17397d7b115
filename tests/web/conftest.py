"""A small nation in the middle of its run, users of every role, and the application over both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from support.browser import chromium
from support.certificate import certificate_in
from support.made_once import made_once
from support.pages import PASSWORD, SERVED, USERS, browser, sign_in

from jinbao.cli.alert_watch import alert_watch, outside
from jinbao.platform.store.store import Store
from jinbao.service.settings import load_settings
from jinbao.simulator.nation import Nation as SyntheticNation
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.national.accesses import AccessesHere
from jinbao.web.national.breaks_at_hand import BreaksHere
from jinbao.web.national.holder import NationHere
from jinbao.web.national.nation import Nation
from jinbao.web.national.site import national_site
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site
from jinbao.web.server import Server, listening_socket


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder; tests change nothing in it but sessions, tokens and attempts."""

    def make(found: Path) -> None:
        with SyntheticNation.begin(found, seed=7, transfers=80, days=40) as nation:
            while nation.run.day < 25:
                nation.run_day()
        with closing(UsersFile(found)) as file:
            for name, (role, province) in USERS.items():
                add_user(file, name, role, province, PASSWORD)

    return made_once(tmp_path_factory, "pages", make)


@pytest.fixture(scope="session")
def store(folder: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{folder / 'platform.sqlite'}")) as found:
        yield found


@pytest.fixture(scope="session")
def clock(store: Store) -> Clock:
    with store.read() as work:
        return Clock(work.last_recorded_at())


@pytest.fixture(scope="session", name="browser")
def running_browser() -> Iterator[Browser]:
    """A browser for the whole run: a second one cannot be started beside it."""
    with chromium() as found:
        yield found


@pytest.fixture
def users(folder: Path) -> Iterator[UsersFile]:
    """Nobody has signed in yet, nobody has tried."""
    with closing(UsersFile(folder)) as file:
        with file.writing() as db:
            for table in ("failed_attempts", "known_addresses", "sessions", "tokens"):
                db.execute(f"DELETE FROM {table}")
        yield file


@pytest.fixture
def nation(folder: Path, store: Store, clock: Clock) -> Iterator[Nation]:
    settings = load_settings(folder, {})
    with closing(alert_watch(settings, store)) as watch:
        yield Nation(store, clock, watch, *outside(settings))


@pytest.fixture
def application(folder: Path, nation: Nation, users: UsersFile) -> Application:
    offices = Offices(
        folder, SERVED, nation.clock, NationHere(nation), breaks=BreaksHere(nation), told=AccessesHere(nation.store)
    )
    sites = [national_site(nation), province_site(offices)]
    return Application(sites, users, "zh")


@pytest.fixture
def visitor(application: Application) -> TestClient:
    """Somebody who has not signed in."""
    return browser(application.asgi)


@pytest.fixture
def signed_in(application: Application) -> Callable[[str], TestClient]:
    """The browser of a user."""

    def found(name: str) -> TestClient:
        client = browser(application.asgi)
        assert sign_in(client, name) == 303
        return client

    return found


@pytest.fixture
def address(application: Application) -> Iterator[str]:
    """Where the application is served, in a thread of this process."""
    with closing(listening_socket("127.0.0.1", 0)) as listener:
        ready = threading.Event()
        stop = threading.Event()
        server = Server.of(application.asgi, ready.set, stop)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of localhost and its key."""
    return certificate_in(tmp_path)
