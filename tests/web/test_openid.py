"""Signing in by OpenID Connect, against a provider in a process of its own; what is forged lets nobody in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient
from support.pages import PASSWORD, browser, sign_in

from jinbao.service.errors import UserError
from jinbao.web.accounts.users import add_user, disable_user
from jinbao.web.application import Application
from jinbao.web.door import SESSION_COOKIE
from jinbao.web.openid import OpenIdProvider
from jinbao.web.sign_in import OPENID_ANSWER, OPENID_COOKIE

PROGRAM = Path(__file__).parents[1] / "support" / "openid_provider.py"
CLIENT = ("jinbao", "a secret of both")


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The address of the provider."""
    command = [sys.executable, "-W", "ignore", str(PROGRAM), *CLIENT, f"http://127.0.0.1{OPENID_ANSWER}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture
def visitor(application: Application, issuer: str) -> TestClient:
    """Somebody who has not signed in, where the provider is set."""
    application.sign_in.provider = OpenIdProvider(issuer, *CLIENT)
    return browser(application.asgi)


def at_the_provider(issuer: str, name: str, *, forge: str = "") -> None:
    """Who sits there, and what is wrong with the next token."""
    httpx.post(f"{issuer}/set/name/{name}")
    if forge:
        httpx.post(f"{issuer}/set/forge/{forge}")


def answer_for(client: TestClient, after: str = "/overview") -> str:
    """Where the provider sends the browser back to."""
    began = client.get(f"/login/openid?next={after}")
    assert began.status_code == 303
    return httpx.get(began.headers["location"]).headers["location"]


def test_the_form_leads_to_the_provider_and_back_to_the_link_asked_for(visitor, issuer):
    assert 'href="/login/openid?next=/overview"' in visitor.get("/login?next=/overview").text
    asked = parse_qs(urlsplit(visitor.get("/login/openid?next=/overview").headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 64
    at_the_provider(issuer, "ministry")
    back = visitor.get(answer_for(visitor))
    assert (back.status_code, back.headers["location"]) == (303, "/overview")
    assert OPENID_COOKIE not in visitor.cookies
    assert visitor.get("/overview").status_code == 200
    assert visitor.get("/desk").status_code == 403, "role and province are those given here"


def test_whoever_is_no_user_here_or_is_disabled_stays_outside(visitor, issuer, users):
    with users.writing() as db:
        db.execute("DELETE FROM users WHERE name = 'leaving'")
    add_user(users, "leaving", "ministry", None, PASSWORD)
    disable_user(users, "leaving")
    for name in ("nobody", "leaving"):
        at_the_provider(issuer, name)
        back = visitor.get(answer_for(visitor))
        assert back.status_code == 403
        assert SESSION_COOKIE not in visitor.cookies


def test_an_answer_to_another_browser_or_a_second_time_opens_nothing(visitor, issuer, application):
    at_the_provider(issuer, "ministry")
    stolen = answer_for(browser(application.asgi))
    assert visitor.get(stolen).status_code == 403, "a link that an attacker sends"
    visitor.get("/login/openid")
    assert visitor.get(stolen).status_code == 403
    own = answer_for(visitor)
    cookie = visitor.cookies[OPENID_COOKIE]
    assert visitor.get(own).status_code == 303
    visitor.cookies.clear()
    visitor.cookies.set(OPENID_COOKIE, cookie)
    assert visitor.get(own).status_code == 401, "a code is good once"
    for wrong in ("", "?state=x", "?code=x", "?error=access_denied"):
        assert visitor.get(OPENID_ANSWER + wrong).status_code == 403
    assert SESSION_COOKIE not in visitor.cookies


@pytest.mark.parametrize("forge", ["nonce", "nonce_missing", "audience", "issuer", "key", "time", "unsigned"])
def test_a_token_that_is_not_for_us_now_lets_nobody_in(visitor, issuer, forge):
    at_the_provider(issuer, "ministry", forge=forge)
    back = visitor.get(answer_for(visitor))
    assert back.status_code == 401
    assert SESSION_COOKIE not in visitor.cookies


def test_it_leads_to_pages_of_ours_only_and_the_old_session_ends(visitor, issuer):
    assert sign_in(visitor, "clerk41") == 303
    before = visitor.cookies[SESSION_COOKIE]
    at_the_provider(issuer, "ministry")
    back = visitor.get(answer_for(visitor, "https://evil.example/"))
    assert back.headers["location"] == "/"
    assert visitor.cookies[SESSION_COOKIE] != before
    visitor.cookies.clear()
    visitor.cookies.set(SESSION_COOKIE, before)
    assert visitor.get("/desk").status_code == 303


def test_a_provider_that_does_not_answer_is_told_and_passwords_go_on(application):
    application.sign_in.provider = OpenIdProvider("http://127.0.0.1:9", *CLIENT)
    client = browser(application.asgi)
    assert client.get("/login/openid").status_code == 503
    assert sign_in(client, "ministry") == 303


def test_it_is_off_unless_set(application):
    client = browser(application.asgi)
    assert "/login/openid" not in client.get("/login").text
    assert client.get("/login/openid").status_code == client.get(OPENID_ANSWER).status_code == 404


@pytest.mark.parametrize(
    ("issuer", "client", "told"),
    [
        ("http://elsewhere.example", CLIENT, "expected an https address"),
        ("ftp://127.0.0.1", CLIENT, "expected an https address"),
        ("https://elsewhere.example", ("", "x"), "oidc_client_id"),
        ("https://elsewhere.example", ("x", ""), "JINBAO_OIDC_CLIENT_SECRET"),
    ],
)
def test_a_provider_that_could_not_be_trusted_is_refused_at_start(issuer, client, told):
    with pytest.raises(UserError) as error:
        OpenIdProvider(issuer, *client)
    assert told in error.value.words[1]
