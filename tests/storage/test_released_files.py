"""Files that the release of 2026-11-27 wrote, before layouts were counted, open and hold what they held.

`released/` has them as SQL: a simulated nation of two transfers (invented persons), a few rows of each table.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.keys.ring_file import connect as connect_ring, master_generation
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.simulator.banks import Banks
from jinbao.simulator.run_state import FILE, RunState
from jinbao.storage.sqlite_file import WrongFile

RELEASED = Path(__file__).parent / "released"


def written(file: str, path: Path) -> Path:
    """A file of the release before."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((RELEASED / file).read_text(encoding="utf-8"))
    return path


def one(path: Path, sql: str) -> Any:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchone()[0]


def test_a_bus(tmp_path: Path) -> None:
    with closing(EmbeddedBus(written("bus.sql", tmp_path / "bus.sqlite"))) as bus:
        assert sum(bus.end_offsets("jinbao.submissions").values()) > 0
        assert sum(bus.committed("jinbao.submissions", "ingest").values()) > 0


def test_a_key_ring(tmp_path: Path) -> None:
    path = written("keys.sql", tmp_path / "keys.sqlite")
    with closing(connect_ring(path)) as ring:
        assert master_generation(ring) == 1
        assert ring.execute("SELECT count(*) FROM relationship_key").fetchone() == (1,)


def test_an_adapters_file_which_says_nothing_again(tmp_path: Path) -> None:
    path = written("adapters-51.sql", tmp_path / "51.sqlite")
    cursor, sent = (
        one(path, "SELECT value FROM progress WHERE name = 'documents'"),
        one(path, "SELECT count(*) FROM outbox"),
    )
    with closing(AdapterStore(path)) as store:
        assert store.cursor() == cursor > 0
        assert store.set_aside.count() == 0
    assert one(path, "SELECT count(*) FROM outbox") == sent


def test_an_adapters_file_of_before_outcomes_were_told_says_its_documents_again(tmp_path: Path) -> None:
    path = written("adapters-51.sql", tmp_path / "51.sqlite")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 0")
    with closing(AdapterStore(path)) as store:
        assert store.cursor() == 0


def test_a_local_system(tmp_path: Path) -> None:
    path = written("local-51.sql", tmp_path / "51.sqlite")
    documents = one(path, "SELECT count(*) FROM documents_out")
    with closing(EmbeddedLocalSystem(path, "51")) as local:
        assert len(local.documents()) == documents > 0


def test_a_nations_run_and_banks(tmp_path: Path) -> None:
    written("simulation.sql", tmp_path / FILE)
    with closing(RunState(tmp_path)) as state:
        assert (state.load().seed, state.load().transfers) == (7, 2)
    with closing(Banks(written("banks.sql", tmp_path / "banks.sqlite"))) as banks:
        assert len(banks.entries()) == 4


@pytest.mark.parametrize("name", ["bus", "keys", "adapters-51", "local-51", "banks", "simulation"])
def test_a_file_that_has_been_opened_counts_its_layout_and_one_of_a_newer_program_is_refused_unchanged(
    tmp_path: Path, name: str
) -> None:
    path = written(f"{name}.sql", tmp_path / (FILE if name == "simulation" else f"{name}.sqlite"))
    _open(name, path)
    assert one(path, "PRAGMA user_version") > 0
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(Exception, match="layout 99, this program reads"):
        _open(name, path)
    assert path.read_bytes() == before


def _open(name: str, path: Path) -> None:
    opened: Any = {
        "bus": lambda: EmbeddedBus(path),
        "keys": lambda: connect_ring(path),
        "adapters-51": lambda: AdapterStore(path),
        "local-51": lambda: EmbeddedLocalSystem(path, "51"),
        "banks": lambda: Banks(path),
        "simulation": lambda: RunState(path.parent),
    }[name]
    opened().close()


def test_what_belongs_to_something_else_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.execute("PRAGMA application_id = 7")
    before = path.read_bytes()
    with pytest.raises(WrongFile, match="a database of something else"):
        Banks(path)
    assert path.read_bytes() == before
