"""`jinbao serve` and `jinbao users` as programs: where they listen, how they end, what they refuse."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.in_process import jinbao_in
from support.pages import PASSWORD
from support.programs import serving

from jinbao.platform.store.store import Store
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import day_of
from jinbao.service.province import Province


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly_with_a_connection_open(folder, ending):
    with serving(folder) as (process, address), httpx.Client(base_url=address) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        process.send_signal(ending)
        assert process.wait(10) == 0


@pytest.mark.slow
def test_a_simulated_nation_goes_on_at_its_last_instant_or_at_the_one_named(folder, users, clock):
    jinbao = jinbao_in(folder.parent, "--lang", "en")
    token = jinbao("users", "token", "ministry", "--json", "--data", folder)
    bearer = {"Authorization": f"Bearer {token.output.split(chr(34))[3]}"}
    with serving(folder, "--national") as (_, address):
        now = httpx.get(f"{address}/api/overview", headers=bearer).json()["as_of"]
        assert httpx.get(f"{address}/api/desk", headers=bearer).status_code == 404, "only the nation is served"
    assert now[:10] == clock.today().isoformat()
    with serving(folder, "--national", "--clock", "2025-06-30T09:00") as (_, address):
        assert httpx.get(f"{address}/api/overview", headers=bearer).json()["as_of"][:16] == "2025-06-30T09:00"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "others could listen in"),
        (["--tls-certificate", "x.pem"], "go together"),
        (["--clock", "noon"], "expected a time like"),
        (["--province", "99"], "no such province"),
        (["--national", "--national-url", "https://nation.example"], "give --province alone"),
        (["--national-url", "https://nation.example"], "give --province alone"),
    ],
)
def test_what_cannot_be_served_is_refused_with_2(folder, options, told):
    answer = jinbao_in(folder, "--lang", "en")("serve", "--port", "0", "--data", folder, *options)
    assert (answer.exit_code, told in answer.output) == (2, True), answer.output


def test_users_are_added_listed_and_disabled_and_wrong_ones_refused(tmp_path):
    jinbao = jinbao_in(tmp_path, "--lang", "en")

    def users(*words: str, password: str = PASSWORD) -> tuple[int, str]:
        answer = jinbao("users", *words, "--data", tmp_path, input=password + "\n")
        return answer.exit_code, answer.output

    assert users("add", "li", "--role", "ministry", "--password-stdin")[0] == 0
    assert users("add", "li", "--role", "ministry", "--password-stdin") == (2, "jinbao: user li exists already\n")
    assert users("add", "wang", "--role", "clerk", "--password-stdin")[0] == 2, "a clerk without a province"
    assert users("add", "wu", "--role", "operator", "--province", "41", "--password-stdin")[0] == 2
    assert users("add", "wu", "--role", "operator", "--password-stdin", password="short")[0] == 2
    for password in (b"\xff\xfe longer than eight\n", b"", b"\n"):
        answer = jinbao(
            "users", "add", "wu", "--role", "operator", "--password-stdin", "--data", tmp_path, input=password
        )
        assert (answer.exit_code, "password" in answer.output) == (2, True), answer.output
    assert users("add", "a b", "--role", "operator", "--password-stdin")[0] == 2
    assert users("password", "nobody", "--password-stdin")[0] == 2
    assert users("disable", "li")[0] == 0
    assert users("token", "li")[0] == 2, "a disabled user has no token"
    assert '"disabled": true' in users("list", "--json")[1]
    assert (tmp_path / "users.sqlite").stat().st_mode & 0o077 == 0


def bearer_of(folder: Path, name: str) -> dict[str, str]:
    token = jinbao_in(folder, "--lang", "en")("users", "token", name, "--json", "--data", folder)
    return {"Authorization": f"Bearer {token.output.split(chr(34))[3]}"}


def until(seconds: float, done: Callable[[], bool]) -> None:
    """Return once it is so; fail when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_with_all_what_a_clerk_writes_goes_through_platform_and_adapters_and_nobody_else_acts(tmp_path):
    jinbao = jinbao_in(tmp_path, "--lang", "en")
    examples = Path(__file__).parents[2] / "examples"
    for file in ("applications-41.csv", "history-44.csv"):
        assert jinbao("adapter", "import", examples / file, "--data", tmp_path).exit_code == 0
    added = ["users", "add", "li", "--role", "ministry", "--password-stdin", "--data", tmp_path]
    assert jinbao(*added, input=PASSWORD + "\n").exit_code == 0
    with serving(tmp_path, "--all") as (process, address):
        api = httpx.Client(base_url=f"{address}/api", headers=bearer_of(tmp_path, "li"), timeout=30)
        assert api.get("/overview").json()["position"] == 0, "nobody's staff works"
        act = ["desk", "act", "2025-41-0001", "accept-application", "--province", "41", "--data", tmp_path]
        assert jinbao(*act).exit_code == 0
        until(60, lambda: api.get("/overview").json()["stages"] == {"application_review": 1})
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.slow
def test_with_all_a_simulated_nation_goes_on_in_its_own_time(folder, clock, tmp_path):
    copy = Path(shutil.copytree(folder, tmp_path / "nation"))
    today = clock.today().isoformat()
    with serving(copy, "--all") as (process, address):
        headers = bearer_of(copy, "ministry")

        def overview() -> dict[str, Any]:
            found: dict[str, Any] = httpx.get(f"{address}/api/overview", headers=headers, timeout=30).json()
            return found

        before = overview()
        with closing(Province(copy, "41").local_system()) as local:
            office = Office(local)
            waiting = office.waiting(clock.now_us())
            case, action = next(
                (w.case, action.name)
                for w in waiting
                for action in office.actions(w.case)
                if action.name in ("issue-letter", "complete", "pass-review")
            )
            office.submit(case, action, {}, "wang", clock.now_us())
        until(60, lambda: overview()["position"] > before["position"])
        assert overview()["as_of"][:10] == today
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with closing(Store(f"sqlite:///{copy / 'platform.sqlite'}")) as store, store.read() as work:
        assert day_of(work.last_recorded_at()).isoformat() == today


def test_another_clock_is_not_for_a_platform_that_works_in_our_time(tmp_path):
    options = ["serve", "--port", "0", "--all", "--clock", "2025-06-30T09:00", "--data", tmp_path]
    answer = jinbao_in(tmp_path, "--lang", "en")(*options)
    assert (answer.exit_code, "not both" in answer.output) == (2, True), answer.output
