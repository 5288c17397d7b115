"""Signing in and out, and the attacks on it."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from support.pages import PASSWORD, browser, sign_in, token_of

from jinbao.web.accounts import attempts
from jinbao.web.accounts.attempts import LONGEST_WAIT_S, note_failure, wait_s
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import add_user, disable_user, set_password, user_with_password
from jinbao.web.door import SESSION_COOKIE
from jinbao.web.sign_in import own_path


def test_right_is_303_wrong_is_401_and_an_unknown_user_is_told_nothing_else(visitor):
    assert 'maxlength="64" autofocus>' in visitor.get("/login").text, "the keyboard begins at the name"
    wrong = visitor.post("/login", data={"name": "ministry", "password": "x" * 12, "csrf_token": token_of(visitor)})
    unknown = visitor.post("/login", data={"name": "nobody", "password": "x" * 12, "csrf_token": token_of(visitor)})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text
    assert sign_in(visitor, "ministry") == 303


def test_an_unknown_user_takes_as_long_as_a_wrong_password(users):
    def seconds(name: str) -> float:
        began = time.process_time()
        assert user_with_password(users, name, "wrong password") is None
        return time.process_time() - began

    known, unknown = [seconds("ministry")], [seconds("nobody")]
    while min(unknown) != pytest.approx(min(known), rel=0.1):  # in turns, so that a busy machine slows both
        known.append(seconds("ministry"))
        unknown.append(seconds("nobody"))
        assert len(known) < 50


def test_a_form_without_its_token_or_from_elsewhere_is_refused(visitor, signed_in):
    fields = {"name": "ministry", "password": PASSWORD}
    assert visitor.post("/login", data=fields).status_code == 403
    assert visitor.post("/login", data={**fields, "csrf_token": "0" * 64}).status_code == 403
    fields["csrf_token"] = token_of(visitor)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert visitor.post("/login", data=fields, headers=headers).status_code == 403
    assert visitor.post("/login", data=fields, headers={"Origin": "http://127.0.0.1"}).status_code == 303
    client = signed_in("ministry")
    assert client.post("/logout").status_code == 403
    assert client.get("/overview").status_code == 200


def test_the_session_is_a_new_one_and_ends_with_signing_out(application):
    client = browser(application.asgi)
    client.cookies.set(SESSION_COOKIE, "planted")
    assert sign_in(client, "ministry") == 303
    first = client.cookies.get(SESSION_COOKIE, domain="127.0.0.1")
    assert first != "planted"
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, str(first))
    assert client.post("/logout", data={"csrf_token": token_of(client, "/overview")}).status_code == 303
    client.cookies.set(SESSION_COOKIE, str(first))
    assert client.get("/overview").status_code == 303, "the secret of an ended session opens nothing"


@pytest.mark.parametrize("change", [disable_user, lambda file, name: set_password(file, name, "another password")])
def test_who_is_disabled_or_has_another_password_is_out_at_once(application, users, change):
    with users.writing() as db:
        db.execute("DELETE FROM users WHERE name = 'leaving'")
    add_user(users, "leaving", "ministry", None, PASSWORD)
    client, bearer = browser(application.asgi), {"Authorization": f"Bearer {make_token(users, 'leaving')}"}
    assert sign_in(client, "leaving") == 303
    assert client.get("/overview").status_code == client.get("/api/overview", headers=bearer).status_code == 200
    change(users, "leaving")
    assert client.get("/overview").status_code == 303
    assert client.get("/api/overview", headers=bearer).status_code == 401
    assert sign_in(client, "leaving") == 401


def test_guessing_is_slowed_and_never_longer_than_a_minute(visitor, users, monkeypatch):
    now = time.time()
    monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: now))  # however slow the machine is
    for _ in range(5):
        assert sign_in(visitor, "ministry", "wrong password") == 401
    answer = visitor.post("/login", data={"name": "ministry", "password": PASSWORD, "csrf_token": token_of(visitor)})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 2
    for _ in range(100):
        note_failure(users, "ministry", "testclient")
    assert 0 < wait_s(users, "ministry", "testclient") <= LONGEST_WAIT_S


def test_the_owner_at_a_known_address_is_not_slowed_by_what_others_try(application, users):
    client = browser(application.asgi)
    assert sign_in(client, "ministry") == 303
    for number in range(200):
        note_failure(users, "ministry", f"192.0.2.{number}")
    assert wait_s(users, "ministry", "198.51.100.9") > 0, "an address that nobody knows"
    assert sign_in(client, "ministry") == 303


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/desk?lang=en", "/desk?lang=en"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("http://[", "/"),
    ],
)
def test_signing_in_leads_to_pages_of_ours_only(asked, led):
    assert own_path(asked) == led


def test_every_answer_has_its_headers(visitor, signed_in):
    for answer in (visitor.get("/login"), visitor.get("/nothing"), signed_in("ministry").get("/overview")):
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers, "where there is no HTTPS to stay with"


def test_more_than_is_read_is_refused_however_it_is_sent(visitor):
    big = b"x" * (2 << 20)
    assert visitor.post("/login", content=big).status_code == 413
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert visitor.post("/login", content=(part for part in [b"name=", big]), headers=kind).status_code == 413
