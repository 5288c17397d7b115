"""`jinbao config`: what the settings are and where each comes from, with secrets masked."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.keys.master_key import VARIABLE as MASTER_KEY_VARIABLE
from jinbao.presentation.prose import prose
from jinbao.service.settings import Configuration, load_configuration

MASK = "********"
_PASSWORD = re.compile(r"(://[^/@]*:)[^@]*(@)")

app = typer.Typer(help=prose("The program's settings"), no_args_is_help=True)


@app.callback()
def config() -> None:
    """Keep `show` a sub-command although it is the only one."""


@app.command(help=prose("List each setting and its source, secrets masked"))
def show(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
    data: Annotated[Path | None, typer.Option(help=prose("Data folder"))] = None,
) -> None:
    """Print the settings in force."""
    tr = translator(ctx)
    configuration = load_configuration(data)
    settings = masked(configuration)
    if as_json:
        print_json({"settings": settings, "file": configuration.file, "ignored": configuration.ignored})
        return
    print_table(
        [tr("设置", "setting"), tr("值", "value"), tr("来源", "source")],
        [(name, str(row["value"]), row["source"]) for name, row in settings.items()],
    )
    for variable in configuration.ignored:
        print_line(tr(f"{variable}：没有这项设置，已忽略", f"{variable}: no such setting, ignored"))


def masked(configuration: Configuration) -> dict[str, dict[str, object]]:
    """Value and source by setting, as they may be shown: no password, no key."""
    shown: dict[str, dict[str, object]] = {}
    for name, value in msgspec.structs.asdict(configuration.settings).items():
        plain = value if isinstance(value, int) else _PASSWORD.sub(rf"\1{MASK}\2", str(value))
        shown[name] = {"value": plain, "source": configuration.sources[name]}
    in_environment = MASTER_KEY_VARIABLE in os.environ
    shown["master_key"] = {
        "value": MASK,
        "source": MASTER_KEY_VARIABLE if in_environment else str(configuration.settings.data / "master.key"),
    }
    return shown
