"""Snapshots of the read models are taken beside the process that lets them follow the log, in one of its own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.platform.audit.history.snapshots import is_due, take_snapshots
from jinbao.platform.store.store import Store
from jinbao.service.logs import logging_as, tell
from jinbao.service.settings import LogKind

_NICENESS = 10
"""Whoever follows the log goes first."""
_ENDS_WITHIN_S = 2.0
_RESTS_S = 1_800.0
"""After one that failed."""
FAILED = 1


class Snapshotting:
    """Begins to take snapshots where they are due, one process at a time; it is ended with this one."""

    def __init__(self, store: Store, folder: str, log: LogKind) -> None:
        """`folder`: where they are kept; empty: none are taken."""
        self._store = store
        self._folder = folder
        self._log = log
        self._process: BaseProcess | None = None
        self._rests_until = 0.0

    def look(self, *, day_closed: bool) -> None:
        """Begin where a working day was closed, or the log has grown by so much. Raises StoreError."""
        if not self._folder or (self._process is not None and self._process.is_alive()):
            return
        if self._process is not None and self._process.exitcode:  # a full disk, say: not again at once
            self._process, self._rests_until = None, time.monotonic() + _RESTS_S
        if time.monotonic() < self._rests_until:
            return
        with self._store.read() as work:
            due = day_closed or is_due(work.bulk, work.events.max_notification_id() or 0)
        if due:
            url = self._store.url.render_as_string(hide_password=False)
            spawning = multiprocessing.get_context("spawn")
            self._process = spawning.Process(target=_take, args=(url, self._folder, self._log), daemon=True)
            self._process.start()

    def close(self) -> None:
        """End the one that works; it leaves nothing half done that anybody believes."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(_ENDS_WITHIN_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()


def end_with_parent() -> None:
    """End this process once the one that began it has ended, however that came."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(FAILED)


def _take(url: str, folder: str, log: LogKind) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # who began it ignores it, and that is inherited
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.nice(_NICENESS)
    with logging_as(log), closing(Store(url, working=True)) as store:
        try:
            for one in take_snapshots(store, Path(folder), time.time_ns() // 1_000):
                tell("snapshot_taken", position=one.position)
        except BilingualError as error:
            tell("snapshot_failed", logging.WARNING, exc_info=error)
            sys.exit(FAILED)
