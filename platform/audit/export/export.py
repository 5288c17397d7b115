"""An export: read models and log as tables, the log as tiles, programs that check them, and a manifest over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jinbao.platform.audit.export.files import Format, Written, digest_of, write_table
from jinbao.platform.audit.export.log_tables import LOG
from jinbao.platform.audit.export.logged import log_export
from jinbao.platform.audit.export.tables import READ_MODELS, ExportTable
from jinbao.platform.audit.log.places import newest_head, published_head
from jinbao.platform.audit.log.served import write_tiles
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.store import Store
from jinbao.presentation.formatting import iso
from jinbao.transparency import check_export, check_proof
from jinbao.transparency.check_proof import parse_checkpoint, parse_note

LOG_FOLDER, READ_MODELS_FOLDER = "log", "read-models"


class ExportedTable(msgspec.Struct, frozen=True):
    """A table in the manifest."""

    table: str
    columns: list[tuple[str, str]]
    """Name and type of each, in order."""
    rows: int
    files: list[str]


class ExportedFile(msgspec.Struct, frozen=True):
    """A file in the manifest."""

    file: str
    sha256: str
    rows: int | None = None
    """Without the heading; None for what is no table."""


class Manifest(msgspec.Struct, frozen=True):
    """What an export holds, and on which state of the log it stands."""

    made_at: str
    format: Format
    origin: str | None
    """Of the log; None where no checkpoint was signed yet, and then there are no tiles."""
    position: int
    """Of the last event."""
    read_models_position: int
    """Up to which every read model has followed the log."""
    size: int
    """Entries of the log under the checkpoint."""
    root: str | None
    """Of its tree, hexadecimal."""
    unsigned: int
    """Entries behind the checkpoint, whose rows are in the tables."""
    unmasked: str | None
    """Why personal data stands in it; None: none does."""
    tables: list[ExportedTable]
    files: list[ExportedFile]


def export(
    store: Store,
    folder: Path,
    form: Format,
    by: str,
    now_us: int,
    *,
    further: Sequence[ExportTable] = (),
    reason: str | None = None,
    told: Callable[[int], None] = lambda tables: None,
) -> Manifest:
    """Write an export into a folder that is new or empty. `further`: tables with what was unmasked, and why.

    Read models are read first, so that none is ahead of the log. The manifest is an entry of the log before it is
    written, so that no other export passes for this one. Raises StoreError, OSError.
    """
    tables: list[ExportedTable] = []
    files: list[ExportedFile] = []
    with store.read() as work:
        reached = followed_to(work)
        groups = ((READ_MODELS_FOLDER, READ_MODELS), (LOG_FOLDER, LOG), ("persons", further))
        for name, group in groups:
            if group:
                (folder / name).mkdir(parents=True, mode=0o700)
            for table in group:
                written = list(write_table(folder / name, table.name, table.columns, table.rows(work.bulk), form))
                tables.append(_described(name, table, written))
                files += [ExportedFile(f"{name}/{one.file}", one.sha256, one.rows) for one in written]
                told(1)
        newest, head = newest_head(work.bulk), published_head(work.bulk)
        position = work.events.max_notification_id() or 0
        if head.note is not None:
            write_tiles(work.bulk, folder / check_export.TILES)
    _write_checkers(folder)
    known = {one.file for one in files}
    others = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [str(path.relative_to(folder)) for path in others]
    files += [ExportedFile(name, digest_of(folder / name)) for name in names if name not in known]
    manifest = Manifest(
        made_at=iso(now_us),
        format=form,
        origin=None if head.note is None else parse_checkpoint(parse_note(head.note).text).origin,
        position=position,
        read_models_position=reached,
        size=head.size,
        root=head.root.hex() if head.note is not None else None,
        unsigned=newest.size - head.size,
        unmasked=reason,
        tables=tables,
        files=files,
    )
    data = msgspec.json.format(msgspec.json.encode(manifest))
    log_export(store, data, by, position, now_us)
    (folder / check_export.MANIFEST).write_bytes(data)
    return manifest


def _described(group: str, table: ExportTable, written: Sequence[Written]) -> ExportedTable:
    columns = [(column.name, column.type) for column in table.columns]
    files = [f"{group}/{one.file}" for one in written]
    return ExportedTable(f"{group}/{table.name}", [*columns], sum(one.rows for one in written), files)


def _write_checkers(folder: Path) -> None:
    for module in (check_proof, check_export):
        source = Path(_file_of(module))
        (folder / source.name).write_bytes(source.read_bytes())


def _file_of(module: Any) -> str:
    return str(module.__file__)
