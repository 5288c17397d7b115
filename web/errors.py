"""Error pages, and the same as JSON under /api: what is wrong and what to do, never how the program is made.

Who is signed in sees them within their own frame: menu, name, language.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jinbao.language.words import BilingualError, Language, Translator, Words
from jinbao.presentation.prose import prose
from jinbao.service.logs import tell
from jinbao.web.accounts.users import User
from jinbao.web.door import SESSION_COOKIE, Door, NotSignedIn, csrf_token
from jinbao.web.page import Page, Refused, not_found
from jinbao.web.rendering import Rendering, reading_of
from jinbao.web.security import MIB, BodyLimits

_WORDS: dict[int, Words] = {
    400: ("发来的内容无法读取", "what was sent cannot be read"),
    401: ("请先登录", "sign in first"),
    404: not_found().words,
    405: ("此处不能这样请求", "this cannot be asked for in this way"),
    413: ("内容太大", "too much was sent"),
    503: ("暂时无法读取，请稍后再试；运行维护员可看日志", "it cannot be read now: try again later; the log says why"),
    500: ("程序出错，已记入日志", "the program has failed; the log says where"),
}
_BY_THE_MENU: Words = (
    "请检查地址，或从菜单、清单进入。",
    "Check the address, or come by the menu or a list.",
)
_AGAIN: Words = ("请返回上一页，更正后再提交。", "Go back to the former page, correct it and send it again.")
_LATER: Words = (
    "请稍后再试；仍不行，请把时间和所在页面告诉运行维护员。",
    "Try again in a while; if it goes on, tell the operator the time and the page.",
)
_ADVICE: dict[int, Words] = {
    400: _AGAIN,
    404: _BY_THE_MENU,
    405: _BY_THE_MENU,
    413: (
        "一次最多 {} MiB：请把文件拆开，分次提交。",
        "At most {} MiB at once: split the file and send the parts one by one.",
    ),
    422: _AGAIN,
    500: _LATER,
    503: _LATER,
}
"""What to do, by status; where there is none, what is wrong says it."""


@dataclass(frozen=True, slots=True)
class ErrorPages:
    """What is answered in place of a page."""

    door: Door
    rendering: Rendering
    language: Language
    menu_of: Callable[[User], Sequence[Page]]
    limits: BodyLimits

    def answer(
        self, request: Request, status: int, words: Words | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """What is wrong in the reader's language; `words`: unless the status says it all."""
        reading = reading_of(request, self.language)
        tr = Translator(reading.language)
        text = tr.of(words or _WORDS.get(status, _WORDS[404]))
        if request.url.path.startswith("/api/"):
            body = msgspec.json.encode({"error": text})
            return Response(body, status, headers, media_type="application/json")
        user = self._user(request)
        advice = tr.of(_ADVICE[status]) if status in _ADVICE else ""
        page = self.rendering.page(
            "error.html",
            request,
            reading,
            title=prose("That did not work"),
            value={"error": text, "advice": advice.format(self.limits.of(request.url.path) // MIB)},
            user=user,
            menu=self.menu_of(user) if user else (),
            csrf_token=csrf_token(request.cookies.get(SESSION_COOKIE, "")) if user else "",
        )
        return Response(page, status, headers, media_type="text/html; charset=utf-8")

    def sign_in_first(self, request: Request) -> Response:
        """To the form and then to what was asked for; a program, and what was sent, get 401."""
        if request.method == "GET" and not request.url.path.startswith("/api/"):
            query = f"?{request.url.query}" if request.url.query else ""
            response = RedirectResponse(f"/login?{urlencode({'next': request.url.path + query})}", 303)
            self.door.keep(response, reading_of(request, self.language).asked)
            return response
        return self.answer(request, 401, headers={"WWW-Authenticate": "Bearer"})

    def _user(self, request: Request) -> User | None:
        """Who sees the page; nobody where that cannot be read, since that may be what is wrong."""
        try:
            return self.door.user(request, used=False)
        except (NotSignedIn, BilingualError, sqlite3.Error):
            return None


def add_error_pages(app: FastAPI, pages: ErrorPages) -> None:
    """Answer every error of the application."""

    def not_signed_in(request: Request, error: Exception) -> Response:
        return pages.sign_in_first(request)

    def refused_by_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            try:
                pages.door.user(request)
            except NotSignedIn:  # whoever has not signed in does not learn what there is
                return pages.sign_in_first(request)
        return pages.answer(request, error.status_code, headers=error.headers)

    def bilingual(request: Request, error: Exception) -> Response:
        assert isinstance(error, BilingualError)
        status = getattr(error, "status", 503)
        if status == 503:
            tell("page_failed", logging.ERROR, error=str(error))
        is_told = status != 503 or isinstance(error, Refused)  # of others the words are for who runs it: files, reasons
        return pages.answer(request, status, error.words if is_told else None)

    def failed(request: Request, error: Exception) -> Response:
        return pages.answer(request, 500)

    app.add_exception_handler(NotSignedIn, not_signed_in)
    app.add_exception_handler(HTTPException, refused_by_framework)
    app.add_exception_handler(BilingualError, bilingual)
    app.add_exception_handler(Exception, failed)
