"""Behind a proxy: the nearest one says from which address and by which protocol a request came."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class BehindProxy:
    """A middleware for an application that nobody reaches but through its proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the last address named, which the nearest proxy has written; earlier ones may be anybody's invention."""
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            if named := headers.get("x-forwarded-for"):
                scope["client"] = (named.rpartition(",")[2].strip(), 0)
            scope["scheme"] = "https" if scope["type"] == "http" else "wss"
        await self._app(scope, receive, send)
