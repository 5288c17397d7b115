"""The watched folder: files are taken once, whole, each by itself, whatever happens to the program meanwhile."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from jinbao.regional_adapter.files.mapping import mapped_file
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.files.ways_in import watched_folder
from jinbao.regional_adapter.files.ways_in.journal import Entry, Journal, Outcome
from jinbao.regional_adapter.files.ways_in.take_file import Taking
from jinbao.regional_adapter.files.ways_in.watched_folder import (
    MOST_TRIES,
    PATIENCE_S,
    POLL_S,
    FolderTrouble,
    WatchedFolder,
)
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.working_days import end_of_day

SET = Path(__file__).parents[4] / "examples" / "provinces" / "csv-gb18030"
SAMPLE = (SET / "applications.csv").read_bytes()
NOW_US = end_of_day(date(2026, 1, 1))


@dataclass
class Watched:
    """A folder with everything behind it, and a clock that only tests move."""

    folder: Path
    local: EmbeddedLocalSystem
    journal: Journal
    told: list[tuple[int, Outcome]] = field(default_factory=list)
    now_s: float = 0.0
    progress: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.start()

    def start(self, marker: str | None = None) -> None:
        """Begin as a program does that knows nothing of before."""
        taking = Taking(self.local, load_mapping(SET / "mapping.toml"), self.folder / "rejects", "test", self.progress)
        self.watch = WatchedFolder(self.folder, taking, self.journal, self._tell, lambda: self.now_s, marker=marker)

    def _tell(self, entry: Entry, outcome: Outcome) -> None:
        self.told.append((entry.number, outcome))

    def lay(self, name: str, content: bytes = SAMPLE) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def look(self, times: int = 2) -> list[Outcome]:
        """Look so often and take all that is ready; what became of it."""
        before = len(self.told)
        for _ in range(times):
            self.now_s += POLL_S
            while self.watch.step(NOW_US):
                pass
        return [outcome for _, outcome in self.told[before:]]

    def names(self, place: str = ".") -> list[str]:
        folder = self.folder / place
        return sorted(f.name for f in folder.iterdir() if f.is_file()) if folder.exists() else []


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    local = EmbeddedLocalSystem(tmp_path / "41.sqlite", "41", durable=False)
    journal = Journal(tmp_path / "journal.sqlite")
    (tmp_path / "hand-in").mkdir()
    made = Watched(tmp_path / "hand-in", local, journal)
    yield made
    journal.close()
    made.local.close()


def test_a_file_that_was_there_before_is_taken_once_it_has_not_changed_between_two_looks(watched: Watched) -> None:
    watched.lay("a.csv")
    assert watched.look(1) == []
    (outcome,) = watched.look(1)
    assert (outcome.state, outcome.form, outcome.accepted, outcome.sent) == ("taken", "转移申请", 3, 3)
    assert (watched.names(), watched.names("done")) == ([], ["a.csv"])
    assert len(watched.local.applications()) == 3
    assert watched.look() == []


def test_with_markers_a_file_is_taken_once_its_own_is_there_and_never_before(watched: Watched) -> None:
    watched.start(".done")
    watched.lay("a.csv")
    watched.lay("b.csv", SAMPLE[:-3])
    watched.now_s += PATIENCE_S
    assert watched.look(3) == []
    assert watched.watch.is_settled()
    watched.lay("a.csv.done", b"")
    watched.lay("b.csv.done", b"")
    assert [(o.accepted, o.rejected) for o in watched.look()] == [(3, 0), (2, 1)], (
        "a marked file is as whole as it gets"
    )
    assert (watched.names(), watched.names("done")) == ([], ["a.csv", "b.csv"])
    watched.lay("a.csv", SAMPLE[:-3])
    assert watched.look(3) == [], "another file of that name waits for a marker of its own"


def test_a_file_that_is_still_written_is_left_alone(watched: Watched) -> None:
    lines = SAMPLE.splitlines(keepends=True)
    for count in range(1, len(lines)):
        watched.lay("a.csv", b"".join(lines[:count]))
        os.utime(watched.folder / "a.csv", ns=(count, count))
        assert watched.look(1) == []
    watched.lay("a.csv")
    assert [o.accepted for o in watched.look(2)] == [3]
    watched.lay("b.csv.part")
    watched.lay(".hidden.csv")
    (watched.folder / "folder.csv").mkdir()
    (watched.folder / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(watched.folder / "pipe.csv")
    assert watched.look() == []
    assert watched.watch.is_settled()


def test_a_cut_file_waits_for_the_rest_and_is_taken_as_it_is_in_the_end(watched: Watched) -> None:
    watched.lay("a.csv", SAMPLE[:-10])
    (waiting,) = watched.look()
    assert (waiting.state, waiting.code, watched.local.applications()) == ("waiting", "TRUNCATED", [])
    assert watched.look(5) == [], "what waits is told once, and not read again at every look"
    watched.lay("a.csv")
    assert [o.accepted for o in watched.look()] == [3]
    assert [(e.file, e.outcome.state) for e in watched.journal.newest(9)] == [("a.csv", "taken")]
    watched.lay("b.csv", SAMPLE[:-10])
    watched.look()
    watched.start()
    watched.look()
    assert [e.outcome.state for e in watched.journal.newest(9)] == ["waiting", "taken"]
    watched.now_s += PATIENCE_S
    (outcome,) = watched.look(1)
    assert (outcome.state, outcome.accepted, outcome.rejected) == ("taken", 2, 1)
    assert len(watched.names("rejects")) == 2, "the file of rejects and its workbook"


def test_a_name_that_comes_again_with_other_content_is_another_file_and_the_same_file_changes_nothing(
    watched: Watched,
) -> None:
    watched.lay("a.csv")
    watched.look()
    watched.lay("a.csv", SAMPLE.replace(b"2025-41-0003", b"2025-41-0009"))
    assert [o.sent for o in watched.look()] == [1]
    assert len(watched.local.applications()) == 4
    assert len(watched.names("done")) == 2
    watched.lay("a.csv", SAMPLE.replace(b"2025-02-20", b"2025-02-19"))
    assert [o.sent for o in watched.look()] == [1]
    corrected = watched.local.applications()
    watched.lay("a.csv")
    watched.look()
    assert (watched.local.applications(), watched.names()) == (corrected, []), "an old file puts nothing back"


def test_a_local_system_put_back_from_a_backup_takes_a_file_again(watched: Watched, tmp_path: Path) -> None:
    watched.lay("a.csv")
    watched.look()
    watched.local.close()
    watched.local = EmbeddedLocalSystem(tmp_path / "restored.sqlite", "41", durable=False)
    watched.start()
    watched.lay("a.csv")
    assert [o.sent for o in watched.look()] == [3]


@pytest.mark.parametrize(
    "place",
    [
        "jinbao.regional_adapter.files.ways_in.take_file.write_rejects",
        "jinbao.regional_adapter.files.ways_in.journal.Journal.end",
        "jinbao.regional_adapter.files.ways_in.watched_folder.WatchedFolder._move",
    ],
)
def test_a_program_killed_in_the_middle_takes_the_file_again_and_nothing_is_doubled(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Killed after the rows are registered, before the rejects, the journal or the move; the rejects are there once."""
    watched.lay("a.csv", SAMPLE.replace(b"44000019880315001X", b"440000198803150011"))
    with monkeypatch.context() as patched:
        patched.setattr(place, _killed)
        with pytest.raises(_Killed):
            watched.look()
    before = watched.local.last_sequence()
    watched.start()
    (outcome,) = watched.look()
    assert (outcome.state, outcome.accepted, outcome.rejected) == ("taken", 2, 1)
    assert watched.local.last_sequence() == before
    assert (watched.names(), watched.names("done"), len(watched.names("rejects"))) == ([], ["a.csv"], 2)
    assert [entry.outcome.state for entry in watched.journal.newest(10)] == ["taken"]


class _Killed(BaseException):
    pass


def _killed(*args: object, **named: object) -> None:
    raise _Killed


def test_a_bad_or_hostile_file_stops_neither_the_others_nor_the_adapter(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.lay("1.csv", b"\0" * 10_000 + b"\n")
    watched.lay("2.csv", b"a,b,c\r\n1,2,3\r\n")
    broken = watched.lay("3.csv", SAMPLE.replace(b"2025-41-0001", b"2025-41-0007"))
    watched.lay("4.csv")
    real = watched_folder.take_file

    def take(taking: Taking, file: Path, *given: object, **named: object) -> Outcome:
        if file == broken:
            raise ValueError("a defect")
        return real(taking, file, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(watched_folder, "take_file", take)
    assert sorted((o.state, o.code) for o in watched.look()) == [
        ("refused", "HEADER"),
        ("refused", "HEADER"),
        ("refused", "UNSAFE_FILE"),
        ("taken", ""),
    ]
    assert len(watched.local.applications()) == 3
    assert [n for n in watched.names("rejects") if n.startswith("2.csv")] == ["2.csv", "2.csv.退回原因.txt"]
    assert "HEADER" in (watched.folder / "rejects" / "2.csv.退回原因.txt").read_text("utf-8-sig")


def test_a_file_over_which_the_program_ends_again_and_again_is_refused(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.lay("a.csv")
    watched.lay("b.csv", SAMPLE.replace(b"2025-41-0001", b"2025-41-0007"))
    os.utime(watched.folder / "a.csv", ns=(0, 0))
    with monkeypatch.context() as patched:
        patched.setattr(watched_folder, "take_file", _killed)
        for _ in range(MOST_TRIES):
            watched.start()
            with pytest.raises(_Killed):
                watched.look()
    watched.start()
    assert [(o.state, o.code) for o in watched.look()] == [("refused", "UNSAFE_FILE"), ("taken", "")]


def test_a_file_that_is_written_on_after_it_was_moved_comes_back(watched: Watched) -> None:
    lines = SAMPLE.splitlines(keepends=True)
    with (watched.folder / "a.csv").open("wb") as writer:
        writer.write(b"".join(lines[:-1]))
        writer.flush()
        assert [o.accepted for o in watched.look()] == [2]
        writer.write(lines[-1])
    assert [o.accepted for o in watched.look(3)] == [3]
    assert len(watched.local.applications()) == 3


def test_a_long_file_tells_that_it_goes_on(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_file, "_TELL_EVERY", 1)
    told: list[int] = []
    watched.progress = lambda: told.append(1)
    watched.start()
    watched.lay("a.csv")
    watched.look()
    assert told


def test_names_in_another_encoding_with_control_characters_or_without_end_become_plain_ones(watched: Watched) -> None:
    for number, name in enumerate([b"\xc9\xea\xc7\xeb.csv", b"a\nb.csv", ("长" * 80 + ".csv").encode()]):
        content = SAMPLE.replace(b"2025-41-0001", b"2025-41-000" + bytes([0x34 + number]))
        bad = content.replace(b"440000199107220023", b"440000199107220024")
        Path(os.fsdecode(os.fsencode(watched.folder) + b"/" + name)).write_bytes(bad)
    assert sorted((o.state, o.accepted, o.rejected) for o in watched.look(5)) == [("taken", 2, 1)] * 3
    assert watched.names("done")[:2] == ["a_b.csv", "申请.csv"]
    assert len(watched.names("rejects")) == 6
    assert {entry.file for entry in watched.journal.newest(3)} == set(watched.names("done"))


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_taken(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = watched.lay("a.csv")
    os.utime(bad, ns=(0, 0))
    watched.lay("b.csv")
    real = watched_folder.digest_of

    def digest(file: Path) -> str:
        if file == bad:
            raise OSError(5, "Input/output error")
        return real(file)

    monkeypatch.setattr(watched_folder, "digest_of", digest)
    assert [o.accepted for o in watched.look(2)] == [3]
    assert "1 files" in str(watched.watch.trouble())
    assert watched.watch.is_settled()
    bad.unlink()
    assert (watched.look(1), watched.watch.trouble()) == ([], None)


def test_a_folder_that_is_away_is_a_trouble_that_passes(watched: Watched) -> None:
    watched.folder.rmdir()
    with pytest.raises(FolderTrouble, match="hand-in"):
        watched.look(1)
    watched.folder.mkdir()
    watched.lay("a.csv")
    assert [o.accepted for o in watched.look(3)] == [3]


def test_the_journal_holds_counts_and_reasons_and_no_cell(watched: Watched) -> None:
    watched.lay("a.csv", SAMPLE.replace(b"44000019880315001X", b"440000198803150011"))
    watched.look()
    kept = json.dumps([str(e) for e in watched.journal.newest(5)], ensure_ascii=False)
    assert "440000198803150011" not in kept
    assert "合成" not in kept
