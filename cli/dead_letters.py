"""`jinbao dead-letters`: what could not be read: list it, look at it, and send it again once the cause is gone."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from jinbao.bus.interface import Bus
from jinbao.bus.open_bus import open_bus
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, print_view
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.language.words import Translator
from jinbao.platform.ingest.dead_letters import (
    DeadLetter,
    NotReplayable,
    dead_letter,
    dead_letters,
    originals,
    replay as send_again,
)
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.views.dead_letters import dead_letter_as_json, dead_letter_page, dead_letters_table, original_as_json

app = typer.Typer(help=prose("Dead letters: list, show, send again"), no_args_is_help=True)

CodeOption = Annotated[
    str | None,
    typer.Option("--code", help=prose("Of one code, e.g. UNKNOWN_SCHEMA")),
]


@app.command("list", help=prose("What could not be read, oldest first"))
def list_(
    ctx: typer.Context,
    code: CodeOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print number, code, place on the bus, length, and whether this program can read it now."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    with opened(settings) as store, store.read() as work:
        found = dead_letters(work, code=code, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"dead_letters": [dead_letter_as_json(letter) for letter in found], "more": more})
        return
    print_view([dead_letters_table(tr, found)])
    count = tr(f"共 {len(found)} 条", formatting.counted(len(found), "dead letter"))
    print_line(count + (tr("，还有更多（--limit）", ", and more (--limit)") if more else ""))


@app.command(help=prose("One dead letter: code, headers, raw bytes in hex"))
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help=prose("Its number in the list"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print it; exit 1 when there is none of that number."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    letter = _found(tr, settings, number)
    with closing(open_bus(settings.bus_url)) as national:
        [original] = originals(national, [letter])
    if as_json:
        print_json({**dead_letter_as_json(letter), **original_as_json(original), "hex": letter.data.hex()})
        return
    print_view(dead_letter_page(tr, letter, original))


@app.command(help=prose("Send them again as they came; the platform reads them anew"))
def replay(
    ctx: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(help=prose("Their numbers in the list"), show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=prose("All that can be read now"))] = False,
    code: CodeOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the same bytes on the topic of submissions; what had been taken meanwhile comes to nothing, a duplicate."""
    tr = translator(ctx)
    if bool(numbers) == every:
        raise UserError("请给出编号，或用 --all", "give numbers, or --all")
    settings = load_settings(data, database=database, bus=bus)
    if every:
        with opened(settings) as store, store.read() as work:
            found = [d for d in dead_letters(work, code=code, limit=LIST_LIMIT) if d.message is not None]
    else:
        found = [_found(tr, settings, number) for number in numbers or ()]
    with closing(open_bus(settings.bus_url)) as national:
        _send(national, found)
    if as_json:
        print_json({"sent": [letter.number for letter in found]})
    else:
        print_line(tr(f"已重发 {len(found)} 条", f"sent {len(found)} again"))


def _send(bus: Bus, letters: list[DeadLetter]) -> None:
    try:
        send_again(bus, letters, this_user("operator"))
    except NotReplayable as error:
        raise UserError(*error.words) from None


def _found(tr: Translator, settings: Settings, number: int) -> DeadLetter:
    with opened(settings) as store, store.read() as work:
        letter = dead_letter(work, number)
    if letter is None:
        print_note(tr(f"没有编号为 {number} 的死信", f"no dead letter has the number {number}"))
        raise typer.Exit(1)
    return letter
