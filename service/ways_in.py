"""A running adapter's ways in: the folder that it watches for its province's files."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.regional_adapter.adapter_config import AdapterConfig, FilesConfig
from jinbao.regional_adapter.files.mapping.mapping_file import (
    Mapping,
    WrongMappingError,
    load_mapping,
    standard_mapping,
)
from jinbao.regional_adapter.files.mapping.used_versions import keep_version
from jinbao.regional_adapter.files.ways_in.journal import Entry, Journal, Outcome
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.regional_adapter.files.ways_in.watched_folder import REJECTS, FolderTrouble, WatchedFolder
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.service.errors import UserError
from jinbao.service.health import Watch
from jinbao.service.logs import tell
from jinbao.service.province import Province
from jinbao.service.province_files import opening

LOOP = "ways_in"
"""What health calls it: trouble with one way in stops nothing else."""


class WaysIn:
    """What one province's configuration opens."""

    def __init__(
        self, stack: ExitStack, place: Province, config: AdapterConfig, local: EmbeddedLocalSystem, watch: Watch | None
    ) -> None:
        """`watch`: who hears of files and troubles. Raises UserError for a mapping that cannot be used."""
        self._watch = None if watch is None else watch.of(LOOP)
        self._folder: WatchedFolder | None = None
        self.files: list[Path] = []
        """The province's own files that it keeps open."""
        if config.files.watch:
            mapping = configured_mapping(place, config.files)
            with opening(place.journal_file):
                journal = stack.enter_context(closing(Journal(place.journal_file)))
            self.files.append(journal.path)
            folder = place.hand_in if config.files.folder is None else Path(config.files.folder)
            if config.files.folder is None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            taking = Taking(local, mapping, folder / REJECTS, config.desk.operator)
            self._folder = WatchedFolder(folder, taking, journal, self._tell_file)

    def step(self, now: int) -> int:
        """One step of each way; how much was done. Raises OSError and sqlite3.Error for the province's own files."""
        if self._folder is None:
            return 0
        try:
            done = self._folder.step(now)
        except FolderTrouble as error:
            self._tell_trouble(error)
            return 0
        if self._watch is not None:
            self._watch.succeeded()
        return done

    def at_end(self) -> bool:
        """Whether everything that lies there has been looked at."""
        return self._folder is None or self._folder.is_settled()

    def _tell_trouble(self, error: BilingualError) -> None:
        if self._watch is not None:
            self._watch.trouble(error)

    def _tell_file(self, entry: Entry, outcome: Outcome) -> None:
        """What became of a file, without its name or anything from it."""
        if self._watch is None:
            return
        o = outcome
        counts = {"accepted": o.accepted, "rejected": o.rejected, "skipped": o.skipped, "sent": o.sent}
        level = logging.INFO if o.state == "taken" and not o.rejected else logging.WARNING
        if self._watch.log == "json":
            tell("file", level, number=entry.number, state=o.state, form=o.form, code=o.code, **counts)
        else:
            zh, en = _STATES[o.state]
            told = (
                f"文件 {entry.number}：{zh} {o.code or o.form}，接受 {o.accepted}，退回 {o.rejected}，略过 {o.skipped}",
                f"file {entry.number}: {en} {o.code or o.form}, {o.accepted} accepted, {o.rejected} rejected, "
                f"{o.skipped} skipped",
            )
            self._watch.say("file", told, level)


_STATES = {
    "begun": ("办理中", "begun"),
    "waiting": ("不完整，等候其余部分", "not whole yet, waits"),
    "taken": ("已登记", "taken"),
    "refused": ("整个退回", "refused"),
}


def configured_mapping(place: Province, files: FilesConfig) -> Mapping:
    """The mapping that a province's configuration names, kept as a version that was used. Raises UserError."""
    if files.mapping is None:
        return standard_mapping()
    file = Path(files.mapping)
    try:
        mapping = load_mapping(file)
        keep_version(place.documents / "mappings", file, mapping)
    except WrongMappingError as error:
        zh = "；".join(f"{one.path}：{one.problem[0]}" for one in error.problems)
        en = "; ".join(f"{one.path}: {one.problem[1]}" for one in error.problems)
        raise UserError(f"{file}：对照文件有误：{zh}", f"{file}: the mapping is wrong: {en}") from None
    return mapping
