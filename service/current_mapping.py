"""The mapping that a province's configuration names, read again when its file changes: no version needs a restart."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from jinbao.regional_adapter.adapter_config import FilesConfig
from jinbao.regional_adapter.files.mapping.mapping_file import (
    Mapping,
    WrongMappingError,
    load_mapping,
    standard_mapping,
)
from jinbao.regional_adapter.files.mapping.used_versions import keep_version
from jinbao.service.errors import UserError
from jinbao.service.health import Watch
from jinbao.service.province import Province

LOOK_EVERY_S = 2.0
"""Pause between two looks at the file."""
_Seen = tuple[int, int, int]
"""Size, time and inode of a file."""


class CurrentMapping:
    """The mapping in use. A new one is taken once its file has not changed between two looks, and has no mistake."""

    def __init__(
        self, place: Province, files: FilesConfig, watch: Watch | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`watch`: who hears of a new version and of mistakes in it. Raises UserError for one that cannot be used."""
        self._place = place
        self._file = None if files.mapping is None else Path(files.mapping)
        self.watch = None if watch is None else watch.of("mapping")
        """The health of this look."""
        self._clock = clock
        self._look_at_s = clock() + LOOK_EVERY_S
        self._read = self._seen = self._look()
        self.mapping = standard_mapping() if self._file is None else self._load(self._file)

    def changed(self) -> bool:
        """Whether another mapping is in use since the last call; one with mistakes is told, and the old one goes on."""
        if self._file is None or self._clock() < self._look_at_s:
            return False
        self._look_at_s = self._clock() + LOOK_EVERY_S
        if self.watch is not None:
            self.watch.health.turning(self.watch.loop)
        before, self._seen = self._seen, self._look()
        if self._seen != before or self._seen == self._read:
            return False
        self._read = self._seen
        try:
            new = self._load(self._file)
        except UserError as error:
            if self.watch is not None:
                self.watch.trouble(error)
            return False
        is_new, self.mapping = new != self.mapping, new
        if self.watch is not None:
            self.watch.succeeded()
            if is_new:
                zh, en = f"改用对照文件版本 {new.version}", f"version {new.version} of the mapping is used from now on"
                self.watch.say("mapping", (zh, en))
        return is_new

    def _look(self) -> _Seen | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns, found.st_ino

    def _load(self, file: Path) -> Mapping:
        """The mapping in the file, kept as a version that was used. Raises UserError."""
        try:
            mapping = load_mapping(file)
            keep_version(self._place.documents / "mappings", file, mapping)
        except WrongMappingError as error:
            zh = "；".join(f"{one.path}：{one.problem[0]}" for one in error.problems)
            en = "; ".join(f"{one.path}: {one.problem[1]}" for one in error.problems)
            raise UserError(f"{file}：对照文件有误：{zh}", f"{file}: the mapping is wrong: {en}") from None
        return mapping
