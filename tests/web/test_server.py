"""The server: TLS, a proxy in front, many sign-ins at once, files that are missing."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from support.pages import PASSWORD, browser, sign_in, token_of

from jinbao.service.errors import UserError
from jinbao.web.accounts import passwords
from jinbao.web.application import Application
from jinbao.web.door import SESSION_COOKIE
from jinbao.web.national.site import national_site
from jinbao.web.proxy import BehindProxy
from jinbao.web.server import listening_socket, serve
from jinbao.web.static_files import StaticFiles


@contextmanager
def served(app: Application, certificate: tuple[Path, Path]) -> Iterator[str]:
    """The address at which the application is served by TLS."""
    ready, stop = threading.Event(), threading.Event()
    with closing(listening_socket("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(app.asgi, listener, ready.set, stop, *certificate))
        thread.start()
        assert ready.wait(10)
        yield f"https://localhost:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


def test_pages_are_served_by_tls_and_browsers_stay_there(nation, users, certificate):
    application = Application([national_site(nation)], users, "zh", secure=True)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with served(application, certificate) as address:
        answer = httpx.get(f"{address}/healthz", verify=trusting)
    assert answer.json() == {"status": "ok"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_tls_files_that_cannot_be_used_are_refused(application, tmp_path):
    with closing(listening_socket("127.0.0.1", 0)) as listener, pytest.raises(UserError, match="TLS"):
        serve(application.asgi, listener, print, threading.Event(), tmp_path / "none.pem", tmp_path / "none.key")


def test_a_port_that_is_taken_is_refused():
    with closing(listening_socket("127.0.0.1", 0)) as taken:
        taken.listen()
        with pytest.raises(UserError, match="choose another port"):
            listening_socket("127.0.0.1", taken.getsockname()[1])


def test_behind_a_proxy_the_nearest_ones_word_counts_and_cookies_go_over_https_only(application, users):
    object.__setattr__(application.door, "secure", True)
    client = browser(BehindProxy(application.asgi))
    client.base_url = httpx.URL("https://127.0.0.1")
    client.headers["X-Forwarded-For"] = "198.51.100.7, 203.0.113.9"
    assert sign_in(client, "ministry") == 303
    assert all(cookie.secure for cookie in client.cookies.jar)
    with users.reading() as db:
        assert db.execute("SELECT address FROM known_addresses").fetchall() == [("203.0.113.9",)]


def test_twenty_sign_ins_at_once_are_hashed_two_at_a_time_and_pages_are_answered_meanwhile(address, monkeypatch):
    together, most, lock = 0, 0, threading.Lock()
    verify = passwords._hasher.verify

    class Counted:
        def verify(self, hash_: str, password: str) -> bool:
            nonlocal together, most
            with lock:
                together += 1
                most = max(most, together)
            try:
                return bool(verify(hash_, password))
            finally:
                with lock:
                    together -= 1

    monkeypatch.setattr(passwords, "_hasher", Counted())

    def attempt(_number: int) -> int:
        with httpx.Client(base_url=address, timeout=60) as client:
            return sign_in(client, "ministry")

    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before = resident("VmRSS")
    with ThreadPoolExecutor(20) as pool:
        attempts = [pool.submit(attempt, number) for number in range(20)]
        assert httpx.get(f"{address}/healthz", timeout=5).status_code == 200
        statuses = [found.result() for found in attempts]
    assert set(statuses) <= {303, 429}
    assert 303 in statuses
    assert 0 < most <= 2
    assert resident("VmHWM") - before < 250, "two hashes of 46 MiB and twenty clients; uncapped 1,100"


def resident(which: str) -> int:
    """MiB of memory that this process has, or had at its peak."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(which)]
    return int(line.split()[1]) // 1_024


def test_what_signing_in_sets_is_for_no_script_and_no_other_site(visitor):
    fields = {"name": "ministry", "password": PASSWORD, "csrf_token": token_of(visitor)}
    cookies = visitor.post("/login", data=fields).headers["set-cookie"]
    assert SESSION_COOKIE in cookies
    assert "HttpOnly" in cookies
    assert "SameSite=lax" in cookies


def test_a_file_of_the_pages_that_is_missing_is_named_with_what_to_do(tmp_path):
    with pytest.raises(UserError, match="make assets"):
        StaticFiles(tmp_path)
