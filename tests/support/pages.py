"""Users of every role for tests of the pages, and how they sign in."""

from __future__ import annotations

import re

import httpx
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from jinbao.web.accounts.users import Role

PASSWORD = "correct horse battery"
USERS: dict[str, tuple[Role, str | None]] = {
    "ministry": ("ministry", None),
    "clerk41": ("clerk", "41"),
    "clerk44": ("clerk", "44"),
    "clerk66": ("clerk", "66"),
    "supervisor41": ("supervisor", "41"),
    "finance41": ("finance", "41"),
    "auditor": ("auditor", None),
    "auditor41": ("auditor", "41"),
    "operator": ("operator", None),
}
SERVED = ("41", "44")
"""Provinces whose desk is served."""


def browser(app: ASGIApp) -> TestClient:
    """Somebody who has not signed in."""
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def token_of(client: httpx.Client, path: str = "/login") -> str:
    """The token of a page's first form."""
    found = re.search(r'name="csrf_token" value="(\w+)"', client.get(path).text)
    assert found, path
    return found[1]


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD, after: str = "/") -> int:
    """The status of an attempt to sign in."""
    fields = {"name": name, "password": password, "next": after, "csrf_token": token_of(client)}
    return client.post("/login", data=fields).status_code
