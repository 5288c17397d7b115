"""How the program prints: JSON for machines, tables for people, progress on stderr.

What is printed is harmless to a terminal, whoever wrote it: characters that a terminal obeys are shown written out.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jinbao.cli.output_stream import output_failures
from jinbao.rules.unprintable import printable, printable_json
from jinbao.views.table import Column, Fields, Justify, Table, View

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDTH_OF_A_PIPE = 200


def print_json(value: object) -> None:
    """Print a value (built-ins, dates, UUIDs, paths, Structs, dataclasses) as indented JSON."""
    _write_json(msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode), indent=2))


def print_json_line(value: object) -> None:
    """Print a value as JSON in one line."""
    _write_json(msgspec.json.encode(value, enc_hook=_encode))


def _write_json(text: bytes) -> None:
    """In UTF-8 whatever the console's encoding, with the escapes of JSON for what a terminal would obey."""
    line = printable_json(text) + "\n"
    sys.stdout.flush()
    with output_failures():
        sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()


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
    """Print one line, or several, without markup."""
    sys.stdout.write(printable(text, lines=True) + "\n")


def print_note(text: str) -> None:
    """Print a line for the user beside the output, on stderr."""
    sys.stderr.write(printable(text, lines=True) + "\n")


def print_view(view: View) -> None:
    """Print lines and tables."""
    for part in view:
        if isinstance(part, Table):
            print_table(part.columns, part.rows, title=part.title)
        elif isinstance(part, Fields):
            _print_fields(part)
        else:
            print_line(part)


def _print_fields(fields: Fields) -> None:
    from rich.cells import cell_len

    width = max(cell_len(name) for name, _ in fields.rows)
    for name, value in fields.rows:
        print_line(f"{name}{' ' * (width - cell_len(name))}  {value}")


def print_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
) -> None:
    """Print rows under headings; numbers stand right, None stays empty, a rich Text keeps its style.

    Anything else is shown without markup. A piped table is as wide as its content, up to 200 columns; on a
    terminal too narrow for it each row is a block of lines, so that no id, day or reference is ever cut.
    """
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    names = [Text(printable(column if isinstance(column, str) else column[0])) for column in columns]
    sides: list[Justify] = ["left" if isinstance(column, str) else column[1] for column in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    out, title = console(), None if title is None else printable(title)
    columns_of_text = [[name, *column] for name, *column in zip(names, *cells, strict=True)]
    least = [max(map(_longest_piece, texts)) for texts in columns_of_text]
    room = out.width - 3 * len(names) - 1  # each column has two blanks and a border
    if sum(least) > room:
        _print_one_below_the_other(out, names, cells, title)
        return
    table = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    full = [max(text.cell_len for text in texts) for texts in columns_of_text]
    for name, side, width in zip(names, sides, _shared_out(room, least, full), strict=True):
        table.add_column(name, justify=side, overflow="fold", width=width)
    for row in cells:
        table.add_row(*row)
    out.print(table)


def _shared_out(room: int, least: Sequence[int], full: Sequence[int]) -> list[int]:
    """Widths of the columns: what each needs at least, and the rest to those that lack most."""
    widths = list(least)
    for _ in range(min(room, sum(full)) - sum(least)):
        widths[max(range(len(widths)), key=lambda place: full[place] - widths[place])] += 1
    return widths


def _print_one_below_the_other(
    out: Console, names: Sequence[Text], rows: Sequence[Sequence[Text]], title: str | None
) -> None:
    """For a window too narrow for the columns: each row as a block of lines, name and value, nothing cut."""
    if title:
        out.print(title, markup=False, style="italic")
    width = max(name.cell_len for name in names)
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            if cell.plain:
                out.print(f" {name.plain}{' ' * (width - name.cell_len)}  {cell.plain}", markup=False, soft_wrap=True)
        out.print()


def _longest_piece(cell: Text) -> int:
    """Cells of the longest piece that is not to be broken: an id, a day, an amount, a word, four Chinese characters."""
    return max([min(8, cell.cell_len), *(len(piece) for piece in re.findall(r"[!-~]+", cell.plain))])


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


def _cell(value: object) -> Text:
    from rich.text import Text

    if isinstance(value, Text):
        return value
    return Text(
        "" if value is None else printable(str(value), lines=True), justify="right" if isinstance(value, int) else None
    )


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
