"""Read models folded from a log into files of their own, beside it: the log is read where it stands, not copied.

The same folds give the same rows as where they follow the log; without indexes, since all rows are read together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.schema import CreateTable

from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.projection import Projection
from jinbao.platform.projections.runner import read_log
from jinbao.platform.projections.scratch import Scratch
from jinbao.platform.store.sqlite import models_file
from jinbao.platform.store.store import Store, UnitOfWork

BATCH = 5_000
"""Events folded at once."""


class Base(NamedTuple):
    """Read models that were folded up to a position and kept."""

    position: int
    copy: Callable[[Path], bool]
    """Puts them there as one file; False where they are gone, or not what was kept."""


class Fresh:
    """Read models that are folded forward to positions of a log, of which they hold everything up to there."""

    def __init__(self, projections: Sequence[Projection] = PROJECTIONS, bases: Iterable[Base] = ()) -> None:
        """Begins with the first of these that can still be had, or before the first event. Raises StoreError."""
        self.projections = projections
        self._kinds = {one.kind for one in projections if one.kind is not None}
        self.position = 0

        def begin(models: Path) -> None:
            self.position = next((base.position for base in bases if base.copy(models)), 0)

        self._scratch = Scratch(begin)
        if self.position:
            return
        with self._scratch.store.write_models() as work:
            for table in (table for one in projections for table in one.tables):
                work.bulk.connection.execute(CreateTable(table))

    def fold(self, source: Store, until: int) -> None:
        """Fold on to a position of that log, a batch at a time. Raises StoreError."""
        while self.position < until:
            with source.read() as work:
                log = read_log(work, self.position, min(BATCH, until - self.position), self._kinds)
            if not log.entries:
                break
            with self._scratch.store.write_models() as work:
                for one in self.projections:
                    own = log.of(one.kind)
                    for part in one.parts if own else ():
                        part.write(work.bulk, own)
            self.position = log.entries[-1].position

    @property
    def store(self) -> Store:
        """Where they lie, in a database without a log."""
        return self._scratch.store

    def keep(self, file: Path) -> None:
        """Put them there as one file, a base for others; nothing can be read here any more. Raises OSError."""
        self._scratch.store.close()
        shutil.copyfile(models_file(self._scratch.file), file)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """The read models."""
        with self._scratch.store.read() as work:
            yield work

    def close(self) -> None:
        """Forget them."""
        self._scratch.close()
