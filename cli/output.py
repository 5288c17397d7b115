"""How the program prints: JSON for machines, tables for people, progress on stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Justify = Literal["left", "right", "center"]
_WIDTH_OF_A_PIPE = 200


def print_json(value: object) -> None:
    """Print a value (built-ins, dates, UUIDs, paths, Structs, dataclasses) as indented JSON in UTF-8."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode), indent=2)
    sys.stdout.write(text.decode() + "\n")


def called_as() -> str:
    """How the user reaches this program: its name where it lies on the PATH, else its path from here."""
    name = Path(sys.argv[0]).name or "jinbao"
    found = shutil.which(name)
    if found is not None or not Path(sys.argv[0]).is_file():
        return "jinbao"
    path = Path(sys.argv[0]).absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def on_terminal() -> bool:
    """Whether somebody looks at what is printed; commands whose answer is a form print JSON otherwise."""
    return sys.stdout.isatty()


def print_line(text: str) -> None:
    """Print one line as it is, without markup."""
    sys.stdout.write(text + "\n")


def print_table(
    columns: Sequence[str | tuple[str, Justify]],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
) -> None:
    """Print rows under headings; numbers stand right, None stays empty, a rich Text keeps its style.

    Anything else is shown as it is, without markup. A piped table is as wide as its content, up to 200 columns.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        name, justify = column if isinstance(column, tuple) else (column, "left")
        table.add_column(Text(name), justify=justify)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console().print(table)


def console(*, stderr: bool = False) -> Console:
    """A rich console on stdout or stderr; colourless and wide when it is not a terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _WIDTH_OF_A_PIPE, highlight=False)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, gone when done and absent when stderr is no terminal; call the yielded with steps."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    counted = () if total is None else (MofNCompleteColumn(),)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counted,
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda steps: bar.advance(task, steps)


def _cell(value: object) -> RenderableType:
    from rich.text import Text

    if value is None:
        return ""
    if isinstance(value, Text):
        return value
    return Text(str(value), justify="right" if isinstance(value, int) else None)


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
