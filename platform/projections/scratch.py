"""Scratch databases of what is folded anew: in a folder of their own, which is removed however its process ends."""

from __future__ import annotations

import os
import shutil
import stat
import weakref
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from jinbao.platform.store.sqlite import models_file
from jinbao.platform.store.store import Store
from jinbao.storage.sqlite_file import FileInUse, UseLock

_PREFIX, _LOCKED = "jinbao-past-", "past"


class Scratch:
    """An empty database, which nobody else sees."""

    def __init__(self, begin: Callable[[Path], None] = lambda models: None) -> None:
        """`begin` may put a file of read models there, before anything opens it. Raises StoreError."""
        folder = Path(mkdtemp(prefix=_PREFIX))
        self._lock = UseLock(folder / _LOCKED, alone=True)
        self._removed = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.file = folder / "past.sqlite"
        begin(models_file(self.file))
        self.store = Store(f"sqlite:///{self.file}", durable=False)
        self.store.create()

    def close(self) -> None:
        """Remove it."""
        self.store.close()
        self._removed()
        self._lock.close()


def remove_abandoned() -> None:
    """Remove what processes of this user that were killed have left; who is alive holds the lock in his folder."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, FileInUse):
            is_own = folder.lstat().st_uid == os.getuid() and stat.S_ISDIR(folder.lstat().st_mode)
            if is_own and (folder / f"{_LOCKED}.lock").exists():
                with closing(UseLock(folder / _LOCKED, alone=True)):
                    shutil.rmtree(folder, ignore_errors=True)
