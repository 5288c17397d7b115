"""`jinbao platform confirm-time`: how messages count whose time is in doubt, and who has said so before."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any

import typer

from jinbao.bus.interface import Bus, BusRecord
from jinbao.bus.open_bus import open_bus
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.language.words import Translator
from jinbao.platform.belonging import need_own_bus
from jinbao.platform.ingest.bus_time import Confirmation, TimeJumped, confirm, confirmations, in_doubt
from jinbao.platform.store.store import Store
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.unprintable import has_unprintable
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

SHOWN = 20
"""Messages in doubt that are shown."""
_FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]


def confirm_time(
    ctx: typer.Context,
    bus_is_right: Annotated[
        bool, typer.Option("--bus-is-right", help=prose("The bus's time is right and counts"))
    ] = False,
    received_at: Annotated[
        datetime | None,
        typer.Option(
            "--received-at",
            formats=_FORMATS,
            metavar="'YYYY-MM-DD HH:MM'",
            help=prose("Messages in doubt count as received then (Shanghai)"),
        ),
    ] = None,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help=prose("Who confirms"))] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=prose("Why"))] = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Without an answer show what is in doubt and what was confirmed before; with one record it for what lies there.

    What reaches the bus later is held against the clocks anew.
    """
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    now = time.time_ns() // 1_000
    with opened(settings) as store, closing(open_bus(settings.bus_url)) as national:
        if bus_is_right or received_at is not None:
            operator, reason = _text("--operator", operator, 200), _text("--reason", reason, 2_000)
            instant = _instant(received_at, now, bus_is_right=bus_is_right)
            made = _confirm(store, national, now, operator, reason, instant)
            if as_json:
                print_json(_as_json(made))
            else:
                print_line(
                    tr(f"已确认，编号 {made.number}：", f"confirmed as number {made.number}: ") + _meaning(tr, made)
                )
            return
        _show(tr, store, national, now, as_json=as_json)


def _confirm(
    store: Store, national: Bus, now: int, operator: str, reason: str, received_at: int | None
) -> Confirmation:
    need_own_bus(national, store)
    ends = {partition: end for (_, partition), end in national.end_offsets(SUBMISSIONS_TOPIC).items()}
    with store.write() as work:
        return confirm(work, now, operator, reason, received_at, ends)


def _instant(received_at: datetime | None, now: int, *, bus_is_right: bool) -> int | None:
    if received_at is None:
        return None
    if bus_is_right:
        raise UserError(
            "--bus-is-right 与 --received-at 只能用一个", "give one of --bus-is-right and --received-at, not both"
        )
    instant = int(received_at.replace(tzinfo=SHANGHAI).timestamp()) * 1_000_000
    if instant > now:
        here = formatting.instant(now)
        raise UserError(
            f"--received-at {received_at:%Y-%m-%d %H:%M}：晚于本机时间 {here}",
            f"--received-at {received_at:%Y-%m-%d %H:%M}: later than this machine's clock, {here}",
        )
    return instant


def _text(option: str, text: str, most: int) -> str:
    if not text.strip() or len(text) > most or has_unprintable(text):
        raise UserError(
            f"{option}：须填写，至多 {most} 个可显示的字符",
            f"{option}: is needed, at most {most} printable characters",
        )
    return text.strip()


def _show(tr: Translator, store: Store, national: Bus, now: int, *, as_json: bool) -> None:
    doubt, held = "", []
    try:
        held = in_doubt(national, store, now, SHOWN + 1)
    except TimeJumped as error:
        doubt = tr.error(error)
    with store.read() as work:
        before = confirmations(work)
    if as_json:
        print_json(
            {
                "now": formatting.in_shanghai(now),
                "own_clock": doubt or None,
                "in_doubt": [_record_as_json(record) for record in held[:SHOWN]],
                "more": len(held) > SHOWN,
                "confirmed": [_as_json(c) for c in before],
            }
        )
        return
    print_line(tr(f"本机时间 {formatting.instant(now)}", f"this machine's clock: {formatting.instant(now)}"))
    if doubt:
        print_line(doubt)
    if held:
        print_table(
            [tr("分区/位移", "partition/offset"), tr("总线时间", "the bus's time")],
            [(f"{r.partition}/{r.offset}", formatting.instant(r.appended_at)) for r in held[:SHOWN]],
        )
    if len(held) > SHOWN:
        print_line(tr("还有更多", "and more"))
    if held or doubt:
        print_line(
            tr(
                "先把错的时钟校准，再用 --bus-is-right 或 --received-at 确认",
                "set the clock that is wrong right first, then say --bus-is-right or --received-at",
            )
        )
    else:
        print_line(tr("没有时间存疑的报文", "no message's time is in doubt"))
    for c in before:
        print_line(f"{c.number}  {formatting.instant(c.confirmed_at)}  {c.operator}  {_meaning(tr, c)}  {c.reason}")


def _meaning(tr: Translator, confirmation: Confirmation) -> str:
    if confirmation.received_at is None:
        return tr("照总线时间收", "the bus's time counts")
    when = formatting.instant(confirmation.received_at)
    return tr(f"按 {when} 收到算", f"counts as received {when}")


def _as_json(confirmation: Confirmation) -> dict[str, Any]:
    received_at = confirmation.received_at
    return {
        "number": confirmation.number,
        "confirmed_at": formatting.in_shanghai(confirmation.confirmed_at),
        "operator": confirmation.operator,
        "reason": confirmation.reason,
        "received_at": None if received_at is None else formatting.in_shanghai(received_at),
        "before_offsets": {str(partition): end for partition, end in sorted(confirmation.ends.items())},
    }


def _record_as_json(record: BusRecord) -> dict[str, Any]:
    return {
        "partition": record.partition,
        "offset": record.offset,
        "bus_time": formatting.in_shanghai(record.appended_at),
    }
