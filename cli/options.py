"""Options that many commands share, so that each is spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import UserError
from jinbao.service.settings import LogKind

DataOption = Annotated[Path | None, typer.Option("--data", help=prose("Data folder [JINBAO_DATA]"))]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help=prose("The platform's database [JINBAO_DATABASE_URL]"),
    ),
]
BusOption = Annotated[
    str | None,
    typer.Option("--bus", metavar="URL", help=prose("The national bus [JINBAO_BUS_URL]")),
]
IngestProcessesOption = Annotated[
    int | None,
    typer.Option(
        "--ingest-processes",
        min=1,
        max=32,
        help=prose("Ingest processes, on Kafka and PostgreSQL [1]"),
    ),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        min=0,
        max=65_535,
        metavar="PORT",
        help=prose("Serve /metrics, /healthz and /readyz on this port"),
    ),
]
MetricsHost = Annotated[
    str,
    typer.Option("--metrics-host", metavar="ADDRESS", help=prose("The address that this port listens on")),
]
LogOption = Annotated[
    LogKind,
    typer.Option("--log", help=prose("Log on stderr: text, or JSON lines")),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON")]


def check_province(code: str | None, option: str = "--province") -> None:
    """Raises UserError unless `code` is the code of one of the 32, or None."""
    if code is not None and code not in PROVINCES:
        raise UserError(
            f"{option} {code}：没有这个省级代码；应为 {'、'.join(PROVINCES)} 之一",
            f"{option} {code}: no such province; expected one of {', '.join(PROVINCES)}",
        )
