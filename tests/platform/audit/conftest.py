"""A small recorded log, copied for each attack on it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.paths_of_a_case import every_path
from support.platform_under_test import Platform
from support.told_transfer import Transfer

from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.log.verify import Verified
from jinbao.platform.ingest.bus_time import confirm
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store import tree
from jinbao.platform.store.store import Store
from jinbao.transparency.check_proof import Policy, parse_policy
from jinbao.transparency.signing import SigningKey


class Recorded:
    """A folder with a platform's files, its log's key and the policy that trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def key(self) -> SigningKey:
        return open_log_key(self.folder)

    @property
    def policy(self) -> Policy:
        return parse_policy((self.folder / "audit" / "policy").read_text())

    def store(self) -> Store:
        return Store(f"sqlite:///{self.folder / 'platform.db'}", durable=False)

    def attack(self, *statements: str, file: str = "platform.db") -> None:
        """Write to the files as somebody does who has them in hand."""
        with closing(sqlite3.connect(self.folder / file)) as database, database:
            for statement in statements:
                database.execute(statement)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "platform.db")) as database:
            return database.execute(sql).fetchall()

    def verified(self, *against: str, policy: Policy | None = None) -> Verified:
        with closing(self.store()) as store:
            return verify_store(store, policy or self.policy, against)

    def code(self, *against: str) -> str | None:
        """What is first bad; None where the log holds."""
        first = self.verified(*against).first_bad
        return None if first is None else first.code

    def note(self) -> str:
        ((note,),) = self.rows("SELECT note FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1")
        assert isinstance(note, str)
        return note


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Every path of a case, with a message that waits, one refused and one that nobody can read; never written to."""
    folder = tmp_path_factory.mktemp("recorded")
    platform = Platform(folder, batch_size=25, log_key=open_log_key(folder))
    platform.take(*every_path())
    platform.send(Transfer(77).letter(), Transfer(1).apply())
    platform.send_raw(b"nonsense")
    with platform.store.write() as work:
        confirm(work, platform.now, "operator", "clock was wrong", None, {0: 1})
        tree.state(work.bulk, "test", {"of": "a statement"}, platform.now)
    platform.run()
    platform.close()
    return Recorded(folder)


@pytest.fixture
def copied(recorded: Recorded, tmp_path: Path) -> Recorded:
    shutil.copytree(recorded.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("bus*"))
    return Recorded(tmp_path / "copy")
