"""Who holds a case and until when: what the nation tells a province's application, what that does with it."""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient
from support.pages import PASSWORD, browser, sign_in

from jinbao.platform.projections.case_board import BoardRow, case_list
from jinbao.service.errors import UserError
from jinbao.web.access import endpoint_of, load_access
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import add_user
from jinbao.web.finance import CURE_PATH, SEALS_PATH
from jinbao.web.holder import Holder, NationalAnswer
from jinbao.web.national.holder import NationHere
from jinbao.web.outside_address import need_protected
from jinbao.web.page import Refused
from jinbao.web.province import national_application
from jinbao.web.province.national_application import REST_S, NationalApplication, token_in

CASE = UUID("a5d38011-0cc3-57ea-a7b9-065e35c1ef7a")
TOLD = {
    "as_of": "2025-06-30T09:00:00+08:00",
    "position": 7,
    "transfer": str(CASE),
    "state": "origin_review",
    "waiting_for": "44",
    "waiting_since": "2025-06-28T10:00:00+08:00",
    "due": "2025-07-11",
    "provisional": False,
}


@pytest.fixture
def rows(store) -> list[BoardRow]:
    with store.read() as work:
        return case_list(work, limit=1_000)


@pytest.fixture
def program(application, users) -> TestClient:
    """The application of province 41, as the nation sees it."""
    with users.writing() as db:
        db.execute("DELETE FROM users WHERE name = 'service41'")
    add_user(users, "service41", "service", "41", "")
    client = browser(application.asgi)
    client.headers["Authorization"] = f"Bearer {make_token(users, 'service41')}"
    return client


def test_a_provinces_application_learns_who_holds_its_cases_and_what_is_foreign_is_as_unknown(program, rows, signed_in):
    ministry = signed_in("ministry")
    for row in (next(r for r in rows if getattr(r, end) == "41") for end in ("origin", "destination")):
        told = program.get(f"/api/cases/{row.transfer_id}/holder").json()
        case = ministry.get(f"/api/cases/{row.transfer_id}").json()
        keys = ("state", "waiting_for", "due", "provisional", "position")
        assert {key: told[key] for key in keys} == {key: case[key] for key in keys}
        for instant, same in (("waiting_since", case["waiting_since"]), ("as_of", case["as_of"])):
            assert abs((datetime.fromisoformat(told[instant]) - datetime.fromisoformat(same)).total_seconds()) < 5
    foreign = next(r.transfer_id for r in rows if "41" not in (r.origin, r.destination))
    answers = [program.get(f"/api/cases/{case}/holder") for case in (foreign, CASE, "none")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_it_may_ask_nothing_else_and_never_signs_in(application, program, users, rows):
    own = next(r.transfer_id for r in rows if r.destination == "41")
    for page in application.pages:
        path = (
            page.path.replace("{transfer}", str(own))
            .replace("{break_id}", str(own))
            .replace("{province}", "41")
            .replace("{number}", "1")
        )
        path = path.replace("{document}", "1").replace("{origin}", "44").replace("{destination}", "41")
        may = load_access().cells[endpoint_of("GET", page.path)].get("service")
        expected = 403 if not may else (404 if "{break_id}" in page.path else 200)  # no break has a case's id
        path += {CURE_PATH: "?event=1", SEALS_PATH: "?month=2025-01&operator=li"}.get(page.path, "")
        assert program.get(f"/api{path}").status_code == expected, path
    assert program.get(f"/api/cases/{own}/application.pdf").status_code == 403
    assert program.get("/api/cases.csv").status_code == 403
    for password in ("", PASSWORD):
        assert sign_in(browser(application.asgi), "service41", password) == 401


def test_in_one_process_the_nation_is_asked_without_http_and_tells_no_more(nation, rows):
    here = NationHere(nation)
    own = next(r for r in rows if r.destination == "41")
    foreign = next(r for r in rows if "41" not in (r.origin, r.destination))
    told = here.ask("41", own.transfer_id)()
    assert told.holder is not None
    assert (told.holder.waiting_for or "", told.holder.transfer) == (own.waiting_for, own.transfer_id)
    assert here.ask("41", foreign.transfer_id)() == here.ask("41", CASE)() == NationalAnswer("unknown")


class Nation:
    """A server that answers as a test wants it, and notes what it was asked."""

    def __init__(self) -> None:
        self.status, self.headers, self.body, self.wait_s = 200, {"Content-Type": "application/json"}, b"", 0.0
        self.pause_s = 0.0
        self.asked: list[tuple[str, str]] = []
        nation = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                nation.asked.append((self.path, self.headers.get("Authorization", "")))
                time.sleep(nation.wait_s)
                self.send_response(nation.status)
                for name, value in nation.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # who asked has gone
                    for at in range(0, len(nation.body), 1 if nation.pause_s else len(nation.body)):
                        self.wfile.write(nation.body[at:] if not nation.pause_s else nation.body[at : at + 1])
                        time.sleep(nation.pause_s)

            def log_message(self, *said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True  # one that still waits holds nobody up
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answers(self, **changes: Any) -> None:
        self.body = json.dumps({**TOLD, **changes}).encode()


@contextmanager
def served(nation: Nation) -> Iterator[Nation]:
    thread = threading.Thread(target=nation.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield nation
    finally:
        nation.server.shutdown()
        thread.join()
        nation.server.server_close()


@pytest.fixture
def other() -> Iterator[Nation]:
    with served(Nation()) as nation:
        yield nation


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "41.national-token"
    file.write_text("a-token\n", "ascii")
    file.chmod(0o600)
    return file


@pytest.fixture
def ask(other: Nation, token_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], NationalAnswer]]:
    """Asks with patience, since a busy machine answers late."""
    monkeypatch.setattr(national_application, "WAIT_S", 10.0)
    with closing(NationalApplication(other.url, {"41": token_file})) as application:
        yield lambda: application.ask("41", CASE)()


@pytest.fixture
def ask_in_time(other: Nation, token_file: Path) -> Iterator[Callable[[], NationalAnswer]]:
    with closing(NationalApplication(other.url, {"41": token_file})) as application:
        yield lambda: application.ask("41", CASE)()


def test_it_asks_with_its_token_and_takes_what_is_well_formed(ask, other, token_file):
    other.answers()
    answer = ask()
    assert isinstance(answer.holder, Holder)
    assert (answer.outcome, answer.holder.waiting_for, answer.holder.position) == ("told", "44", 7)
    assert other.asked == [(f"/api/cases/{CASE}/holder", "Bearer a-token")]
    token_file.write_text("another", "ascii")
    ask()
    assert other.asked[-1][1] == "Bearer another", "a token is changed without a restart"


@pytest.mark.parametrize(
    "changes",
    [
        {"transfer": "00000000-0000-4000-8000-000000000000"},
        {"waiting_for": "99"},
        {"waiting_for": "<script>"},
        {"state": "x" * 41},
        {"position": -1},
        {"position": "7"},
        {"due": "tomorrow"},
        {"as_of": None},
        {"more": "x" * 5_000},
    ],
    ids=repr,
)
def test_what_is_not_well_formed_is_not_believed(ask, other, changes):
    other.answers(**changes)
    assert ask() == NationalAnswer("unreadable")


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {"Content-Type": "text/html"}, "unreadable"),
        (200, {}, "unreadable"),
        (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, "unreadable"),
        (302, {"Location": "/api/elsewhere"}, "unreadable"),
        (401, {}, "refused"),
        (403, {}, "refused"),
        (404, {"Content-Type": "application/json"}, "unknown"),
        (404, {"Content-Type": "text/html"}, "unreadable"),
        (503, {}, "away"),
    ],
)
def test_each_answer_has_its_meaning_and_no_redirect_is_followed(ask, other, status, headers, outcome):
    other.answers()
    other.status, other.headers = status, headers
    assert ask() == NationalAnswer(outcome)
    assert len(other.asked) == 1


def test_what_is_read_for_a_page_is_bounded_in_length_and_time_and_is_of_its_type(other, token_file, monkeypatch):
    monkeypatch.setattr(national_application, "MOST_READ_BYTES", 1_000)
    with closing(NationalApplication(other.url, {"41": token_file})) as application:

        def refused() -> int:
            with pytest.raises(Refused) as error:
                application.read_as("41", "/x", {}, dict[str, int])
            return error.value.status

        other.body = b'{"a": 1}'
        assert application.read_as("41", "/x", {}, dict[str, int]) == {"a": 1}
        for body in (b"[]", b'{"a": "1"}', b"\xff", b'{"a": 1}' + b" " * 1_000):
            other.body = body
            assert refused() == 503
        other.body, other.headers = b'{"a": 1}', {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert refused() == 503
        other.headers.pop("Content-Encoding")
        other.body, other.pause_s = b" " * 500, 0.02
        monkeypatch.setattr(national_application, "READING_S", 0.5)
        began = time.monotonic()
        assert refused() == 503
        assert time.monotonic() - began < 5, "a body that drips for ten seconds"


def test_a_slow_nation_holds_a_page_up_for_a_quarter_of_a_second_once(ask_in_time, other):
    other.answers()
    other.wait_s = 4.0
    began = time.monotonic()
    assert ask_in_time() == NationalAnswer("away")
    assert time.monotonic() - began < 2, "0.25 s, and what a busy machine adds"
    began = time.monotonic()
    assert [ask_in_time() for _ in range(20)] == [NationalAnswer("away")] * 20
    assert time.monotonic() - began < REST_S
    assert len(other.asked) <= 1


def test_a_certificate_that_nobody_vouches_for_gets_no_token(other, token_file, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    other.server.socket = context.wrap_socket(other.server.socket, server_side=True)
    url = other.url.replace("http://127.0.0.1", "https://localhost")
    with closing(NationalApplication(url, {"41": token_file})) as application:
        assert application.ask("41", CASE)() == NationalAnswer("away")
    assert other.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://nation.example", "nation.example", "https://", "https://u:p@nation.example", "https://[", "file:///x"],
)
def test_an_address_where_others_could_listen_in_is_refused(url):
    with pytest.raises(UserError, match="expected an https address"):
        need_protected("--national-url", url)


def test_a_token_that_is_missing_or_that_others_can_read_is_told_with_what_to_do(token_file):
    token_file.chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        token_in(token_file)
    token_file.chmod(0o600)
    for text in ("", "two words", "x" * 201, "\x00"):
        token_file.write_text(text, "ascii")
        with pytest.raises(UserError, match="not a token"):
            token_in(token_file)
    os.unlink(token_file)
    with pytest.raises(UserError, match="jinbao users token"):
        NationalApplication("https://nation.example", {"41": token_file})
