"""Uses of a key ring as entries: recorded before anything is given, each told once, an old copy under another name."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Literal

import pytest

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import ENTRY_SECRET, KeyMissing, KeyRingUnavailable, MessageName
from jinbao.language.words import Translator
from jinbao.platform.audit.statements.accesses import gaps, listed
from jinbao.platform.store.store import Store
from jinbao.service.health import Health, Watch
from jinbao.service.key_service.national_log import NationalLog
from jinbao.service.key_service.recorded_ring import RecordedKeyRing
from jinbao.service.key_service.uses import NAME, Uses
from jinbao.service.key_service.uses_told import tell_uses, tell_uses_of, telling_elsewhere

NOW = 1_740_000_000_000_000
NUMBER = "11010519491231002X"


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[RecordedKeyRing]:
    file = EmbeddedKeyRing(tmp_path / "keys.sqlite", bytes(64), seed=1)
    with closing(RecordedKeyRing(file, Uses(tmp_path, durable=False), "41", lambda: NOW)) as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{tmp_path / 'platform.sqlite'}", durable=False)) as found:
        found.create()
        yield found


def told(store: Store) -> list[tuple[str, str, str, list[str], int]]:
    with store.read() as work:
        assert gaps(work.bulk) == {}
        return [
            (one.place, one.access.action, one.access.outcome, one.access.relationships, one.access.rows)
            for one in listed(work.bulk)
        ]


def test_a_person_is_recorded_once_a_day_for_each_purpose(ring: RecordedKeyRing, store: Store, tmp_path: Path) -> None:
    assert tell_uses_of(tmp_path / "elsewhere", store, NOW) == 0
    person = ring.relationship_id(NUMBER, "enterprise")
    for _ in range(2):
        ring.relationship_id(NUMBER, "enterprise")
        name = MessageName("41", "ApplicationAccepted", "1", 1, person)
        _, sealed = ring.seal_message(person, name, b"", b"fields")
        ring.key_by_id(sealed.key_id)
    for _ in range(3):  # what lacks its key is tried again every minute
        with pytest.raises(KeyMissing):
            ring.key_by_id(bytes(16))
    assert tell_uses_of(tmp_path, store, NOW) == 4
    assert tell_uses_of(tmp_path, store, NOW) == 0
    found = told(store)
    assert [row[1:3] for row in found] == [
        ("look_up", "given"),
        ("seal", "given"),
        ("open", "given"),
        ("open", "unknown"),
    ]
    assert [row[3] for row in found] == [[str(person)], [str(person)], [str(person)], []]


def test_what_cannot_be_recorded_is_not_given(ring: RecordedKeyRing, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME)) as database, database:
        database.execute("ALTER TABLE uses RENAME TO gone")
    with pytest.raises(KeyRingUnavailable):
        ring.relationship_id(NUMBER, "enterprise")


def test_a_secret_from_which_ids_are_derived_is_told_to_nobody(
    ring: RecordedKeyRing, store: Store, tmp_path: Path
) -> None:
    secret = ring.relationship_id("6222020200112233445", ENTRY_SECRET)
    tell_uses_of(tmp_path, store, NOW)
    [(_, _, _, [name], _)] = told(store)
    assert name != str(secret)


def test_an_old_copy_tells_under_another_name(ring: RecordedKeyRing, store: Store, tmp_path: Path) -> None:
    ring.relationship_id(NUMBER, "enterprise")
    with closing(Uses(tmp_path, durable=False)) as uses:
        tell_uses(uses, store, NOW)
    with closing(sqlite3.connect(tmp_path / NAME)) as used, closing(sqlite3.connect(tmp_path / "copy")) as copy:
        used.backup(copy)
    for number in ("1", "2"):
        ring.relationship_id(number, "enterprise")
    ring.close()
    tell_uses_of(tmp_path, store, NOW)
    for part in tmp_path.glob(f"{NAME}*"):
        part.unlink()
    shutil.copy(tmp_path / "copy", tmp_path / NAME)
    tell_uses_of(tmp_path, store, NOW)
    places = [place for place, *_ in told(store)]
    assert len(set(places)) == 2
    assert sum(row[-1] for row in told(store)) == 3 + 1


class Away(NationalLog):
    """A log whose database is not there; asked so many times."""

    asked = 0

    def store(self) -> Store:
        self.asked += 1
        return super().store()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "钥匙的使用稍后记入日志：{}：还没有"), ("en", "uses of keys are told to the log later: {}: no ")],
)
def test_a_key_service_says_once_and_in_words_that_the_log_is_away(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: Literal["zh", "en"],
    words: str,
) -> None:
    monkeypatch.setattr("jinbao.service.key_service.uses_told.EVERY_S", 0.01)
    watch, stop, file = Watch(Health(Translator(language)), "text"), Event(), tmp_path / "platform.sqlite"
    log = Away(f"sqlite:///{file}")
    with closing(Uses(tmp_path)) as uses, telling_elsewhere(uses, log, lambda: NOW, stop, watch):
        while log.asked < 3:
            time.sleep(0.01)
        stop.set()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(words.format(file))
