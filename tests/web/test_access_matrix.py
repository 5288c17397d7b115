"""Who sees what: every endpoint × role × whose it is, read from sites and table; a new page is in it by itself.

What a user may not see is told in the words, and with the status, of what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from support.access_samples import Samples, expected_status, filled, filled_in
from support.pages import SERVED, USERS, browser

from jinbao.web.access import NATION, endpoint_of, load_access
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import User
from jinbao.web.application import Application
from jinbao.web.page import Action, Download, Page, Site


@dataclass(frozen=True, slots=True)
class Somebody:
    """A user with a browser and a program's token."""

    user: User
    client: TestClient
    program: TestClient


@pytest.fixture(params=USERS)
def somebody(request, application, signed_in, users) -> Somebody:
    role, province = USERS[request.param]
    program = browser(application.asgi)
    program.headers["Authorization"] = f"Bearer {make_token(users, request.param)}"
    return Somebody(User(1, request.param, role, province, False), signed_in(request.param), program)


@pytest.fixture
def samples(store) -> Samples:
    return Samples.read(store)


def parts_of(application: Application) -> Iterator[tuple[Site, Page | Action | Download]]:
    """Every page, download and action with the site that it belongs to."""
    for site in application.sites:
        yield from ((site, page) for page in site.pages)
        yield from ((site, download) for download in site.downloads)
        yield from ((site, action) for action in site.actions)


def test_every_page_its_json_and_every_file_are_what_the_table_says(application, somebody, samples):
    access, user, looked_at = load_access(), somebody.user, 0
    for site, page in parts_of(application):
        if isinstance(page, Action):
            continue
        at_the_desk = site.name == "province" and isinstance(page, Page)
        for sample in samples.of(page, user, at_the_desk=at_the_desk):
            expected = expected_status(
                access, user, page, sample, at_the_desk=at_the_desk, served=user.province in SERVED
            )
            ways = [(somebody.client, sample.path), (somebody.program, f"/api{sample.path}")]
            for client, path in ways[isinstance(page, Page) and page.template is None :]:
                answer = client.get(path)
                assert answer.status_code == expected, (path, sample.whose)
                assert answer.headers["cache-control"] == "no-store", path
                looked_at += 1
    assert looked_at >= 2 * len(application.pages)


def test_what_is_foreign_is_told_as_what_is_unknown(application, somebody, samples):
    for site, part in parts_of(application):
        at_the_desk = site.name == "province"
        told: dict[str, set[tuple[int, bytes]]] = {"foreign": set(), "unknown": set()}
        for sample in samples.of(part, somebody.user, at_the_desk=at_the_desk):
            if sample.whose not in told or filled_in(part.path) == sample.path:
                continue
            if isinstance(part, Action):
                answer = somebody.program.post(f"/api{sample.path}", json=filled(part))
            else:
                answer = somebody.program.get(f"/api{sample.path}")
            if answer.status_code != 200:
                told[sample.whose].add((answer.status_code, answer.content))
        assert told["foreign"] <= told["unknown"], part.path
        assert len(told["unknown"]) <= 1, part.path


def test_an_action_is_for_the_roles_of_the_table_only(application, somebody, samples):
    access = load_access()
    for site, action in parts_of(application):
        if not isinstance(action, Action):
            continue
        if access.cells[endpoint_of("POST", action.path)].get(somebody.user.role):
            continue
        for sample in samples.of(action, somebody.user, at_the_desk=site.name == "province"):
            answer = somebody.program.post(f"/api{sample.path}", json=filled(action))
            assert answer.status_code == 403, sample.path
            assert somebody.client.post(sample.path).status_code == 403, sample.path


def test_every_socket_is_for_the_roles_of_the_table_only(application, somebody):
    access = load_access()
    for live in (live for site in application.sites for live in site.live):
        allowed = access.may_see(somebody.user, f"SOCKET {live.path}", NATION)
        try:
            with somebody.client.websocket_connect(f"ws://127.0.0.1{live.path}") as socket:
                assert socket.receive_json()["position"] > 0
                assert allowed, live.path
        except WebSocketDisconnect:
            assert not allowed, live.path
