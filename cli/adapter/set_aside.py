"""`jinbao adapter set-aside`: what a province's adapter could not work: list it, look at it, work it again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from jinbao.bus.identity import KEY_RING
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_note, print_view
from jinbao.keys.key_ring import KeyRing
from jinbao.language.words import Translator
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.local_side import LocalSide
from jinbao.regional_adapter.exchange.set_aside import Kept
from jinbao.regional_adapter.files.exports.set_aside_list import SetAsideList
from jinbao.service.adapter_ring import open_adapter_ring
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.settings import Settings, load_settings
from jinbao.views.set_aside import set_aside_as_json, set_aside_details, set_aside_table

app = typer.Typer(help=prose("What was set aside: list, show, work again"), no_args_is_help=True)

ProvinceOption = Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")]


@app.command("list", help=prose("What was set aside, oldest first"))
def list_(
    ctx: typer.Context,
    province: ProvinceOption,
    limit: Annotated[int, typer.Option("--limit", min=1, help=prose("Maximum number of rows"))] = LIST_LIMIT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print number, since when, what it is, whose case, and why; nothing of its content."""
    tr = translator(ctx)
    with _store(load_settings(data), province) as store:
        found, count = store.set_aside.all(limit=limit), store.set_aside.count()
    if as_json:
        print_json({"set_aside": [set_aside_as_json(kept) for kept in found], "more": count > len(found)})
        return
    print_view([set_aside_table(tr, found)])
    more = tr("，还有更多（--limit）", ", and more (--limit)") if count > len(found) else ""
    print_line(tr(f"共 {len(found)} 件", f"{len(found)} set aside") + more)


@app.command(help=prose("One of them: where it is, and why it was set aside"))
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help=prose("Its number in the list"))],
    province: ProvinceOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print all that is known of it but its content; exit 1 when there is none of that number."""
    tr = translator(ctx)
    with _store(load_settings(data), province) as store:
        kept = _found(tr, store, number)
    if as_json:
        print_json(set_aside_as_json(kept))
        return
    print_view([set_aside_details(tr, kept)])


@app.command(help=prose("Work them again, in their order"))
def retry(
    ctx: typer.Context,
    province: ProvinceOption,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(
            min=1,
            max=2**63 - 1,
            help=prose("Their numbers in the list; else all"),
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Work them again, also while the adapter runs; exit 1 where one of them is still set aside."""
    tr = translator(ctx)
    settings = load_settings(data)
    with _store(settings, province) as store:
        wanted = {_found(tr, store, number).id for number in numbers or ()}
        place = Province(settings.data, province)
        with closing(place.local_system()) as local, closing(_own_ring(settings, place, store)) as ring:
            side = LocalSide(province, local=local, key_ring=ring, store=store)
            done = side.retry(time.time_ns() // 1_000, lambda kept: not wanted or kept.id in wanted)
        store.ask_retry()
        SetAsideList(store.set_aside, place.documents, DOCUMENT_TITLES).write()
        asked = [store.set_aside.one(number) for number in wanted] if wanted else store.set_aside.all(limit=LIST_LIMIT)
        left = [kept for kept in asked if kept is not None]
        count = len(left) if wanted else store.set_aside.count()
    if as_json:
        print_json({"worked": done, "left": count})
    else:
        print_line(tr(f"已办 {done} 件，仍搁置 {count} 件", f"{done} worked, {count} still set aside"))
        if any(kept.what.source in ("desk", "file") for kept in left):
            print_line(
                tr("自动经办和文件由适配器在下一步重办", "desk and files are worked by the adapter in its next step")
            )
    if count:
        raise typer.Exit(1)


@contextmanager
def _store(settings: Settings, province: str) -> Iterator[AdapterStore]:
    check_province(province)
    place = Province(settings.data, province)
    file = place.store_file
    if not file.exists():
        raise UserError(
            f"{file}：没有这个省的适配器数据，请用 --data 指明",
            f"{file}: no adapter of this province ran here: name the folder by --data",
        )
    with closing(place.store()) as store:
        yield store


def _own_ring(settings: Settings, place: Province, store: AdapterStore) -> KeyRing:
    return open_adapter_ring(settings, place, store.belongs_to(KEY_RING))


def _found(tr: Translator, store: AdapterStore, number: int) -> Kept:
    kept = store.set_aside.one(number)
    if kept is not None:
        return kept
    print_note(tr(f"没有编号为 {number} 的搁置件", f"nothing set aside has the number {number}"))
    raise typer.Exit(1)
