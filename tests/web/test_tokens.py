"""Tokens of programs: listed without being shown, expired by themselves, ended one by one."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect
from support.in_process import jinbao_in
from support.pages import PASSWORD, browser

from jinbao.web.accounts import sessions, users_file
from jinbao.web.accounts.sessions import make_token, tokens_of, user_of_token
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile


def test_a_token_that_was_revoked_opens_nothing_at_once_and_the_others_go_on(application, users, folder):
    jinbao = jinbao_in(folder, "--lang", "en")
    made = [json.loads(jinbao("users", "token", "ministry", "--json", "--data", ".").stdout) for _ in range(2)]
    assert [list(one) for one in made] == [["token"]] * 2
    programs = [browser(application.asgi) for _ in made]
    for program, one in zip(programs, made, strict=True):
        program.headers["Authorization"] = f"Bearer {one['token']}"
        assert program.get("/api/overview").status_code == 200
    listed = jinbao("users", "tokens", "ministry", "--json", "--data", ".").stdout
    assert not any(one["token"] in listed for one in made)
    first, second = json.loads(listed)
    assert jinbao("users", "revoke", "ministry", first["token_id"], "--data", ".").exit_code == 0
    assert [program.get("/api/overview").status_code for program in programs] == [401, 200]
    with pytest.raises(WebSocketDisconnect), programs[0].websocket_connect("ws://127.0.0.1/live"):
        pass
    assert [one.token_id for one in tokens_of(users, "ministry")] == [second["token_id"]]
    again = jinbao("users", "revoke", "ministry", first["token_id"], "--data", ".")
    assert (again.exit_code, again.output) == (
        2,
        f"jinbao: user ministry has no token {first['token_id']}; see jinbao users tokens ministry\n",
    )
    assert jinbao("users", "revoke", "operator", second["token_id"], "--data", ".").exit_code == 2, "another's"


def test_a_token_expires_and_is_listed_with_its_day(users, folder, monkeypatch):
    token, now = make_token(users, "ministry", valid_days=2), time.time()
    (listed,) = tokens_of(users, "ministry")
    assert listed.expires_at == pytest.approx(now + 2 * 86_400, abs=5)
    monkeypatch.setattr(sessions.time, "time", lambda: now + 2 * 86_400 - 60)
    assert user_of_token(users, token) is not None
    monkeypatch.setattr(sessions.time, "time", lambda: now + 2 * 86_400 + 60)
    assert user_of_token(users, token) is None
    shown = jinbao_in(folder, "--lang", "en")("users", "tokens", "ministry", "--data", ".").output
    assert listed.token_id in shown
    assert "expired" in shown


def test_a_token_of_a_file_from_before_has_no_end(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / users_file.NAME)) as old, old:
        old.executescript(users_file._TABLES)
        old.execute(f"PRAGMA application_id = {users_file._LAYOUT.application_id}")
        old.execute("PRAGMA user_version = 1")
    with closing(UsersFile(tmp_path)) as file:
        add_user(file, "li", "ministry", None, PASSWORD)
        with file.writing() as db:
            db.execute("INSERT INTO tokens (secret, user_id, made_at) VALUES (?, 1, 0)", (sessions._kept("secret"),))
        assert user_of_token(file, "secret") is not None
        assert [one.expires_at for one in tokens_of(file, "li")] == [None]
