"""Options that many commands share, so that each is spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import tr

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
JsonOption = Annotated[bool, typer.Option("--json", help="JSON")]
