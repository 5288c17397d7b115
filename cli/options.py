"""Options that many commands share, so that each is spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import tr
from jinbao.rules.provinces import PROVINCES, is_province
from jinbao.service.errors import UserError
from jinbao.service.logs import LogKind

DataOption = Annotated[
    Path | None, typer.Option("--data", help=tr("数据目录 [JINBAO_DATA]", "Data folder [JINBAO_DATA]"))
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help=tr("平台数据库的地址 [JINBAO_DATABASE_URL]", "The platform's database [JINBAO_DATABASE_URL]"),
    ),
]
BusOption = Annotated[
    str | None,
    typer.Option(
        "--bus", metavar="URL", help=tr("全国总线的地址 [JINBAO_BUS_URL]", "The national bus [JINBAO_BUS_URL]")
    ),
]
IngestProcessesOption = Annotated[
    int | None,
    typer.Option(
        "--ingest-processes",
        min=1,
        max=32,
        help=tr("接收进程数，需 Kafka 和 PostgreSQL（默认 1）", "Ingest processes, on Kafka and PostgreSQL [1]"),
    ),
]
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
LogOption = Annotated[
    LogKind,
    typer.Option("--log", help=tr("日志：文字，或每行一个 JSON", "Log on stderr: text, or JSON lines")),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON")]


def check_province(code: str | None, option: str = "--province") -> None:
    """Raises UserError unless `code` is the code of one of the 32, or None."""
    if code is not None and not is_province(code):
        raise UserError(
            f"{option} {code}：没有这个省级代码；应为 {'、'.join(PROVINCES)} 之一",
            f"{option} {code}: no such province; expected one of {', '.join(PROVINCES)}",
        )
