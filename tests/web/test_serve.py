"""`jinbao serve` and `jinbao users` as programs: where they listen, how they end, what they refuse."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.in_process import jinbao_in
from support.pages import PASSWORD

JINBAO = Path(sys.executable).parent / "jinbao"


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and where it says it listens."""
    command = [str(JINBAO), "serve", "--port", "0", "--data", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", said)
            assert found, said
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly_with_a_connection_open(folder, ending):
    with serving(folder) as (process, address), httpx.Client(base_url=address) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        process.send_signal(ending)
        assert process.wait(10) == 0


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


def test_a_province_is_served_without_the_platforms_database(folder, tmp_path, users):
    (tmp_path / "local").mkdir()
    os.link(folder / "local" / "41.sqlite", tmp_path / "local" / "41.sqlite")
    jinbao = jinbao_in(tmp_path, "--lang", "en")
    added = ["users", "add", "wang", "--role", "clerk", "--province", "41", "--password-stdin", "--data", tmp_path]
    assert jinbao(*added, input=PASSWORD + "\n").exit_code == 0
    token = jinbao("users", "token", "wang", "--json", "--data", tmp_path)
    bearer = {"Authorization": f"Bearer {token.output.split(chr(34))[3]}"}
    with serving(tmp_path, "--province", "41") as (_, address):
        assert httpx.get(f"{address}/api/desk", headers=bearer).json()["province"] == "41"
    assert not (tmp_path / "platform.sqlite").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "others could listen in"),
        (["--tls-certificate", "x.pem"], "go together"),
        (["--clock", "noon"], "expected a time like"),
        (["--province", "99"], "no such province"),
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
    assert users("add", "a b", "--role", "operator", "--password-stdin")[0] == 2
    assert users("password", "nobody", "--password-stdin")[0] == 2
    assert users("disable", "li")[0] == 0
    assert users("token", "li")[0] == 2, "a disabled user has no token"
    assert '"disabled": true' in users("list", "--json")[1]
    assert (tmp_path / "users.sqlite").stat().st_mode & 0o077 == 0
