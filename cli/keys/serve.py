"""`jinbao keys serve`: the key ring as a service, for adapters on hosts of their own."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.listening import need_tls, tell_address
from jinbao.cli.options import DatabaseOption, DataOption, LogOption, MetricsHost, MetricsPort
from jinbao.cli.reading import is_simulation, simulated_run
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.presentation.prose import prose
from jinbao.service.alerts.key_limit_watch import limit_watched
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.key_service.custody import Custody
from jinbao.service.key_service.national_log import NationalLog
from jinbao.service.key_service.uses import Uses
from jinbao.service.key_service.uses_told import telling_elsewhere
from jinbao.service.logs import logging_as
from jinbao.service.metrics import new_registry, served
from jinbao.service.settings import load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.key_service import key_service
from jinbao.web.server import LOOPBACK, listening_socket, serve as serve_requests

HELP = prose("Serve the key ring to adapters on other hosts; Ctrl-C stops")


def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help=prose("Port; 0: a free one"))],
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help=prose("Address to listen on"))] = LOOPBACK[0],
    tls_certificate: Annotated[Path | None, typer.Option("--tls-certificate", help=prose("Certificate, PEM"))] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help=prose("Its key, PEM"))] = None,
    client_authority: Annotated[
        Path | None,
        typer.Option("--client-authority", help=prose("Authority, PEM, whose certificates stand for tokens")),
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log: LogOption = "text",
) -> None:
    """Serve until SIGINT or SIGTERM: ring, tokens and record of uses lie in --data, the log is asked in --database."""
    need_tls(host, tls_certificate, tls_key)
    if client_authority is not None and tls_certificate is None:
        raise UserError(
            "--client-authority 须与 --tls-certificate 和 --tls-key 同时给出",
            "--client-authority goes with --tls-certificate and --tls-key",
        )
    settings = load_settings(data, database=database)
    watch = Watch(Health(translator(ctx)), log)
    seed = simulated_run(settings.data).seed if is_simulation(settings.data) else None
    registry = new_registry()
    with (
        logging_as(log),
        stop_asked() as stop,
        ExitStack() as stack,
        served(metrics_port, metrics_host, registry, watch),
    ):
        ring = stack.enter_context(closing(open_key_ring(settings.data, seed=seed)))
        uses = stack.enter_context(closing(Uses(settings.data)))
        users = stack.enter_context(closing(UsersFile(settings.data)))
        national = stack.enter_context(closing(NationalLog(settings.database_url)))
        custody = Custody(ring, uses, national, settings.key_look_ups_a_day, _now_us)
        stack.enter_context(limit_watched(settings, registry, _now_us, stop, watch.of("limit")))
        stack.enter_context(telling_elsewhere(uses, national, _now_us, stop, watch.of("accesses")))
        listener = stack.enter_context(closing(listening_socket(host, port)))

        def ready() -> None:
            watch.succeeded()
            tell_address("http" if tls_certificate is None else "https", host, listener)

        serve_requests(key_service(custody, users), listener, ready, stop, tls_certificate, tls_key, client_authority)


def _now_us() -> int:
    return time.time_ns() // 1_000
