"""The program `jinbao` called within the test process: as a user calls it, without the second that a start takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner, Result

from jinbao.cli import main as program

InProcess = Callable[..., Result]
HANDED_ON = ("JINBAO_LANG", "JINBAO_CONFIG")
"""Settings that the program puts into the environment for its children."""


def jinbao_in(folder: Path, *first: str, **settings: str) -> InProcess:
    """The program in that folder; `first` stand before every call's words, `settings` in its environment."""

    def run(*words: object, input: str | None = None) -> Result:
        inherited = {name: value for name, value in os.environ.items() if name not in HANDED_ON}
        with chdir(folder), patch.dict(os.environ, {**inherited, **settings}, clear=True):
            return CliRunner().invoke(program.app, [*first, *map(str, words)], input=input)

    return run
