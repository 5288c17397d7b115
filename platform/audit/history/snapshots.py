"""Snapshots: read models folded up to a position and kept as a file, so that whoever looks back folds only the rest.

Each is folded on from the one before it, never copied from the tables that people read. The log says what its file's
SHA-256 is, and the digest of each read model there: a file with other bytes is not believed, one that is gone costs
time and no answer. Beside `replay`, which holds the digests against the log folded anew, nothing needs them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

from jinbao.language.system_errors import system_reason
from jinbao.platform.audit.history.fresh_fold import projection_digest
from jinbao.platform.audit.statements.statements import Said, said, say
from jinbao.platform.outbox.log_key import FOLDER
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.fresh import Base, Fresh
from jinbao.platform.projections.projection import Projection
from jinbao.platform.projections.scratch import remove_abandoned
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, StoreError
from jinbao.storage.sqlite_file import make_private

KIND = "read_models"
EVERY = 100_000
"""Events after which there is another, so that no more is ever folded: some seconds."""
KEPT = 12
"""Files; of more, those go that leave the smallest gaps."""
_READ_BYTES = 1 << 20


class ModelStood(msgspec.Struct, frozen=True):
    """One read model in a snapshot."""

    name: str
    version: int
    rows: int
    digest: str
    """Over the rows of all its tables, as `replay` tells it."""


class Snapshot(msgspec.Struct, frozen=True):
    """The body of a snapshot's statement."""

    position: int
    """The last event that is folded."""
    file: str
    """SHA-256 of the file, hexadecimal."""
    projections: tuple[ModelStood, ...]


def kept_in(data: Path) -> Path:
    """Where the snapshots of a folder lie: beside the log's policy."""
    return data / FOLDER / "snapshots"


def snapshots(bulk: Bulk) -> list[Said[Snapshot]]:
    """All that were logged, oldest first."""
    return list(said(bulk, KIND, Snapshot))


def is_due(bulk: Bulk, end: int) -> bool:
    """Whether so much has come since the last that another is wanted."""
    sql = "SELECT body FROM tree_statements WHERE kind = ? ORDER BY number DESC LIMIT 1"
    found = bulk.execute(sql, KIND).scalar()
    last = 0 if found is None else msgspec.json.decode(found, type=Snapshot).position
    return end - last >= EVERY


def bases_for(
    bulk: Bulk, until: int, projections: Sequence[Projection], folder: Path | None
) -> Iterator[tuple[Base, Said[Snapshot]]]:
    """The snapshots up to a position from which these read models can be folded on, newest first, as they were said."""
    versions = {(one.name, one.version) for one in projections}
    for one in reversed(snapshots(bulk) if folder is not None else []):
        if one.body.position <= until and versions <= {(model.name, model.version) for model in one.body.projections}:
            assert folder is not None
            file = folder / f"{one.body.position}.sqlite"
            yield Base(one.body.position, partial(_copy, file, one.body.file)), one


def _copy(file: Path, digest: str, to: Path) -> bool:
    """Copy a file, and say whether what was copied has that digest."""
    read = sha256()
    try:
        with file.open("rb") as source, to.open("wb") as target:
            while data := source.read(_READ_BYTES):
                read.update(data)
                target.write(data)
    except OSError:
        to.unlink(missing_ok=True)
        return False
    if read.hexdigest() != digest:
        to.unlink()
        return False
    return True


def take_snapshots(store: Store, folder: Path, now_us: int) -> list[Snapshot]:
    """Fold on from the newest one to the log's end, and keep and log one there, and on the way every `EVERY` events.

    Raises StoreError.
    """
    remove_abandoned()
    _remove_unfinished(folder)
    with store.read() as work:
        end = work.events.max_notification_id() or 0
        last = max((one.body.position for one in snapshots(work.bulk)), default=0)
    places = [*range(last + EVERY, end, EVERY), end] if end > last else []
    return [_take(store, folder, place, now_us) for place in places]


def _take(store: Store, folder: Path, position: int, now_us: int) -> Snapshot:
    with store.read() as work:
        bases = [base for base, _ in bases_for(work.bulk, position, PROJECTIONS, folder)]
    with closing(Fresh(PROJECTIONS, bases)) as fresh:
        fresh.fold(store, position)
        with fresh.reading() as work:
            stood = [(one, projection_digest(work.bulk, one)) for one in PROJECTIONS]
        try:
            digest = _keep(fresh, folder, position)
        except OSError as error:
            zh, en = system_reason(error)
            raise StoreError(f"快照目录 {folder}：{zh}", f"folder of snapshots {folder}: {en}") from error
    models = tuple(ModelStood(one.name, one.version, found.rows, found.digest) for one, found in stood)
    taken = Snapshot(position, digest, models)
    say(store, KIND, taken, now_us)
    with store.read() as work:
        _thin(folder, {one.body.position for one in snapshots(work.bulk)})
    return taken


def _keep(fresh: Fresh, folder: Path, position: int) -> str:
    """Write the file, whole or not at all; its SHA-256."""
    own = folder / f"{position}.{os.getpid()}"
    make_private(own)
    fresh.keep(own)
    with own.open("rb") as file:
        os.fsync(file.fileno())
        digest = sha256()
        while data := file.read(_READ_BYTES):
            digest.update(data)
    own.replace(folder / f"{position}.sqlite")
    return digest.hexdigest()


def _remove_unfinished(folder: Path) -> None:
    """Remove files of takers that were killed."""
    for file in folder.glob("*.*"):
        number = file.suffix[1:]
        if number.isdigit() and not _is_alive(int(number)):
            file.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def _thin(folder: Path, logged: set[int]) -> None:
    """Remove what no statement speaks of, and what is more than `KEPT`."""
    files = {int(one.stem) if one.stem.isdigit() else -1: one for one in folder.glob("*.sqlite")}
    there = sorted(position for position in files if position in logged)
    while len(there) > KEPT:
        gaps = [after - before for before, after in zip([0, *there], there[1:], strict=False)]
        there.pop(gaps.index(min(gaps)))
    for position, file in files.items():
        if position not in there:
            file.unlink(missing_ok=True)
