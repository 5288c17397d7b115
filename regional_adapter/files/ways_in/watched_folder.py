"""A folder into which a province lays its files: polled, since shares tell of no change.

A file that is whole is taken once its size and time have not changed between two looks; then it is moved to `done/`,
and what of it was not taken lies in `rejects/`. One that is cut waits, and is taken as it is in the end; where the
province marks its whole files, each waits for its mark instead. A program that
was killed takes the same file again: the same records change nothing. A bad file stops no other.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError
from jinbao.regional_adapter.exchange.set_aside import failed
from jinbao.regional_adapter.files.form_rows import RejectCode, UnreadableFileError
from jinbao.regional_adapter.files.imports.remedies import REMEDIES
from jinbao.regional_adapter.files.ways_in.file_names import plain_name
from jinbao.regional_adapter.files.ways_in.journal import Entry, Journal, Outcome, digest_of, version_name
from jinbao.regional_adapter.files.ways_in.take_file import WAITS, Taking, take_file
from jinbao.storage.sqlite_file import make_private

DONE, REJECTS = "done", "rejects"
"""Folders within the watched one: of files that were taken, and of what was not, with the reasons."""

POLL_S = 2.0
"""Pause between two looks at the folder."""
PATIENCE_S = 60.0
"""So long does a file that is cut wait for the rest."""
MOST_TRIES = 5
"""A file over which the program has ended so often is refused."""
WATCHED_AFTER_MOVE_S = 600.0
"""So long is a file looked at that was taken: whoever still writes it goes on in `done/`."""
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
"""Endings of names that programs give to files that they still write."""


class FolderTrouble(BilingualError):
    """The folder cannot be looked at (the share is away, the rights are wrong), or some files in it cannot be used."""


@dataclass(slots=True)
class _Seen:
    """A file as it was seen last."""

    size: int
    time_ns: int
    inode: int
    since_s: float
    """Since when it has not changed."""
    not_before_s: float = 0.0
    """When it is tried again."""
    waiting: int = 0
    """Its number in the journal while it waits for its rest."""

    def is_same(self, other: _Seen) -> bool:
        return (self.size, self.time_ns, self.inode) == (other.size, other.time_ns, other.inode)


Tell = Callable[[Entry, Outcome], None]
"""Hears what became of a file; its name is none of a log's business."""


class WatchedFolder:
    """The folder of one province."""

    def __init__(
        self,
        folder: Path,
        taking: Taking,
        journal: Journal,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
        *,
        marker: str | None = None,
    ) -> None:
        """`clock`: seconds that only go forward. `marker`: with `.done` a file is whole once `NAME.done` is there."""
        self.folder = folder
        self._taking = taking
        self._journal = journal
        self._tell = tell
        self._clock = clock
        self._marker = marker
        self._seen: dict[str, _Seen] = {}
        self._ready: deque[str] = deque()
        self._has_new = True
        """Whether the last look found a file that was not there before, or had changed."""
        self._waited: set[int] | None = None
        """Numbers of the files that waited at the last look."""
        self._unusable: set[str] = set()
        self._moved: dict[Path, _Seen] = {}
        self._look_at_s = clock()

    def step(self, now: int) -> int:
        """Look where it is time to, or take one file; how much was done.

        Raises FolderTrouble, and OSError and sqlite3.Error where disk or local system fail.
        """
        if not self._ready and self._clock() >= self._look_at_s:
            self._look_at_s = self._clock() + POLL_S
            self._look()
        while self._ready:
            if done := self._take(self._ready.popleft(), now):
                return done
        return 0

    def is_settled(self) -> bool:
        """Whether every file that lies there has been tried."""
        return not self._ready and not self._has_new

    def trouble(self) -> FolderTrouble | None:
        """Which files cannot be used, while the others are."""
        if not self._unusable:
            return None
        count = len(self._unusable)
        return FolderTrouble(
            f"{self.folder}：{count} 个文件无法读取或移走，请检查权限和磁盘空间",
            f"{self.folder}: {count} files cannot be read or moved: check the rights and the disk's space",
        )

    def _look(self) -> None:
        try:
            self._look_after_moved()
            with os.scandir(self.folder) as entries:
                found = {e.name: self._as_seen(e.stat(follow_symlinks=False)) for e in entries if _is_meant(e)}
        except OSError as error:
            reason = system_reason(error)
            words = f"{self.folder}：无法查看：{reason[0]}", f"{self.folder}: cannot be looked at: {reason[1]}"
            raise FolderTrouble(*words) from None
        if self._marker is not None:
            found = {name: seen for name, seen in found.items() if name + self._marker in found}
        before, self._seen = self._seen, {}
        for name, seen in sorted(found.items(), key=lambda pair: (pair[1].time_ns, pair[0])):
            was = before.get(name)
            is_known = was is not None and was.is_same(seen)
            self._seen[name] = was if was is not None and is_known else seen
            if is_known and self._clock() >= self._seen[name].not_before_s:
                self._ready.append(name)
        self._has_new = any(before.get(name) is not seen for name, seen in self._seen.items())
        if self._waited != (waiting := {seen.waiting for seen in self._seen.values() if seen.waiting}):
            self._journal.forget_waiting(waiting)
            self._waited = waiting
        self._unusable &= set(self._seen)

    def _take(self, name: str, now: int) -> int:
        file, seen = self.folder / name, self._seen[name]
        try:
            if (plain := plain_name(name)) != name:
                self._move(file, digest_of(file), self.folder, plain)
                self._moved.clear()
                if self._marker is not None:
                    (self.folder / (name + self._marker)).replace(self.folder / (plain + self._marker))
                del self._seen[name]
                return 1  # it is a file of that name from now on
            digest = digest_of(file)
            entry = self._journal.begin(digest, version_name(self._taking.mapping), name, "folder", "", now)
            outcome = self._outcome(file, entry, seen, now)
            if outcome.state == "waiting" or not self._as_seen(file.stat()).is_same(seen):
                seen.not_before_s = seen.since_s + PATIENCE_S
                seen.waiting = entry.number
                self._journal.end(entry.number, name, "", WAITS, now)
                if entry.outcome.state != "waiting":
                    self._tell(entry, WAITS)
                return 0
            if outcome.state == "refused":
                _write_reason(self._taking.rejects / f"{name}.退回原因.txt", outcome)
            if outcome.state == "taken":
                self._taking.local.set_mark(_mark(entry), now)
            self._journal.end(entry.number, name, "", outcome, now)
            if self._marker is not None:  # before the file: one that comes under its name later has its own marker
                (self.folder / (name + self._marker)).unlink(missing_ok=True)
            self._move(file, digest, self._taking.rejects if outcome.state == "refused" else self.folder / DONE)
        except (UnreadableFileError, OSError):
            seen.not_before_s = self._clock() + PATIENCE_S
            self._unusable.add(name)
            return 0
        self._unusable.discard(name)
        del self._seen[name]
        self._tell(entry, outcome)
        return max(1, outcome.accepted + outcome.rejected)

    def _outcome(self, file: Path, entry: Entry, seen: _Seen, now: int) -> Outcome:
        known = entry.outcome
        if known.state == "taken" and not known.rejected and self._taking.local.mark(_mark(entry)):
            return known  # it came again, and must not put back what a later file has changed
        if entry.begun >= MOST_TRIES:
            return _broken(f"程序 {entry.begun} 次在处理此文件时中断", f"the program ended {entry.begun} times over it")
        only_whole = self._marker is None and self._clock() - seen.since_s < PATIENCE_S
        try:
            return take_file(self._taking, file, entry.digest, now, only_whole=only_whole)
        except UnreadableFileError:
            raise
        except MemoryError:
            return _broken("文件太大，内存不足", "too large for the memory that there is")
        except Exception as error:
            aside = failed(error, "file", f"folder {entry.number}")
            return _broken(f"程序出错，事件编号 {aside.incident}", f"the program failed: incident {aside.incident}")

    def _move(self, file: Path, digest: str, folder: Path, name: str = "") -> None:
        """Move a file, under another name or its own; one of the same name and other content stays where it is."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / (name or file.name)
        if target.exists() and digest_of(target) != digest:
            target = target.with_stem(f"{target.stem}-{digest[:8]}")
        file.replace(target)
        self._moved[target] = self._as_seen(target.stat())

    def _look_after_moved(self) -> None:
        """Lay a file that was written on after it was moved into the folder again."""
        for file, seen in list(self._moved.items()):
            if seen.since_s + WATCHED_AFTER_MOVE_S < self._clock() or not file.exists():
                del self._moved[file]
            elif not self._as_seen(file.stat()).is_same(seen) and not (self.folder / file.name).exists():
                file.replace(self.folder / file.name)
                del self._moved[file]

    def _as_seen(self, found: os.stat_result) -> _Seen:
        return _Seen(found.st_size, found.st_mtime_ns, found.st_ino, self._clock())


def _is_meant(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, and none that some program still writes under another name."""
    hidden = entry.name.startswith((".", "~"))
    return not hidden and not entry.name.endswith(_UNFINISHED) and entry.is_file(follow_symlinks=False)


def _mark(entry: Entry) -> str:
    """Under what the local system remembers that it has a file: one that was put back from a backup may not."""
    return f"file {entry.digest}"


def _broken(zh: str, en: str) -> Outcome:
    return Outcome("refused", code="UNSAFE_FILE", reason_zh=zh, reason_en=en)


def _write_reason(file: Path, outcome: Outcome) -> None:
    """Say beside a file that was refused why, and what to do."""
    code = cast(RejectCode, outcome.code)
    lines = (f"代码：{code}", f"原因：{outcome.reason_zh}", f"处理办法：{REMEDIES[code][0]}", "")
    make_private(file)
    file.write_text("\r\n".join(lines), "utf-8-sig", newline="")
