"""The server: uvicorn on one socket, which tells where it listens and ends cleanly with streams open."""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from jinbao.service.errors import UserError
from jinbao.web.client_certificate import CertifiedProtocol
from jinbao.web.websocket import WebSocketProtocol

_GRACE_S = 2
"""So long may requests and open streams take to end."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _is_news(line: logging.LogRecord) -> bool:
    """Not that connections were still open `_GRACE_S` after the program was asked to end: adapters keep theirs."""
    return not str(line.msg).startswith("Cancel %s running task(s)")


class Server(uvicorn.Server):
    """Uvicorn, which tells when it is ready, and ends with whatever works beside it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object], stop: threading.Event) -> None:
        super().__init__(config)
        self._ready, self._stop = ready, stop

    @classmethod
    def of(
        cls,
        app: ASGIApp,
        ready: Callable[[], object],
        stop: threading.Event,
        certificate: Path | None = None,
        key: Path | None = None,
        client_authority: Path | None = None,
    ) -> Server:
        """A server of the application, which ends once `stop` is set. Raises OSError for TLS files.

        `client_authority`: certificates of clients that it has issued are asked for and taken, and no others.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # addresses hold what somebody searched for
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws=WebSocketProtocol,
            http="auto" if client_authority is None else CertifiedProtocol,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=None if client_authority is None else str(client_authority),
            ssl_cert_reqs=ssl.CERT_NONE if client_authority is None else ssl.CERT_OPTIONAL,
            timeout_graceful_shutdown=_GRACE_S,
        )
        config.load()
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        return cls(config, ready, stop)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; asked ten times a second."""
        self.should_exit = self.should_exit or self._stop.is_set()
        return await super().on_tick(counter)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket on the port, a free one for 0. Raises UserError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # by its protocol asyncio knows to send at once: else each answer waits 40 ms for an acknowledgement
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise UserError(
            f"--port {port}：无法监听 {host}：{error.strerror}；请另选端口",
            f"--port {port}: cannot listen on {host}: {error.strerror}; choose another port",
        ) from None
    return found


def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], object],
    stop: threading.Event,
    certificate: Path | None = None,
    key: Path | None = None,
    client_authority: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, which it hands on to whoever listened before, or until `stop` is set.

    Raises UserError for TLS files that cannot be used.
    """
    try:
        server = Server.of(app, ready, stop, certificate, key, client_authority)
    except OSError as error:
        files = ", ".join(str(file) for file in (certificate, client_authority) if file is not None)
        raise UserError(
            f"{files}：TLS 证书或密钥无法使用：{error}", f"{files}: TLS certificate or key: {error}"
        ) from None
    gc.collect()
    gc.freeze()  # what the program is made of is no garbage: walking it for some made one page in twenty wait 100 ms
    server.run(sockets=[listener])
