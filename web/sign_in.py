"""Signing in: the form, the attempt, the new session. An unknown user gets the answer of a wrong password.

Where a provider of OpenID Connect is set, the form leads there too; what it says of somebody's name is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jinbao.language.words import Language, Words
from jinbao.presentation.prose import prose
from jinbao.web.accounts.attempts import note_failure, note_success, wait_s
from jinbao.web.accounts.sessions import begin_session, end_session
from jinbao.web.accounts.users import User, user_named, user_with_password
from jinbao.web.door import SESSION_COOKIE, VISITOR_COOKIE, Door, csrf_token, need_csrf_token, new_visitor
from jinbao.web.openid import OpenIdError, OpenIdProvider, attempt_of, new_attempt
from jinbao.web.page import Refused, not_found
from jinbao.web.rendering import Rendering, reading_of

_AT_ONCE = 4
"""Sign-ins looked at together; more of them wait without holding a thread that pages need."""
_WRONG: Words = ("用户名或密码不对", "wrong name or password")
_SLOWER: Words = ("尝试过多，请稍后再试", "too many attempts: wait a little, then try again")
_NO_SUCH_USER: Words = (
    "您已通过统一认证，但在此没有可用的用户，请联系管理员",
    "you have signed in there, but there is no user of your name here: ask whoever adds users",
)
OPENID_COOKIE = "jinbao_openid"
_OPENID_KEPT_S = 600
OPENID_BEGIN, OPENID_ANSWER = "/login/openid", "/login/openid/answer"
"""Where a browser is led to the provider, and where that sends it back to (to be registered there)."""


class SignIn:
    """The form at /login."""

    def __init__(
        self, door: Door, rendering: Rendering, language: Language, provider: OpenIdProvider | None = None
    ) -> None:
        self._door = door
        self.provider = provider
        self._rendering = rendering
        self._language = language
        self._turns: anyio.CapacityLimiter | None = None

    async def show(self, request: Request) -> Response:
        """The empty form."""
        return self._form(request, own_path(request.query_params.get("next", "")))

    async def submit(self, request: Request) -> Response:
        """303 to the page asked for, 401 for a wrong name or password, 429 for who guesses."""
        fields = {name: str(value) for name, value in (await request.form()).items()}
        try:
            need_csrf_token(request, fields, request.cookies.get(VISITOR_COOKIE, ""))
        except Refused as error:
            return self._form(request, own_path(fields.get("next", "")), error.words, error.status)
        return await self._in_turn(lambda: self._attempt(request, fields))

    async def to_provider(self, request: Request) -> Response:
        """303 to the provider of OpenID Connect."""
        provider, after = self.provider, own_path(request.query_params.get("next", ""))
        if provider is None:
            raise not_found()

        def lead() -> Response:
            secret, kept = new_attempt(after)
            try:
                response = RedirectResponse(provider.address(secret, _answer_of(request)), 303)
            except OpenIdError as error:
                return self._form(request, after, error.words, error.status)
            self._door.set_cookie(response, OPENID_COOKIE, kept, keep_s=_OPENID_KEPT_S)
            return response

        return await self._in_turn(lead)

    async def from_provider(self, request: Request) -> Response:
        """303 to the page asked for, where the provider's answer is one to what this browser asked for."""
        provider = self.provider
        if provider is None:
            raise not_found()
        secret, asked = attempt_of(request.cookies.get(OPENID_COOKIE, ""))
        after = own_path(asked)

        def look() -> Response:
            try:
                name = provider.name_of(secret, _answer_of(request), request.query_params)
            except OpenIdError as error:
                return self._form(request, after, error.words, error.status)
            user = user_named(self._door.users, name)
            return self._let_in(request, user, after) if user else self._form(request, after, _NO_SUCH_USER, 403)

        response = await self._in_turn(look)
        response.delete_cookie(OPENID_COOKIE, path="/")
        return response

    async def _in_turn(self, work: Callable[[], Response]) -> Response:
        if self._turns is None:  # belongs to the loop that runs it
            self._turns = anyio.CapacityLimiter(_AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._turns)

    def _attempt(self, request: Request, fields: dict[str, str]) -> Response:
        users, name, after = self._door.users, fields.get("name", ""), own_path(fields.get("next", ""))
        address = request.client.host if request.client else ""
        if (wait := wait_s(users, name, address)) > 0:
            response = self._form(request, after, _SLOWER, 429)
            response.headers["Retry-After"] = str(wait)
            return response
        note_failure(users, name, address)  # before the password is looked at: many at once count as many
        user = user_with_password(users, name, fields.get("password", ""))
        if user is None:
            return self._form(request, after, _WRONG, 401)
        note_success(users, name, address)
        return self._let_in(request, user, after)

    def _let_in(self, request: Request, user: User, after: str) -> Response:
        """A new session; the browser's old one ends."""
        end_session(self._door.users, request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse(after, 303)
        self._door.set_cookie(response, SESSION_COOKIE, begin_session(self._door.users, user))
        return response

    def _form(self, request: Request, after: str, error: Words | None = None, status: int = 200) -> Response:
        reading = reading_of(request, self._language)
        visitor = request.cookies.get(VISITOR_COOKIE) or new_visitor()
        page = self._rendering.page(
            "login.html",
            request,
            reading,
            title=prose("Sign in"),
            value={"error": error, "next": after, "openid": self.provider is not None},
            csrf_token=csrf_token(visitor),
        )
        response = Response(page, status, media_type="text/html; charset=utf-8")
        self._door.set_cookie(response, VISITOR_COOKIE, visitor)
        self._door.keep(response, reading.asked)
        return response


def _answer_of(request: Request) -> str:
    """The whole address of the answer, as the browser knows us."""
    return f"{request.url.scheme}://{request.url.netloc}{OPENID_ANSWER}"


def own_path(path: str) -> str:
    """The path itself where it leads to a page of ours, else the front page: never to another site."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    is_own = path.startswith("/") and not path.startswith("//") and not parts.netloc and not parts.scheme
    return path if is_own and path.isprintable() and "\\" not in path else "/"
