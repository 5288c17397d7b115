"""A page of docs/ that is made from the code: written anew, or held against the file as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.output import print_line, print_note
from jinbao.language.system_errors import at, system_reason
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError

WriteOption = Annotated[
    Path | None,
    typer.Option("--write", metavar="FILE", help=prose("Write the page to a file")),
]
CheckOption = Annotated[
    Path | None,
    typer.Option(
        "--check",
        metavar="FILE",
        help=prose("Exit 1 when the file is not what the code says"),
    ),
]


def write_page(tr: Translator, file: Path, text: str) -> None:
    """Write the page. Raises UserError where the file cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(*at(f"--write {file}", system_reason(error))) from error
    print_line(tr(f"已写入 {file}", f"{file} written"))


def check_page(tr: Translator, file: Path, text: str, command: str) -> None:
    """Exit 1, naming the command that writes the page, when the file differs from it."""
    try:
        same = file.read_text(encoding="utf-8") == text
    except UnicodeDecodeError:
        same = False
    except OSError as error:
        raise UserError(*at(f"--check {file}", system_reason(error))) from error
    if not same:
        wanted = f"jinbao {command} --write {file}"
        print_note(tr(f"{file} 已过时：运行 {wanted}", f"{file} is out of date: run {wanted}"))
        raise typer.Exit(1)
    print_line(tr(f"{file} 与程序一致", f"{file} is what the code says"))
