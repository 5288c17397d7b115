"""Error pages, and the same as JSON under /api: what is wrong and what to do, never how the program is made."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jinbao.language.words import BilingualError, Language, Translator, Words
from jinbao.presentation.prose import prose
from jinbao.service.logs import tell
from jinbao.web.door import Door, NotSignedIn
from jinbao.web.page import not_found
from jinbao.web.rendering import Rendering, reading_of

_WORDS: dict[int, Words] = {
    400: ("发来的内容无法读取", "what was sent cannot be read"),
    401: ("请先登录", "sign in first"),
    404: not_found().words,
    405: ("此处不能这样请求", "this cannot be asked for in this way"),
    413: ("内容太大", "too much was sent"),
    503: ("暂时无法读取，请稍后再试；运行维护员可看日志", "it cannot be read now: try again later; the log says why"),
    500: ("程序出错，已记入日志", "the program has failed; the log says where"),
}


def add_error_pages(app: FastAPI, door: Door, rendering: Rendering, language: Language) -> None:
    """Answer every error of the application."""

    def answer(request: Request, status: int, words: Words, **headers: str) -> Response:
        reading = reading_of(request, language)
        text = Translator(reading.language).of(words)
        if request.url.path.startswith("/api/"):
            body = msgspec.json.encode({"error": text})
            return Response(body, status, headers, media_type="application/json")
        page = rendering.page("error.html", request, reading, title=prose("That did not work"), value={"error": text})
        return Response(page, status, headers, media_type="text/html; charset=utf-8")

    def sign_in_first(request: Request) -> Response:
        if request.method == "GET" and not request.url.path.startswith("/api/"):
            query = f"?{request.url.query}" if request.url.query else ""
            response = RedirectResponse(f"/login?{urlencode({'next': request.url.path + query})}", 303)
            door.keep(response, reading_of(request, language).asked)
            return response
        return answer(request, 401, _WORDS[401], **{"WWW-Authenticate": "Bearer"})

    def not_signed_in(request: Request, error: Exception) -> Response:
        return sign_in_first(request)

    def refused_by_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            try:
                door.user(request)
            except NotSignedIn:  # whoever has not signed in does not learn what there is
                return sign_in_first(request)
        return answer(
            request, error.status_code, _WORDS.get(error.status_code, _WORDS[404]), **dict(error.headers or {})
        )

    def bilingual(request: Request, error: Exception) -> Response:
        assert isinstance(error, BilingualError)
        status = getattr(error, "status", 503)
        if status == 503:
            tell("page_failed", logging.ERROR, error=str(error))
        return answer(request, status, _WORDS[503] if status == 503 else error.words)

    def failed(request: Request, error: Exception) -> Response:
        return answer(request, 500, _WORDS[500])

    app.add_exception_handler(NotSignedIn, not_signed_in)
    app.add_exception_handler(HTTPException, refused_by_framework)
    app.add_exception_handler(BilingualError, bilingual)
    app.add_exception_handler(Exception, failed)
