"""A SQLite file of ours: its owner's alone, told as damaged when it is, and locked while it is in use."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from jinbao.storage.sqlite_file import FileInUse, UseLock, is_damaged, make_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_the_folders_on_its_way_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "a" / "b" / "file")
    finally:
        os.umask(before)
    assert [mode(tmp_path / part) for part in ("a", "a/b", "a/b/file")] == [0o700, 0o700, 0o600]


def test_a_file_that_others_may_read_is_closed_to_them_and_keeps_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("content")
    file.chmod(0o664)
    make_private(file)
    assert (mode(file), file.read_text()) == (0o600, "content")


def test_making_a_file_private_frees_no_lock_that_this_process_holds_on_it(tmp_path: Path) -> None:
    """To close any handle on a file ends the process's own locks on it, SQLite's too."""
    file = tmp_path / "file"
    with closing(sqlite3.connect(file, isolation_level=None)) as one:
        one.execute("PRAGMA journal_mode = DELETE")
        one.execute("CREATE TABLE t (x)")
        one.execute("BEGIN IMMEDIATE")
        make_private(file)
        script = f"import sqlite3; sqlite3.connect({str(file)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
        assert os.spawnlp(os.P_WAIT, "python3", "python3", "-c", script) != 0


def test_damage_is_seen_and_what_is_sound_or_missing_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert not is_damaged(file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE t (x)")
        db.executemany("INSERT INTO t VALUES (?)", [("content" * 100,)] * 1_000)
        db.commit()
    assert not is_damaged(file)
    data = bytearray(file.read_bytes())
    data[8_192:16_384] = b"\xff" * 8_192
    file.write_bytes(data)
    assert is_damaged(file)
    file.write_bytes(b"no database at all " * 100)
    assert is_damaged(file)


def test_many_may_use_a_file_or_one_may_have_it_to_himself(tmp_path: Path) -> None:
    one, other = UseLock(tmp_path / "file"), UseLock(tmp_path / "file")
    with pytest.raises(FileInUse):
        UseLock(tmp_path / "file", alone=True)
    one.close()
    other.close()
    with closing(UseLock(tmp_path / "file", alone=True)), pytest.raises(FileInUse):
        UseLock(tmp_path / "file")


OPENS = re.compile(r"sqlite3\.connect\((?!\":memory:\")")


def test_nobody_else_opens_a_sqlite_file() -> None:
    """Benchmarks show other ways on purpose; the platform's own file is opened by SQLAlchemy, one in memory is none."""
    root = Path(__file__).parents[2]
    rooms = ["bus", "cli", "dev", "keys", "platform", "regional_adapter", "service", "simulator", "torture", "views"]
    files = [file for room in rooms for file in (root / room).rglob("*.py")]
    assert len(files) > 200
    assert [f"{file}" for file in files if OPENS.search(file.read_text(encoding="utf-8"))] == []
