"""One record that cannot be worked: it is set aside, the others go on, and it comes back in its place."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jinbao.bus.packed_headers import pack_headers
from jinbao.keys.key_ring import KeyMissing, KeyRing
from jinbao.keys.sealing import seal
from jinbao.regional_adapter.exchange import local_side
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.schemas.codec import Undecodable, decode, encode
from jinbao.schemas.messages import (
    ContactLetterIssued,
    ContactLetterReceived,
    DeadlineMissed,
    Envelope,
    Sealed,
)

NOW_US = 1_700_000_000_000_000
GOOD = {"number": "11010519491231002X", "id_type": "resident_id", "name": "合成甲样本"}


class Letters:
    """Contact letters from Henan to Guangdong, each of a person of its own, sealed with whatever fields."""

    def __init__(self, nation: Any, agency: Any) -> None:
        self._nation = nation
        self._agency = agency

    def letter(self, person: int, fields: dict[str, Any] | None = None) -> ContactLetterIssued:
        relationship, event = UUID(int=1_000 + person), UUID(int=person).bytes
        sealed = seal(self._nation.ring.key_for(relationship), event, GOOD if fields is None else fields)
        return ContactLetterIssued(
            envelope=Envelope(
                event_id=event,
                relationship_id=relationship.bytes,
                transfer_id=UUID(int=2_000 + person).bytes,
                sender="41",
                operator="clerk",
                local_document=f"A-{person}-L1",
                occurred_at=NOW_US,
            ),
            letter_version=1,
            letter_number=f"A-{person}-L1",
            agency=self._agency,
            personal=Sealed(key_id=sealed.key_id, ciphertext=sealed.ciphertext),
        )

    def warning(self, person: int) -> DeadlineMissed:
        """A later message of the same case."""
        envelope = msgspec.structs.replace(
            self.letter(person).envelope, event_id=UUID(int=9_000 + person).bytes, sender="00"
        )
        return DeadlineMissed(envelope=envelope, clock="origin", clock_run=1, due=date(2025, 10, 17))

    def send(self, *messages: Any) -> None:
        for message in messages:
            self._nation.forward(message, encode(message), "44")


@pytest.fixture
def letters(nation: Any, agency: Any) -> Letters:
    return Letters(nation, agency)


def _aside(province: Any) -> list[tuple[str, str]]:
    return [(kept.what.code, kept.what.source) for kept in province.store.set_aside.all()]


def _came(province: Any) -> list[tuple[str, int]]:
    """Kind and person of each document that came in, in order."""
    return [(d.kind, d.relationship_id.int - 1_000) for d in province.local.incoming()]


def _receipts(nation: Any) -> list[int]:
    return [
        UUID(bytes=m.envelope.relationship_id).int - 1_000
        for m in nation.submissions()
        if isinstance(m, ContactLetterReceived)
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"number": GOOD["number"], "id_type": "resident_id"},
        {**GOOD, "name": None},
        {**GOOD, "number": None},
        {**GOOD, "id_type": None},
        {**GOOD, "id_type": "library_card"},
        {**GOOD, "name": "\x1b[2J"},
        {**GOOD, "birth": "0001-01-01"},
    ],
)
def test_a_letter_whose_sealed_fields_are_wrong_is_set_aside_and_not_receipted(
    nation: Any, letters: Letters, fields: dict[str, Any]
) -> None:
    guangdong = nation.province("44")
    letters.send(letters.letter(1, fields), letters.letter(2))

    guangdong.run()

    assert _aside(guangdong) == [("INVALID_FIELD", "message")]
    assert _came(guangdong) == [("ContactLetterIssued", 2)]
    assert _receipts(nation) == [2]


def test_a_senders_fault_does_not_keep_its_remedy_away(nation: Any, letters: Letters) -> None:
    guangdong = nation.province("44")
    letters.send(letters.letter(1, {}), letters.warning(1))
    guangdong.run()
    assert _came(guangdong) == [("DeadlineMissed", 1)]


def test_what_a_newer_schema_says_comes_back_after_the_upgrade_and_in_its_order(
    nation: Any, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    guangdong = nation.province("44")
    newer = encode(letters.letter(1))

    def older_program(data: bytes) -> Any:
        if data == newer:
            raise Undecodable("UNKNOWN_SCHEMA", "没有此指纹的模式", "no schema has this fingerprint")
        return decode(data)

    with monkeypatch.context() as before:
        before.setattr(local_side, "decode", older_program)
        letters.send(letters.letter(1), letters.warning(1), letters.letter(2))
        guangdong.run()
        assert _came(guangdong) == [("ContactLetterIssued", 2)]
        guangdong.restart()
        guangdong.run()
        letters.send(replace_id(letters.warning(1), 77))
        guangdong.run()
        assert [code for code, _ in _aside(guangdong)] == ["UNKNOWN_SCHEMA", "WAITS_FOR_EARLIER", "WAITS_FOR_EARLIER"]

    guangdong.restart()
    guangdong.run()
    assert len(_aside(guangdong)) == 3, "the same program does not try it again by itself"
    monkeypatch.setattr(local_side, "program_version", lambda: 2)
    guangdong.restart()
    guangdong.run()

    assert _came(guangdong)[1:] == [("ContactLetterIssued", 1), ("DeadlineMissed", 1), ("DeadlineMissed", 1)]
    assert guangdong.local.incoming()[-1].event_id == UUID(int=77)
    assert _aside(guangdong) == []
    assert _receipts(nation) == [2, 1]


def replace_id(message: Any, number: int) -> Any:
    envelope = msgspec.structs.replace(message.envelope, event_id=UUID(int=number).bytes)
    return msgspec.structs.replace(message, envelope=envelope)


class RingWithout:
    """A ring that lacks one key for a while, as a copy does that was made before it."""

    def __init__(self, ring: KeyRing, key_id: bytes) -> None:
        self._ring = ring
        self.missing: bytes | None = key_id

    def key_by_id(self, key_id: bytes) -> Any:
        if key_id == self.missing:
            raise KeyMissing(key_id, "unknown")
        return self._ring.key_by_id(key_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ring, name)


def test_a_message_whose_key_is_missing_comes_back_when_the_key_does(nation: Any, letters: Letters) -> None:
    guangdong = nation.province("44")
    letter = letters.letter(1)
    ring = RingWithout(nation.ring, letter.personal.key_id)
    guangdong.adapter._ring = ring
    letters.send(letter, letters.warning(1), letters.letter(2))
    guangdong.run()
    assert [code for code, _ in _aside(guangdong)] == ["KEY_MISSING", "WAITS_FOR_EARLIER"]

    guangdong.adapter.step(local_side.LOOK_EVERY_US)
    assert len(_aside(guangdong)) == 2
    ring.missing = None
    guangdong.adapter.step(2 * local_side.LOOK_EVERY_US - 1)
    assert len(_aside(guangdong)) == 2, "it is not looked for at every step"
    guangdong.adapter.step(2 * local_side.LOOK_EVERY_US)

    assert _aside(guangdong) == []
    assert _came(guangdong)[1:] == [("ContactLetterIssued", 1), ("DeadlineMissed", 1)]


@pytest.fixture
def refusing(nation: Any) -> Callable[[str], None]:
    """A local system of Guangdong that cannot take one document; called with "" it takes all again."""

    def refuse(document: str) -> None:
        db = sqlite3.connect(nation.province("44").local.path)
        db.execute("DROP TRIGGER IF EXISTS refuse")
        if document:
            db.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON documents_in"
                f" WHEN NEW.local_document = '{document}' AND NEW.kind = 'ContactLetterIssued'"
                " BEGIN SELECT RAISE(ABORT, '合成甲样本 is no good'); END"
            )
        db.commit()
        db.close()

    return refuse


def test_what_the_local_system_cannot_take_waits_with_its_case_and_the_others_go_on(
    nation: Any, letters: Letters, refusing: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    guangdong = nation.province("44")
    refusing("A-2-L1")
    letters.send(letters.letter(1), letters.letter(2), letters.warning(2), letters.letter(3))
    with caplog.at_level(logging.ERROR):
        guangdong.run()

    assert _came(guangdong) == [("ContactLetterIssued", 1), ("ContactLetterIssued", 3)]
    assert _receipts(nation) == [1, 3]
    failed, waiting = guangdong.store.set_aside.all()
    assert (failed.what.code, waiting.what.code) == ("INTERNAL_ERROR", "WAITS_FOR_EARLIER")
    assert failed.what.incident in caplog.text
    assert "IntegrityError at" in caplog.text
    assert "deliver" in caplog.text
    assert "合成" not in caplog.text + failed.what.reason

    assert guangdong.adapter.retry(NOW_US) == 0
    assert [kept.tries for kept in guangdong.store.set_aside.all()] == [2, 1]
    refusing("")
    assert guangdong.adapter.retry(NOW_US) == 2
    guangdong.run()
    assert _came(guangdong)[2:] == [("ContactLetterIssued", 2), ("DeadlineMissed", 2)]
    assert _receipts(nation) == [1, 3, 2]


def test_one_message_may_be_tried_alone_and_its_followers_come_with_it(
    nation: Any, letters: Letters, refusing: Callable[[str], None]
) -> None:
    guangdong = nation.province("44")
    refusing("A-2-L1")
    letters.send(letters.letter(2), letters.warning(2), letters.letter(4, {}))
    guangdong.run()
    refusing("")
    first, _waits, other = guangdong.store.set_aside.all()

    assert guangdong.adapter.retry(NOW_US, lambda kept: kept.id == other.id) == 0
    assert len(guangdong.store.set_aside.all()) == 3
    assert guangdong.adapter.retry(NOW_US, lambda kept: kept.id == first.id) == 2
    assert [kept.id for kept in guangdong.store.set_aside.all()] == [other.id]


def test_a_crash_between_two_of_a_case_leaves_the_later_one_to_come(
    nation: Any, letters: Letters, refusing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    guangdong = nation.province("44")
    refusing("A-2-L1")
    letters.send(letters.letter(2), letters.warning(2))
    guangdong.run()
    refusing("")
    settle, settled = guangdong.store.set_aside.settle, []

    def die_at_the_second(ids: list[int]) -> None:
        if settled:
            raise KeyboardInterrupt
        settled.extend(ids)
        settle(ids)

    with monkeypatch.context() as dying:
        dying.setattr(guangdong.store.set_aside, "settle", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            guangdong.adapter.retry(NOW_US)
    guangdong.restart()
    guangdong.run()

    assert _aside(guangdong) == []
    assert _came(guangdong) == [("ContactLetterIssued", 2), ("DeadlineMissed", 2)]


def test_a_full_disk_is_no_messages_fault(nation: Any, letters: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    guangdong = nation.province("44")
    letters.send(letters.letter(1))
    full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as patched:
        patched.setattr(guangdong.local, "deliver", lambda *_: (_ for _ in ()).throw(full))
        with pytest.raises(sqlite3.OperationalError):
            guangdong.run()
    assert _aside(guangdong) == []
    guangdong.run()
    assert _came(guangdong) == [("ContactLetterIssued", 1)]


def test_a_document_on_which_the_program_fails_waits_with_its_case_and_the_others_are_sent(
    nation: Any, apply: Any, application: Any, person: Any
) -> None:
    henan = nation.province("41")
    case = apply(henan)
    beyond = {"annulled_document": {"sequence": 10**30}}
    henan.local.write_document("FactAnnulled", "N-1", case, beyond, "clerk", 3_000)
    henan.local.write_document("TransferWithdrawn", "W-1", case, {"reason_text": "本人要求"}, "clerk", 4_000)
    other = msgspec.structs.replace(application, number="A-0002")
    henan.local.register_application(other)
    henan.local.write_document("TransferWithdrawn", "W-2", "A-0002", {"reason_text": "本人要求"}, "clerk", 5_000)

    henan.run()

    assert [m.envelope.local_document for m in nation.submissions() if "W" in m.envelope.local_document] == ["W-2"]
    assert _aside(henan) == [("INTERNAL_ERROR", "document"), ("WAITS_FOR_EARLIER", "document")]
    assert henan.local.incoming() == [], "nobody was told that it is rejected"
    henan.restart()
    henan.run()
    assert len(_aside(henan)) == 2


def test_a_store_of_before_keeps_what_it_could_not_read(tmp_path: Path) -> None:
    file = tmp_path / "44.sqlite"
    db = sqlite3.connect(file)
    db.executescript(
        "CREATE TABLE progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE unreadable (topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,"
        " key BLOB NOT NULL, value BLOB NOT NULL, headers BLOB NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,"
        " noted_at INTEGER NOT NULL, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;"
        "INSERT INTO progress VALUES ('documents', 7);"
    )
    headers = msgspec.msgpack.encode((5, (("ce_type", b"jinbao.ContactLetterIssued.v1"),)))
    no_key = "sealed fields cannot be opened: the key is not in this key ring"
    rows = [(2, b"two", headers, "CANNOT_OPEN", no_key, 11), (1, b"one", headers, "UNDECODABLE", "", 9)]
    db.executemany("INSERT INTO unreadable VALUES ('t', 0, ?, x'6b', ?, ?, ?, ?, ?)", rows)
    db.commit()
    db.close()

    for _ in range(2):
        store = AdapterStore(file)
        one, two = store.set_aside.all()
        store.close()
        assert one.what.record is not None
        assert two.what.record is not None
        assert (one.what.record.value, one.noted_at, one.what.kind) == (b"one", 9, "ContactLetterIssued")
        assert (two.what.record.value, two.what.code, two.what.record.appended_at) == (b"two", "KEY_MISSING", 5)
        assert two.what.record.packed_headers == pack_headers((("ce_type", b"jinbao.ContactLetterIssued.v1"),))


def test_what_is_known_to_be_empty_is_looked_at_again_after_a_failure_and_after_each_record(tmp_path: Path) -> None:
    store = AdapterStore(tmp_path / "41.sqlite", durable=False)
    held = SetAside("document", "7", "INTERNAL_ERROR", cases=("A-7",))
    assert store.set_aside.count() == 0
    store.set_aside.keep([held], NOW_US)
    assert store.set_aside.held("document").cases == {"A-7"}

    def settle_and_fail() -> None:
        with store.transaction():
            store.set_aside.settle([kept.id for kept in store.set_aside.all()])
            assert store.set_aside.count() == 0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        settle_and_fail()
    assert store.set_aside.count() == 1
    assert store.set_aside.held("document").cases == {"A-7"}
    store.close()
