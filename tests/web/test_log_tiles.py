"""The transparency log as it is served: to whom, what, and that Go's own tools read it over HTTP."""

from __future__ import annotations

import os
import subprocess

import pytest
from support.go_tools import build_log_reader
from support.pages import browser, sign_in
from support.programs import serving

from jinbao.platform.audit.log.served import all_paths, served
from jinbao.web.accounts.sessions import make_token


@pytest.fixture
def auditor_token(users):
    return make_token(users, "auditor", valid_days=1)


def test_all_of_the_log_is_served_as_it_is(application, store, auditor_token):
    client = browser(application.asgi)
    client.headers["Authorization"] = f"Bearer {auditor_token}"
    with store.read() as work:
        paths = list(all_paths(work.bulk))
        for path in paths:
            answer = client.get(f"/api/log/{path}")
            assert (answer.status_code, answer.content) == (200, served(work.bulk, path)), path
    assert {"tile/0/000", "tile/entries/000", "checkpoint"} <= set(paths)


def test_what_is_not_there_is_not_found(application, auditor_token):
    client = browser(application.asgi)
    client.headers["Authorization"] = f"Bearer {auditor_token}"
    for path in ("tile/0/999", "tile/0/000.p/0", "tile/7/000", "tile/entries/x999/999", "nothing", "../checkpoint"):
        assert client.get(f"/api/log/{path}").status_code == 404, path


def test_a_clerk_may_not_read_it(application):
    client = browser(application.asgi)
    assert sign_in(client, "clerk41") == 303
    assert client.get("/log/checkpoint").status_code == 403


@pytest.mark.slow
def test_gos_tools_read_a_served_log(folder, auditor_token, tmp_path):
    program = build_log_reader(tmp_path)
    with serving(folder, "--national") as (_, address):
        command = [program, f"{address}/api/log/", folder / "audit" / "policy"]
        told = subprocess.run(
            command, env={**os.environ, "TOKEN": auditor_token}, capture_output=True, text=True, check=False
        )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("jinbao/")
