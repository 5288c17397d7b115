"""Looking at the bus, and at what could not be read: nothing personal is shown, and replays work."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.national_platform import topics
from jinbao.rules.unprintable import has_unprintable
from jinbao.schemas import codec, messages as m
from jinbao.schemas.codec import MARKER, encode, headers_for
from jinbao.schemas.headers import bus_key

TRANSFER = bytes(range(16))
PERSON = b"p" * 16
KEY = bus_key(PERSON)
SEALED = m.Sealed(key_id=b"k" * 16, ciphertext=b"SEALED-NAME-AND-NUMBER-OF-A-PERSON")


def letter(number: int) -> m.ContactLetterIssued:
    envelope = m.Envelope(
        event_id=b"event" + b"%011d" % number,
        relationship_id=PERSON,
        transfer_id=TRANSFER,
        sender="41",
        operator="clerk-1",
        local_document=f"HA-{number}",
        occurred_at=1_740_000_000_000_000 + number,
    )
    agency = m.Agency(
        name="示例社保中心",
        telephone="010-00000000",
        address="示例路1号",
        postcode="450000",
        bank_name="示例银行",
        account_title="示例收入户",
        account_number="0000 0000 0001",
    )
    return m.ContactLetterIssued(
        envelope=envelope, letter_version=1, letter_number=f"L-{number}", agency=agency, personal=SEALED
    )


def put(folder: Path, *records: OutgoingRecord) -> None:
    folder.mkdir(exist_ok=True)
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus:
        bus.create_topics(topics())
        with closing(bus.producer()) as producer:
            producer.send(records)


def submission(message: Any, value: bytes | None = None) -> OutgoingRecord:
    data = encode(message)
    return OutgoingRecord(m.SUBMISSIONS_TOPIC, KEY, data if value is None else value, headers_for(message, data))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


Answer = Callable[..., Any]
Jinbao = Callable[..., Result]


def tailed(jinbao: Jinbao, *words: object) -> list[dict[str, Any]]:
    result = jinbao("bus", "tail", *words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tail_shows_the_last_messages_decoded_and_their_sealed_fields_sealed(folder: Path, jinbao: Jinbao) -> None:
    put(folder, *(submission(letter(n)) for n in range(30)))
    found = tailed(jinbao, m.SUBMISSIONS_TOPIC, "--data", folder)
    assert [shown["message"]["letter_number"] for shown in found] == [f"L-{n}" for n in range(20, 30)]
    assert found[0]["type"] == "ContactLetterIssued"
    assert found[0]["message"]["envelope"]["transfer_id"] == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert found[0]["message"]["personal"]["sealed_bytes"] == len(SEALED.ciphertext)
    lines = jinbao("bus", "tail", m.SUBMISSIONS_TOPIC, "--from-start", "--data", folder).stdout
    assert len(lines.splitlines()) == 30
    assert "联系函" in lines
    for shown in (lines, json.dumps(found)):
        assert "SEALED-NAME" not in shown
        assert SEALED.ciphertext.hex() not in shown
    assert tailed(jinbao, m.inbox_topic("44"), "--from-start", "--data", folder) == []


def test_what_a_sender_wrote_moves_no_terminal(folder: Path, jinbao: Jinbao) -> None:
    hostile = "\x9b2J\u202egnp"
    message = msgspec.structs.replace(letter(1), letter_number=hostile)
    envelope = msgspec.structs.replace(message.envelope, operator=hostile, local_document=hostile)
    put(folder, submission(msgspec.structs.replace(message, envelope=envelope)))
    assert tailed(jinbao, m.SUBMISSIONS_TOPIC, "--data", folder)[0]["message"]["letter_number"] == hostile
    for more in ((), ("--json",)):
        shown = jinbao("bus", "tail", m.SUBMISSIONS_TOPIC, "--data", folder, *more).stdout
        assert not any(has_unprintable(line) for line in shown.split("\n"))


def test_outcomes_are_shown_in_one_line_by_their_numbers(folder: Path, jinbao: Jinbao, answer: Answer) -> None:
    put(folder, *(submission(letter(n)) for n in (1, 1, 2)))
    answer("platform", "run", "--once", "--data", folder)
    [line] = jinbao("bus", "tail", m.inbox_topic("41"), "--data", folder).stdout.splitlines()
    assert "受理结果" in line
    assert line.endswith("等待先行报文 2, 重复 1")


def test_what_cannot_be_read_is_shown_by_its_code_not_by_its_bytes(
    folder: Path, jinbao: Jinbao, answer: Answer
) -> None:
    put(folder, submission(letter(1), b"a name in plain text"))
    answer("platform", "run", "--once", "--data", folder)
    [sent] = tailed(jinbao, m.SUBMISSIONS_TOPIC, "--data", folder)
    [dead] = tailed(jinbao, m.DEAD_LETTERS_TOPIC, "--data", folder)
    assert (sent["type"], sent["error"]["code"], sent["bytes"]) == (None, "DIGEST_MISMATCH", 20)
    assert dead["dead_letter"]["jinbao-dead-letter-code"] == "DIGEST_MISMATCH"
    line = jinbao("bus", "tail", m.DEAD_LETTERS_TOPIC, "--data", folder).stdout
    assert "DIGEST_MISMATCH  20 B  jinbao.submissions/" in line
    assert "plain text" not in line + json.dumps([sent, dead])


def test_following_goes_on_until_it_is_asked_to_stop(folder: Path) -> None:
    put(folder, submission(letter(1)))
    words = ["bus", "tail", m.SUBMISSIONS_TOPIC, "--from-start", "--follow", "--json", "--data", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "jinbao.cli.main", *words], stdout=subprocess.PIPE, text=True, cwd=folder
    )
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        put(folder, submission(letter(2)))
        second = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    assert [shown["message"]["letter_number"] for shown in (first, second)] == ["L-1", "L-2"]


def test_an_unknown_topic_is_named(folder: Path, jinbao: Jinbao) -> None:
    put(folder)
    result = jinbao("bus", "tail", "jinbao.nothing", "--data", folder)
    assert (result.exit_code, "jinbao.nothing" in result.stderr) == (2, True)
    assert "jinbao.submissions、jinbao.dead-letters 和 jinbao.inbox.PP" in result.stderr


def test_lag_counts_what_each_reader_has_not_read(folder: Path, answer: Answer, jinbao: Jinbao) -> None:
    put(folder, *(submission(letter(n)) for n in range(3)))
    before = answer("bus", "lag", "--data", folder)
    assert before["lag"] == 3
    assert len(before["groups"]) == 33
    assert [g["lag"] for g in before["groups"] if g["group"] == "ingest"] == [3]
    answer("platform", "run", "--once", "--data", folder)
    after = answer("bus", "lag", "--data", folder)
    assert [g["lag"] for g in after["groups"] if g["group"] == "ingest"] == [0]
    assert "adapter.44" in jinbao("bus", "lag", "--data", folder).stdout
    heard = {g["group"]: g["last_heard"] for g in after["groups"]}
    assert [group for group, at in heard.items() if at is not None] == ["adapter.41"], "the others have said nothing"
    assert all(g["last_heard"] is None for g in before["groups"])


@pytest.fixture
def dead_letter_of_a_newer_program(folder: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> OutgoingRecord:
    """A message in a schema that the platform does not know yet."""
    record = submission(letter(7))
    put(folder, record)
    known = codec._CODEC._readers
    fingerprint = record.value[len(MARKER) : codec.BODY]
    with monkeypatch.context() as older:
        older.setattr(codec._CODEC, "_readers", {f: reader for f, reader in known.items() if f != fingerprint})
        answer("platform", "run", "--once", "--data", folder)
        [row] = answer("dead-letters", "list", "--data", folder)["dead_letters"]
        assert (row["code"], row["readable"]) == ("UNKNOWN_SCHEMA", False)
    return record


def test_a_dead_letter_is_shown_with_its_headers_and_bytes_and_replayed_once_it_can_be_read(
    folder: Path, jinbao: Jinbao, answer: Answer, dead_letter_of_a_newer_program: OutgoingRecord
) -> None:
    record = dead_letter_of_a_newer_program
    [row] = answer("dead-letters", "list", "--code", "UNKNOWN_SCHEMA", "--data", folder)["dead_letters"]
    assert (row["readable"], row["bytes"]) == (True, len(record.value))
    shown = answer("dead-letters", "show", row["number"], "--data", folder)
    assert bytes.fromhex(shown["hex"]) == record.value
    assert shown["key"] == KEY.decode()
    assert shown["headers"] == [[name, value.decode()] for name, value in record.headers]
    text = jinbao("dead-letters", "show", row["number"], "--data", folder).stdout
    assert "UNKNOWN_SCHEMA" in text
    assert record.value[:8].hex(" ") in text
    assert answer("dead-letters", "replay", row["number"], "--data", folder) == {"sent": [row["number"]]}
    ingest = answer("platform", "run", "--once", "--data", folder)["ingest"]
    assert (ingest["received"], ingest["dead_letter"], ingest["parked"]) == (2, 1, 1)
    assert answer("dead-letters", "replay", "--all", "--data", folder) == {"sent": [row["number"]]}
    assert answer("platform", "run", "--once", "--data", folder)["ingest"]["duplicate"] == 1


def test_a_dead_letter_whose_record_the_bus_lost_is_replayed_from_its_bytes(
    folder: Path, jinbao: Jinbao, answer: Answer, dead_letter_of_a_newer_program: OutgoingRecord
) -> None:
    [row] = answer("dead-letters", "list", "--data", folder)["dead_letters"]
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus:
        bus.trim({(m.SUBMISSIONS_TOPIC, row["partition"]): row["offset"] + 1})
    assert answer("dead-letters", "show", row["number"], "--data", folder)["headers"] is None
    assert answer("dead-letters", "replay", row["number"], "--data", folder) == {"sent": [row["number"]]}
    assert answer("platform", "run", "--once", "--data", folder)["ingest"]["parked"] == 1


def test_what_says_nothing_is_left_alone_or_refused(folder: Path, jinbao: Jinbao, answer: Answer) -> None:
    put(folder, OutgoingRecord(m.SUBMISSIONS_TOPIC, b"", b"\x1b[2Jgarbage", (("note", b"\x1b[2J\xff"),)))
    answer("platform", "run", "--once", "--data", folder)
    [row] = answer("dead-letters", "list", "--data", folder)["dead_letters"]
    assert "\x1b" not in jinbao("dead-letters", "show", row["number"], "--data", folder).stdout
    assert answer("dead-letters", "replay", "--all", "--data", folder) == {"sent": []}
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus:
        bus.trim({(m.SUBMISSIONS_TOPIC, row["partition"]): 1})
    assert jinbao("dead-letters", "replay", row["number"], "--data", folder).exit_code == 2
    assert jinbao("dead-letters", "show", 99, "--data", folder).exit_code == 1
    assert jinbao("dead-letters", "replay", "--data", folder).exit_code == 2


def test_an_internal_error_is_told_listed_by_its_incident_and_replayed_once_it_is_mended(
    folder: Path, jinbao: Jinbao, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = PensionRelationship.decide

    def faulty(self: PensionRelationship, message: Any, *given: Any) -> Any:
        if message.envelope.local_document == "HA-2":
            raise ZeroDivisionError("of a person, " + SEALED.ciphertext.decode())
        return decide(self, message, *given)

    put(folder, *(submission(letter(number)) for number in range(1, 5)))
    monkeypatch.setattr(PensionRelationship, "decide", faulty)
    run = jinbao("--lang", "en", "platform", "run", "--once", "--data", folder)
    assert run.exit_code == 0
    told = " ".join(run.stderr.split())
    assert "met an internal error, ZeroDivisionError; it is a dead letter now" in told
    assert "PensionRelationship" in told or "faulty" in told
    assert SEALED.ciphertext.decode() not in run.output
    [found] = answer("dead-letters", "list", "--data", folder)["dead_letters"]
    assert (found["code"], found["transfer"]) == ("INTERNAL_ERROR", str(UUID(bytes=TRANSFER)))
    assert found["field"].removeprefix("incident ") in told
    assert "INTERNAL_ERROR" in jinbao("dead-letters", "list", "--data", folder).output

    monkeypatch.setattr(PensionRelationship, "decide", decide)
    assert answer("dead-letters", "replay", "--all", "--data", folder)["sent"] == [found["number"]]
    counts = answer("platform", "run", "--once", "--data", folder)["ingest"]
    assert (counts["parked"], counts["dead_letter"]) == (4, 1)
