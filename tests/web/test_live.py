"""Live values: whole on each change, the same to all, for whoever is signed in and no longer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from support.browser import watched
from support.pages import PASSWORD, browser, sign_in, token_of
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from jinbao.web.accounts.sessions import make_token, revoke_token, tokens_of
from jinbao.web.accounts.users import add_user, disable_user
from jinbao.web.application import Application
from jinbao.web.door import SESSION_COOKIE
from jinbao.web.live import NOT_SIGNED_IN, VALUES_APART_S
from jinbao.web.national.site import national_site
from jinbao.web.page import Live
from jinbao.web.server import Server, listening_socket
from jinbao.web.websocket import COMPRESSION


class Changing:
    """The nation's overview, in which a test changes a figure."""

    def __init__(self, value: dict) -> None:
        self.value, self.version, self.made = value, 0, 0

    def change(self, missed: int) -> None:
        self.value = {**self.value, "deadlines": {**self.value["deadlines"], "missed": missed}}
        self.version += 1

    def make(self) -> dict:
        self.made += 1
        return self.value


@pytest.fixture
def changing(nation, signed_in) -> Changing:
    return Changing(signed_in("ministry").get("/api/overview").json())


@pytest.fixture
def application_of_it(nation, users, changing) -> Application:
    live = Live("/live", changing.make, lambda: changing.version)
    return Application([replace(national_site(nation), live=[live])], users, "zh")


@contextmanager
def served(application: Application) -> Iterator[str]:
    with closing(listening_socket("127.0.0.1", 0)) as listener:
        ready, stop = threading.Event(), threading.Event()
        server = Server.of(application.asgi, ready.set, stop)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join(20)
        assert not thread.is_alive(), "it ends with sockets open"


@contextmanager
def watching(address: str, **headers: str) -> Iterator[ClientConnection]:
    with connect(f"ws://{address}/live", additional_headers=headers) as socket:
        yield socket


def session_of(client: TestClient) -> str:
    return f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"


def test_each_viewer_gets_the_whole_value_at_once_and_again_on_each_change(application_of_it, changing, users):
    bearer = f"Bearer {make_token(users, 'ministry')}"
    with served(application_of_it) as address, ExitStack() as stack:
        viewers = [stack.enter_context(watching(address, Authorization=bearer)) for _ in range(5)]
        assert [json.loads(viewer.recv(10)) for viewer in viewers] == [changing.value] * 5
        changing.change(77)
        assert [json.loads(viewer.recv(10))["deadlines"]["missed"] for viewer in viewers] == [77] * 5
        assert changing.made <= 3, "made once for all"


def test_however_often_it_changes_viewers_are_told_a_few_times_a_second(application_of_it, changing, users):
    bearer = f"Bearer {make_token(users, 'ministry')}"
    with served(application_of_it) as address, watching(address, Authorization=bearer) as viewer:
        viewer.recv(10)
        began, told = time.monotonic(), 0
        for missed in range(30):
            changing.change(missed)
            with suppress(TimeoutError):
                viewer.recv(0.03)
                told += 1
        assert 0 < told <= 1 + (time.monotonic() - began) / VALUES_APART_S
        while json.loads(viewer.recv(10))["deadlines"]["missed"] != 29:
            pass


def test_a_message_is_compressed_once_for_all_connections():
    offered = [("client_max_window_bits", None)]
    one, other = (COMPRESSION.process_request_params(offered, [])[1] for _ in range(2))
    [small] = [COMPRESSION.process_request_params([*offered, ("server_max_window_bits", "10")], [])[1]]
    message, next_message = (Frame(Opcode.TEXT, json.dumps(["value", n] * 500).encode()) for n in range(2))
    sent = one.encode(message)
    assert other.encode(Frame(message.opcode, bytes(message.data))) is sent
    assert other.encode(next_message) is not sent
    for compression in (one, other, small):
        client = PerMessageDeflate(True, True, compression.local_max_window_bits, 15)
        for frame in (message, next_message, message):
            assert client.decode(compression.encode(frame)).data == frame.data
    ping = Frame(Opcode.PING, b"there?")
    assert one.encode(ping) is ping


@pytest.mark.slow
def test_twelve_tabs_are_live(application_of_it, changing, browser):
    with served(application_of_it) as address, closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"http://{address}/login?next=/overview&lang=en")
        page.get_by_label("User name").fill("ministry")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/overview*")
        tabs = [page, *(context.new_page() for _ in range(11))]
        for tab in tabs[1:]:
            tab.goto(f"http://{address}/overview", wait_until="domcontentloaded")
        changing.change(4321)
        for tab in tabs:
            tab.get_by_text("4,321").first.wait_for()


def test_a_socket_is_for_whoever_is_signed_in_of_a_role_that_may_and_from_here(application_of_it):
    client, clerk = browser(application_of_it.asgi), browser(application_of_it.asgi)
    assert sign_in(client, "ministry") == sign_in(clerk, "clerk41") == 303
    with served(application_of_it) as address:
        with watching(address, Cookie=session_of(client), Origin=f"http://{address}") as socket:
            assert json.loads(socket.recv(10))["position"] > 0
        for headers in (
            {},
            {"Cookie": session_of(clerk)},
            {"Cookie": session_of(client), "Origin": "https://evil.example"},
        ):
            with pytest.raises(InvalidStatus), watching(address, **headers):
                pass


def test_a_socket_closes_within_five_seconds_of_signing_out_a_revoked_token_or_being_disabled(application_of_it, users):
    with users.writing() as db:
        db.execute("DELETE FROM users WHERE name = 'leaving'")
    add_user(users, "leaving", "ministry", None, PASSWORD)
    leaving, client = browser(application_of_it.asgi), browser(application_of_it.asgi)
    assert sign_in(leaving, "leaving") == sign_in(client, "ministry") == 303
    token = make_token(users, "ministry")
    with (
        served(application_of_it) as address,
        watching(address, Cookie=session_of(client)) as one,
        watching(address, Cookie=session_of(leaving)) as other,
        watching(address, Authorization=f"Bearer {token}") as program,
    ):
        assert one.recv(10) == other.recv(10) == program.recv(10)
        assert client.post("/logout", data={"csrf_token": token_of(client, "/overview")}).status_code == 303
        disable_user(users, "leaving")
        revoke_token(users, "ministry", tokens_of(users, "ministry")[0].token_id)
        began = time.monotonic()
        for socket in (one, other, program):
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == NOT_SIGNED_IN
        assert time.monotonic() - began < 5


@pytest.mark.slow
def test_a_page_shows_each_change_keeps_the_focus_and_can_be_paused(application_of_it, changing, browser):
    with served(application_of_it) as address, closing(browser.new_context()) as context:
        page = context.new_page()
        troubles = watched(page)
        page.goto(f"http://{address}/login?next=/overview&lang=en")
        page.get_by_label("User name").fill("ministry")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/overview*")
        missed = page.locator("[data-figure='deadlines.missed']")
        page.get_by_role("button", name="Sign out").focus()
        changing.change(4321)
        page.wait_for_function(
            "() => document.querySelector(\"[data-figure='deadlines.missed']\").textContent === '4,321'"
        )
        assert page.get_by_role("button", name="Sign out").evaluate("(e) => e === document.activeElement")
        assert page.get_by_role("status").inner_text() == "live"
        page.get_by_role("button", name="Pause").click()
        changing.change(5)
        page.wait_for_timeout(1_000)
        assert missed.inner_text() == "4,321"
        assert page.get_by_role("status").inner_text() == "paused"
        page.get_by_role("button", name="Pause").click()
        assert missed.inner_text() == "5"
        assert missed.get_attribute("data-value") == "5"
        assert troubles == []
