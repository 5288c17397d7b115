"""`jinbao audit export`: log and read models as tables for other people's tools, and the log as tiles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.audit.files import new_folder
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, progress
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.keys.open_key_ring import RING, open_key_ring
from jinbao.language.words import Translator
from jinbao.platform.audit.export.export import Manifest, export as write
from jinbao.platform.audit.export.files import Format
from jinbao.platform.audit.export.log_tables import LOG
from jinbao.platform.audit.export.persons import unmasked
from jinbao.platform.audit.export.tables import READ_MODELS, ExportTable
from jinbao.platform.store.store import Store
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.transparency.check_export import MANIFEST

HELP = prose("Write log and read models as tables, and the log as tiles, with a manifest")
LEAST_REASON, MOST_REASON = 4, 200
"""Characters of a reason."""


def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=prose("A new or empty folder"))],
    form: Annotated[Format, typer.Option("--format", help=prose("How the tables are written"))] = "parquet",
    unmask: Annotated[
        str | None,
        typer.Option("--unmask", metavar="REASON", help=prose("Open persons' fields too; why is logged before")),
    ] = None,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help=prose("Who exports"))] = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where it was written, 2 where it cannot be."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    reason = None if unmask is None else _reason(unmask)
    now = present(settings)
    with opened(settings) as store, new_folder(folder), _persons(settings, store, user, reason, now) as further:
        number = len(READ_MODELS) + len(LOG) + len(further)
        with progress(tr("导出", "exporting"), number) as advance:
            by = user or this_user("auditor")
            made = write(store, folder, form, by, now, further=further, reason=reason, told=advance)
    if as_json:
        print_json(made)
    else:
        _print(tr, folder, made)


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise UserError(
            f"--unmask：理由应为 {LEAST_REASON} 至 {MOST_REASON} 个字符",
            f"--unmask: a reason has {LEAST_REASON} to {MOST_REASON} characters",
        )
    return reason


@contextmanager
def _persons(settings: Settings, store: Store, user: str, reason: str | None, now: int) -> Iterator[list[ExportTable]]:
    """The table of persons' fields, where a reason was given."""
    if reason is None:
        yield []
        return
    if not (settings.data / RING).is_file():
        raise UserError(
            f"--unmask：{settings.data} 中没有密钥环；请在密钥环所在的目录运行",
            f"--unmask: there is no key ring in {settings.data}; run it where the ring lies",
        )
    ring = open_key_ring(settings.data)
    try:
        yield [unmasked(store, ring, user or this_user("auditor"), "auditor", reason, now)]
    finally:
        ring.close()


def _print(tr: Translator, folder: Path, made: Manifest) -> None:
    rows = sum(table.rows for table in made.tables)
    print_line(
        tr(
            f"{folder / MANIFEST}：{len(made.tables)} 张表，{rows:,} 行，截至位置 {made.position:,}",
            f"{folder / MANIFEST}: {len(made.tables)} tables, {rows:,} rows, up to position {made.position:,}",
        )
    )
    if made.root is None:
        print_note(tr("还没有签名的检查点：未导出瓦片", "no checkpoint was signed yet: no tiles are in it"))
    else:
        print_line(f"{made.origin}  {made.size:,}  {made.root}")
    if made.unsigned:
        zh, en = f"检查点之后还有 {made.unsigned:,} 条", f"{made.unsigned:,} entries stand behind the checkpoint"
        print_note(tr(zh, en))
    if made.read_models_position < made.position:
        zh = f"读模型只跟到位置 {made.read_models_position:,}"
        print_note(tr(zh, f"read models have followed to position {made.read_models_position:,} only"))
