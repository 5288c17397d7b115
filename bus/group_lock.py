"""Lets one consumer at a time read a topic for a group, by file locks that the kernel frees when the process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jinbao.bus.interface import BusError


class GroupLock:
    """Holds one lock file per topic of a consumer; two holders conflict also within one process.

    Not kept across `fork` alone: a forked child shares the lock, so start consumer processes by spawning.
    """

    def __init__(self, folder: Path, topics: Sequence[str], group: str) -> None:
        """Take the locks of all topics or none; BusError names the topic, the group and the holder's process id."""
        self._files: list[int] = []
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for topic in sorted(topics):
                self._files.append(_take(folder / f"{quote(topic, safe='')}@{quote(group, safe='')}", topic, group))
        except OSError as error:
            self.release()
            raise BusError(
                f"{folder} 中取不到 {group} 组的锁：{error.strerror}；请使其可写",
                f"cannot take the lock of group {group!r} in {folder}: {error.strerror}; make it writable",
            ) from error
        except BusError:
            self.release()
            raise

    def release(self) -> None:
        """Free the locks; the files stay, since removing one would let two holders lock different files."""
        while self._files:
            os.close(self._files.pop())


def _take(path: Path, topic: str, group: str) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(file)
        raise BusError(
            f"主题 {topic} 已由进程 {holder} 为 {group} 组读取，请先停止它（锁 {path}）",
            f"topic {topic!r} is already read for group {group!r} by process {holder}"
            f"{' (this one)' if holder == str(os.getpid()) else ''}; stop that consumer first (lock {path})",
        ) from None
    os.ftruncate(file, 0)
    os.pwrite(file, str(os.getpid()).encode("ascii"), 0)
    return file
