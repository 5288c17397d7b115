"""Metrics and probes of a running program: `/healthz`, `/readyz` and `/metrics` on a port of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, make_wsgi_app

from jinbao.language.system_errors import system_reason
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch


def new_registry() -> CollectorRegistry:
    """A registry with what every process tells of itself: memory, processor time, open files, collections."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


@contextmanager
def served(port: int | None, host: str, registry: CollectorRegistry, watch: Watch) -> Iterator[None]:
    """Serve until the block ends on the port, a free one for 0, and say where; on none for None. Raises UserError."""
    if port is None:
        yield
        return
    try:
        server = make_server(host, port, _application(registry, watch.health), _Server, _Quiet)
    except OSError as error:
        raise UserError(
            f"--metrics-port {port}：无法监听 {host}：{system_reason(error)[0]}；请另选端口",
            f"--metrics-port {port}: cannot listen on {host}: {error.strerror}; choose another port",
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    address = f"http://{host}:{server.server_port}/metrics"
    watch.say("serving", (address, address), port=server.server_port, host=host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A probe a second is nothing to tell."""


def _application(registry: CollectorRegistry, health: Health) -> Any:
    metrics = make_wsgi_app(registry)
    probes = {"/healthz": health.live, "/readyz": health.ready}

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            page: Iterable[bytes] = metrics(environ, start_response)
            return page
        good, text = probes[path]() if path in probes else (None, "not found: /metrics, /healthz, /readyz")
        status = {True: "200 OK", False: "503 Service Unavailable", None: "404 Not Found"}[good]
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode() + b"\n"]

    return answer
