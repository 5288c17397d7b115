"""Protection of every answer and request: headers, the Origin of what changes something, the size of what is sent.

A middleware around the whole application, so that no route can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIB = 1 << 20
MOST_BYTES = MIB
"""Of a request's body, unless an action takes more."""
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year browsers come by nothing else, whatever a link says."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(HTTPException):
    """More was sent than is read."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimits:
    """How much may be sent, by path."""

    def __init__(self, by_path: Mapping[str, int]) -> None:
        """`by_path`: of actions; a program sends a file in base64, which is a third longer."""
        larger = {path: most for path, most in by_path.items() if most > MOST_BYTES}
        self._by_path = {**larger, **{f"/api{path}": most * 4 // 3 for path, most in larger.items()}}

    def of(self, path: str) -> int:
        """The most bytes of a body."""
        return self._by_path.get(path, MOST_BYTES)


class Protection:
    """The middleware."""

    def __init__(
        self, app: ASGIApp, too_large: Callable[[Request], Response], limits: BodyLimits, *, secure: bool
    ) -> None:
        """`too_large`: the answer to who names too great a length; `secure`: browsers come by HTTPS, and stay there."""
        self._app = app
        self._too_large = too_large
        self._limits = limits
        self._headers = {**_HEADERS, **(_ONLY_HTTPS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with headers added and the body counted."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["type"] == "websocket":
            if _is_foreign(headers):
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    answer[name] = value
                answer.setdefault("Cache-Control", "no-store")
            await send(message)

        most = self._limits.of(scope["path"])
        length = headers.get("content-length", "0")
        if scope["method"] not in _SAFE and _is_foreign(headers):
            await PlainTextResponse("foreign origin\n", 403)(scope, receive, send_protected)
        elif not length.isdecimal() or int(length) > most:
            answer = await run_in_threadpool(self._too_large, Request(scope))
            await answer(scope, receive, send_protected)
        else:
            await self._app(scope, _counted(receive, most), send_protected)


def _is_foreign(headers: Headers) -> bool:
    """Whether a page of another site has sent it; programs, which are no browsers, name no origin."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin == "null":  # also of our own forms, since they send no referrer
        return site != "same-origin"
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return True
    return site not in (None, "same-origin", "none")


def _counted(receive: Receive, most: int) -> Receive:
    """The body as it comes, up to the limit: one sent in chunks names no length."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLarge
        return message

    return counted
