"""`jinbao bus`: look at the messages of a topic, and at how far its readers are behind."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Annotated

import typer

from jinbao.bus.interface import Bus, BusRecord, Reader
from jinbao.bus.lag import lag as behind
from jinbao.bus.open_bus import open_bus
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_json_line, print_line, print_note, print_table
from jinbao.cli.reading import opened as opened_store
from jinbao.language.words import Translator
from jinbao.platform.ingest.ingest import GROUP
from jinbao.platform.national_platform import topics
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.store.store import StoreError
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.views.bus_message import line, view

LAST = 10
_PART = 500
_WAIT_S = 0.5

app = typer.Typer(help=prose("The bus: look at messages, see who is behind"), no_args_is_help=True)


@app.command(help=prose("Show a topic's messages, personal fields left sealed"))
def tail(
    ctx: typer.Context,
    topic: Annotated[str, typer.Argument(help=prose("Topic, e.g. jinbao.inbox.41"))],
    from_start: Annotated[bool, typer.Option("--from-start", help=prose("Everything from the beginning"))] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=prose("Wait for more; Ctrl-C stops"))] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help=prose("The last so many"))] = LAST,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=prose("One JSON object a line"))] = False,
) -> None:
    """Print what is there and end, or with --follow go on. Reads beside all groups: nobody misses a message."""
    tr = translator(ctx)
    show = _print_json_line if as_json else partial(_print_line, tr)
    settings = load_settings(data, database=database, bus=bus)
    if topic not in topics():
        raise UserError(
            f"{topic}：没有这个主题；有 {SUBMISSIONS_TOPIC}、{DEAD_LETTERS_TOPIC} "
            f"和 {inbox_topic('PP')}（PP 为省级代码）",
            f"{topic}: no such topic; there are {SUBMISSIONS_TOPIC}, {DEAD_LETTERS_TOPIC} and "
            f"{inbox_topic('PP')} for each province's code PP",
        )
    with (
        stop_asked() as stop,
        closing(open_bus(settings.bus_url)) as opened,
        closing(opened.reader(topic)) as reader,
    ):
        if not from_start:
            for record in _last(opened, reader, topic, last, stop):
                show(record)
        elif not follow:
            _drain(reader, show, stop)
        while follow and not stop.is_set():
            for record in reader.poll(_PART, _WAIT_S):
                show(record)
            sys.stdout.flush()


@app.command(help=prose("How many messages each reader has not read yet"))
def lag(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print ingest's and each adapter's lag, by the offsets reported to the bus, and when it was last heard of."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    groups = [(SUBMISSIONS_TOPIC, GROUP), *((inbox_topic(province), f"adapter.{province}") for province in PROVINCES)]
    with closing(open_bus(settings.bus_url)) as opened:
        found = [(topic, group, behind(opened, topic, group)) for topic, group in groups]
    heard = _last_heard(tr, settings)
    total = sum(sum(missing.values()) for _, _, missing in found)
    if as_json:
        rows = [
            {
                "topic": topic,
                "group": group,
                "lag": sum(missing.values()),
                "partitions": {str(partition): count for (_, partition), count in sorted(missing.items())},
                "last_heard": formatting.in_shanghai(heard[sender]) if (sender := _sender(group)) in heard else None,
            }
            for topic, group, missing in found
        ]
        print_json({"groups": rows, "lag": total})
        return
    table = [(t, g, sum(missing.values()), _heard(heard, _sender(g))) for t, g, missing in found]
    topic, reader, seen = tr("主题", "topic"), tr("读者", "reader"), tr("最近来文", "last heard of")
    print_table([topic, reader, (tr("积压", "behind"), "right"), seen], table)


def _sender(group: str) -> str:
    """Who sends submissions under that reader's name: an adapter's province; nobody for ingest."""
    return group.rpartition(".")[2]


def _heard(heard: dict[str, int], sender: str) -> str:
    return formatting.instant(heard[sender]) if sender in heard else ""


def _last_heard(tr: Translator, settings: Settings) -> dict[str, int]:
    """By sender, from the platform's database; a machine that has only the bus knows of nobody."""
    try:
        with opened_store(settings) as store, store.read() as work:
            return last_heard(work)
    except (UserError, StoreError) as error:
        zh, en = error.words
        print_note(tr(f"不知最近来文：{zh}", f"last heard of is not known: {en}"))
        return {}


def _last(bus: Bus, reader: Reader, topic: str, count: int, stop: threading.Event) -> list[BusRecord]:
    """The last records of a topic over its partitions, by the time that the bus took them."""
    for (_, partition), end in bus.end_offsets(topic).items():
        reader.seek(partition, max(0, end - count))
    found: list[BusRecord] = []
    _drain(reader, found.append, stop)
    found.sort(key=lambda record: (record.appended_at, record.partition, record.offset))
    return found[-count:] if count else []


def _drain(reader: Reader, show: Callable[[BusRecord], object], stop: threading.Event) -> None:
    """Read up to what is the end now."""
    while not stop.is_set() and not reader.at_end():
        for record in reader.poll(_PART, _WAIT_S):
            show(record)


def _print_json_line(record: BusRecord) -> None:
    print_json_line(view(record))


def _print_line(tr: Translator, record: BusRecord) -> None:
    print_line(line(tr, record))
