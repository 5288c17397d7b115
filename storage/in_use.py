"""Lock on a file in use, by which whoever would replace the file sees that it must not.

The kernel frees the lock when its process dies, so nothing is ever left locked.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileInUse(Exception):
    """Somebody uses the file, or has it to himself just now."""


class UseLock:
    """One user of a file, beside others, or the only one. The lock lies beside the file and stays when it is free.

    Two locks conflict within one process as well. Not kept across `fork` alone: start processes by spawning.
    """

    def __init__(self, file: Path, *, alone: bool = False) -> None:
        """Take the lock at once. Raises FileInUse, and OSError where the lock file cannot be made."""
        self._handle = os.open(
            file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            self._handle = -1
            raise FileInUse(str(file)) from None

    def close(self) -> None:
        """Let the file go; twice is harmless."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
