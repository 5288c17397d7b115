"""What a running program tells those who watch it: `/healthz`, `/readyz` and `/metrics` on a port of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, make_wsgi_app

from jinbao.cli.errors import UserError
from jinbao.cli.language import tr
from jinbao.cli.logs import LogKind, tell
from jinbao.cli.output import print_note

MAIN_LOOP = "main"
STALLED_AFTER_S = 120.0
"""A loop that has not turned for so long is stuck; it may wait a minute for a lock of the database."""

MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        min=0,
        max=65_535,
        metavar="PORT",
        help=tr("在此端口提供 /metrics、/healthz、/readyz", "Serve /metrics, /healthz and /readyz on this port"),
    ),
]
MetricsHost = Annotated[
    str,
    typer.Option("--metrics-host", metavar="ADDRESS", help=tr("监听地址", "The address that this port listens on")),
]


class Health:
    """Whether the program's loops turn, and whether the last turn of each went well. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned_at = {MAIN_LOOP: clock()}
        self._troubles = {MAIN_LOOP: tr("尚未完成第一步", "has not done its first step yet")}

    def well(self, loop: str = MAIN_LOOP) -> None:
        """A turn went well: bus and database answered."""
        self._turned_at[loop] = self._clock()
        self._troubles.pop(loop, None)

    def trouble(self, text: str, loop: str = MAIN_LOOP) -> None:
        """A turn failed and will be tried again."""
        self._turned_at[loop], self._troubles[loop] = self._clock(), text

    def live(self) -> tuple[bool, str]:
        """Whether every loop turns; where one does not, only a restart helps."""
        idle_s = self._clock() - min(self._turned_at.copy().values())
        return idle_s < STALLED_AFTER_S, "ok" if idle_s < STALLED_AFTER_S else f"no step for {idle_s:.0f} s"

    def ready(self) -> tuple[bool, str]:
        """Whether it does its work now; else what is in its way."""
        live, text = self.live()
        troubles = list(self._troubles.copy().values())
        return (False, "; ".join(troubles)) if troubles and live else (live, text)


@dataclass(slots=True)
class Watch:
    """Tells the operator how a loop goes: its health, and a line or an event on stderr."""

    health: Health
    log: LogKind
    loop: str = MAIN_LOOP
    _told: str = ""

    def of(self, loop: str) -> Watch:
        """The watch of another loop of the same program."""
        return Watch(self.health, self.log, loop)

    def well(self) -> None:
        """A turn went well; said where it did not before."""
        self.health.well(self.loop)
        if self._told:
            self._told = ""
            self.say("well", tr("恢复正常", "all is well again"))

    def trouble(self, text: str) -> None:
        """A turn failed and will be tried again; said once, until it is something else."""
        self._not_well("trouble", text, logging.ERROR)

    def waiting(self, text: str) -> None:
        """What it needs is not there yet; said in the same way."""
        self._not_well("waiting", text, logging.INFO)

    def _not_well(self, event: str, text: str, level: int) -> None:
        self.health.trouble(text, self.loop)
        if text != self._told:
            self._told = text
            self.say(event, text, level)

    def say(self, event: str, text: str, level: int = logging.INFO, **fields: object) -> None:
        """An event of the log, or its text."""
        if self.log == "json":
            tell(event, level, **(fields or {"text": text}))
        else:
            print_note(text)


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
        raise UserError(f"--metrics-port {port}: {host}: {error.strerror}") from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    watch.say("serving", f"http://{host}:{server.server_port}/metrics", port=server.server_port, host=host)
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
