"""A running adapter's ways in: the folder that it watches for its province's files, and the tables of its database."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jinbao.language.words import BilingualError
from jinbao.regional_adapter.adapter_config import AdapterConfig
from jinbao.regional_adapter.exchange.set_aside import SetAsideBook
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.ways_in.journal import Entry, Journal, Outcome
from jinbao.regional_adapter.files.ways_in.sql_tables import ProvinceTables, Settled, TablesTrouble
from jinbao.regional_adapter.files.ways_in.table_return import TableReturn
from jinbao.regional_adapter.files.ways_in.table_way import TableWay
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.regional_adapter.files.ways_in.watched_folder import REJECTS, FolderTrouble, WatchedFolder
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.service.current_mapping import CurrentMapping
from jinbao.service.errors import UserError
from jinbao.service.health import Watch
from jinbao.service.logs import tell
from jinbao.service.province import Province
from jinbao.service.province_files import opening

RETRY_S = 30.0
"""Pause after trouble with a way: to ask a server that does not answer takes seconds."""


class _Part(Protocol):
    """A way, or a part of one."""

    def step(self, now: int) -> int:
        """Do something, where there is something to do."""

    def is_settled(self) -> bool:
        """Whether everything that was there has been looked at."""


@dataclass(slots=True)
class _Way:
    """A folder or a database, with a health of its own: trouble with one stops nothing else."""

    parts: Sequence[_Part]
    watch: Watch | None
    trouble: Callable[[], BilingualError | None] = lambda: None
    """What is wrong while it works."""
    retry_at_s: float = 0.0
    """When it is tried again after trouble; 0 where there is none."""

    def step(self, now: int) -> int:
        if time.monotonic() < self.retry_at_s:
            return 0
        try:
            done = sum(part.step(now) for part in self.parts)
        except (FolderTrouble, TablesTrouble) as error:
            self.retry_at_s = time.monotonic() + RETRY_S
            if self.watch is not None:
                self.watch.trouble(error)
            return 0
        self.retry_at_s = 0.0
        if self.watch is None:
            return done
        if (trouble := self.trouble()) is None:
            self.watch.succeeded()
        else:
            self.watch.trouble(trouble)
        return done

    def is_settled(self) -> bool:
        return self.retry_at_s > 0 or all(part.is_settled() for part in self.parts)


class WaysIn:
    """What one province's configuration opens."""

    def __init__(
        self,
        stack: ExitStack,
        place: Province,
        config: AdapterConfig,
        current: CurrentMapping,
        local: EmbeddedLocalSystem,
        set_aside: SetAsideBook,
        watch: Watch | None,
    ) -> None:
        """`watch`: who hears of files and troubles. Raises UserError for files that cannot be opened."""
        self._watch = watch
        self._mapping_watch = current.watch
        self._ways: list[_Way] = []
        self._return: TableReturn | None = None
        self._taking: Taking | None = None
        self.files: list[Path] = []
        """The province's own files that it keeps open."""
        files = config.files
        if not files.watch and files.tables is None:
            return
        folder = place.hand_in if files.folder is None else Path(files.folder)
        mapping = current.mapping
        taking = self._taking = Taking(local, mapping, folder / REJECTS, config.desk.operator, self._turning)
        if files.watch:
            with opening(place.journal_file):
                journal = stack.enter_context(closing(Journal(place.journal_file)))
            self.files.append(journal.path)
            if files.folder is None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            watched = WatchedFolder(folder, taking, journal, self._tell_file, marker=files.marker)
            self._ways.append(_Way([watched], self._watch_of("folder"), watched.trouble))
        if files.tables is not None:
            try:
                tables = stack.enter_context(closing(ProvinceTables(files.tables)))
            except TablesTrouble as error:
                raise UserError(*error.words) from None
            self._return = TableReturn(tables, local, set_aside, mapping, orders=not files.write)
            self._ways.append(_Way([TableWay(tables, taking, self._tell_rows), self._return], self._watch_of("tables")))

    def _watch_of(self, name: str) -> Watch | None:
        return None if self._watch is None else self._watch.of(name)

    def step(self, now: int) -> int:
        """One step of each way; how much was done. Raises OSError and sqlite3.Error for the province's own files."""
        return sum(way.step(now) for way in self._ways)

    def use(self, mapping: Mapping) -> None:
        """Read and write by another mapping from the next step on."""
        if self._taking is not None:
            self._taking.mapping = mapping
        if self._return is not None:
            self._return.use(mapping)

    def try_again(self) -> None:
        """Put into the outbound table in the next step what could not be."""
        if self._return is not None:
            self._return.try_again()

    def at_end(self) -> bool:
        """Whether everything that was handed in has been looked at, where it can be."""
        return all(way.is_settled() for way in self._ways)

    def _turning(self) -> None:
        """A long file is being read: none of the loops that wait for it stands still."""
        for watch in (self._watch, self._mapping_watch, *(way.watch for way in self._ways)):
            if watch is not None:
                watch.health.turning(watch.loop)

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

    def _tell_rows(self, settled: Sequence[Settled]) -> None:
        """What became of rows of the table, without anything from them."""
        if self._watch is None:
            return
        counts = Counter(one.outcome for one in settled)
        accepted, rejected, skipped = (counts[name] for name in ("accepted", "rejected", "skipped"))
        level = logging.WARNING if rejected else logging.INFO
        codes = " ".join(sorted({one.code for one in settled if one.code}))
        if self._watch.log == "json":
            tell("rows", level, accepted=accepted, rejected=rejected, skipped=skipped, codes=codes)
        else:
            zh = f"数据表：接受 {accepted}，退回 {rejected}，略过 {skipped} {codes}".rstrip()
            en = f"table: {accepted} rows accepted, {rejected} rejected, {skipped} skipped {codes}".rstrip()
            self._watch.say("rows", (zh, en), level)


_STATES = {
    "begun": ("办理中", "begun"),
    "waiting": ("不完整，等候其余部分", "not whole yet, waits"),
    "taken": ("已登记", "taken"),
    "refused": ("整个退回", "refused"),
}
