"""A province's files at its desk: the mappings to read them by, taking one in, and what became of those that came."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jinbao.regional_adapter.files.mapping.mapping_file import (
    Mapping,
    WrongMappingError,
    load_mapping,
    standard_mapping,
)
from jinbao.regional_adapter.files.mapping.used_versions import keep_version
from jinbao.regional_adapter.files.ways_in.journal import Entry, Journal, digest_of, version_name
from jinbao.regional_adapter.files.ways_in.take_file import Taking, take_file
from jinbao.regional_adapter.files.ways_in.watched_folder import REJECTS
from jinbao.service.province import Province
from jinbao.service.province_files import opening, working
from jinbao.storage.sqlite_file import make_private
from jinbao.web.page import SentFile

MOST_SHOWN = 20
"""Files that are listed."""
_MOST_MAPPING_BYTES = 1 << 20


class Choice(msgspec.Struct, frozen=True):
    """A mapping by which files can be read."""

    key: str
    """What a form sends."""
    name: str
    version: int
    format: str


class UnknownMapping(Exception):
    """There is no such mapping any more."""


@dataclass(frozen=True, slots=True)
class FilesIn:
    """The files of one province."""

    place: Province

    def choices(self) -> list[Choice]:
        """The versions of mappings that were used here."""
        return [Choice(key, one.name, one.version, one.format) for key, one in sorted(self._stored().items())]

    def chosen(self, key: str) -> Mapping:
        """The mapping of a choice; the platform's own forms for none. Raises UnknownMapping."""
        if not key:
            return standard_mapping()
        found = self._stored().get(key)
        if found is None:
            raise UnknownMapping(key)
        return found

    def keep(self, sent: SentFile) -> Mapping:
        """A mapping that was sent, kept as a version that is used. Raises WrongMappingError with all its mistakes."""
        with self._copied(sent, "mapping.toml", _MOST_MAPPING_BYTES) as file:
            mapping = load_mapping(file)
            keep_version(self._mappings, file, mapping)
            return mapping

    def take(self, sent: SentFile, name: str, mapping: Mapping, clerk: str, now: int) -> Entry:
        """Take a file in under a plain name: what became of it. Raises UnreadableFileError."""
        place = self.place
        with (
            self._copied(sent, name) as file,
            closing(place.local_system()) as local,
            self.journal() as journal,
            working(place.folder, [place.local_file, place.journal_file]),
        ):
            digest = digest_of(file)
            entry = journal.begin(digest, version_name(mapping), name, "desk", clerk, now)
            outcome = take_file(Taking(local, mapping, place.documents / REJECTS, clerk), file, digest, now)
            journal.end(entry.number, name, clerk, outcome, now)
            found = journal.entry(entry.number)
            assert found is not None, "it was noted"
            return found

    def rejects_of(self, number: int) -> Path | None:
        """The file of what was not taken of a file; None where there is none."""
        with self.journal() as journal:
            entry = journal.entry(number)
        if entry is None or not entry.outcome.rejects:
            return None
        file = Path(entry.outcome.rejects)
        return file if file.is_file() else None

    def newest(self) -> Sequence[Entry]:
        """The newest files, newest first, whichever way they came."""
        with self.journal() as journal:
            return journal.newest(MOST_SHOWN)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """The province's journal of files. Raises UserError where it cannot be used."""
        with opening(self.place.journal_file):
            journal = Journal(self.place.journal_file)
        with closing(journal):
            yield journal

    @property
    def _mappings(self) -> Path:
        return self.place.documents / "mappings"

    def _stored(self) -> dict[str, Mapping]:
        found = {}
        for file in self._mappings.glob("*.toml"):
            try:
                found[file.stem] = load_mapping(file)
            except WrongMappingError:
                continue  # of a later program
        return found

    @contextmanager
    def _copied(self, sent: SentFile, name: str, most: int = -1) -> Iterator[Path]:
        """What was sent as a file beside the province's own, as long as the block runs."""
        make_private(self.place.journal_file)
        with tempfile.TemporaryDirectory(dir=self.place.journal_file.parent) as folder:
            file = Path(folder) / name
            with file.open("wb") as stream:
                if most < 0:
                    shutil.copyfileobj(sent.content, stream, 1 << 20)
                else:
                    stream.write(sent.content.read(most))
            yield file
