"""The door: whose request it is, by session or token, and the token that every form sends back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from jinbao.web.accounts.sessions import user_of_session, user_of_token
from jinbao.web.accounts.users import User
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.page import Refused

SESSION_COOKIE, VISITOR_COOKIE = "jinbao_session", "jinbao_visitor"
_KEPT_S = 365 * 86_400
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"


class NotSignedIn(Exception):
    """Nobody has signed in, or no longer."""


@dataclass(frozen=True, slots=True)
class Door:
    """Who comes in."""

    users: UsersFile
    secure: bool
    """Whether browsers reach it by HTTPS only: cookies are sent over nothing else then."""

    def user(self, request: HTTPConnection, *, used: bool = True) -> User:
        """Whose request it is: a bearer token on /api, else a session. Raises NotSignedIn.

        `used`: whether somebody acts, which keeps the session alive; a page that lies open does not.
        """
        token = bearer_token(request)
        secret = request.cookies.get(SESSION_COOKIE, "")
        user = user_of_token(self.users, token) if token else user_of_session(self.users, secret, used=used)
        if user is None:
            raise NotSignedIn
        return user

    def keep(self, response: Response, chosen: Mapping[str, str]) -> None:
        """Cookies of what a reader has chosen, for a year."""
        for name, value in chosen.items():
            self.set_cookie(response, name, value, keep_s=_KEPT_S)

    def set_cookie(self, response: Response, name: str, value: str, *, keep_s: int | None = None) -> None:
        """A cookie that no script and no other site's form sees."""
        response.set_cookie(name, value, max_age=keep_s, httponly=True, samesite="lax", secure=self.secure, path="/")


def bearer_token(request: HTTPConnection) -> str:
    """The token of a program, which only /api and sockets take; empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_api = request.url.path.startswith("/api/") or request.scope["type"] == "websocket"
    return token.strip() if is_api and scheme.lower() == "bearer" else ""


def csrf_token(secret: str) -> str:
    """The token of the forms shown under a secret cookie: of a session, or before that of a visitor."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def new_visitor() -> str:
    """The secret of somebody who has not signed in."""
    return secrets.token_urlsafe(32)


def need_csrf_token(request: Request, fields: dict[str, Any], secret: str) -> None:
    """Take the token out of what was sent. Raises Refused unless it is the one that was shown under this cookie."""
    sent = str(fields.pop(CSRF_FIELD, "") or request.headers.get(CSRF_HEADER, ""))
    if not secret or not hmac.compare_digest(sent.encode(), csrf_token(secret).encode()):
        raise Refused(
            "表单已过期，请返回、刷新后重试", "this form is no longer valid: go back, reload and try again", 403
        )
