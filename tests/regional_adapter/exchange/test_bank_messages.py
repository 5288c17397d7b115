"""Messages about bank accounts: the same record is the same bytes, and nothing that names somebody is in clear."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.sealing import open_sealed
from jinbao.regional_adapter.exchange.bank_messages import account_id, bank_message, seal_wanted
from jinbao.regional_adapter.local.bank_book import BankRecord
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.statements.statement_file import read_statements
from jinbao.regional_adapter.statements.statement_import import take_in
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.messages.bank import BankAccountOpened, BankMessage, StatementBooked

NUMBER = "4100000000000000017"
CAMT = Path(__file__).parents[3] / "examples" / "banks" / "camt053" / "202504.xml"


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[BankRecord]:
    """The account's opening and its statement of April."""
    file = tmp_path_factory.mktemp("bank") / "41.sqlite"
    with closing(EmbeddedLocalSystem(file, "41", durable=False)) as local:
        local.bank.add_account(NUMBER, "in", "clerk", 1)
        take_in(local.bank, NUMBER, read_statements(CAMT, None, NUMBER), "clerk", 2)
        return local.bank.outgoing(10)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKeyRing]:
    with closing(EmbeddedKeyRing(tmp_path_factory.mktemp("ring") / "keys.sqlite", bytes(64), seed=7)) as ring:
        yield ring


def message_of(record: BankRecord, ring: EmbeddedKeyRing) -> BankMessage:
    return bank_message(record, seal_wanted(record, "41", ring), ring)


def test_a_record_is_the_same_bytes_again_and_holds_nothing_in_clear(
    records: list[BankRecord], ring: EmbeddedKeyRing
) -> None:
    for record in records:
        message = message_of(record, ring)
        data = encode(message)
        assert (decode(data), encode(message_of(record, ring))) == (message, data)
        for named in (NUMBER, "4400000000000000018", "合成社保基金44", "SYNTHETIC-41-202504", "养老保险关系转移"):
            assert named.encode() not in data


def test_what_the_bank_says_in_words_opens_with_the_accounts_key(
    records: list[BankRecord], ring: EmbeddedKeyRing
) -> None:
    account = account_id(NUMBER, ring)
    opened, booked = (message_of(record, ring) for record in records)
    assert isinstance(opened, BankAccountOpened)
    assert isinstance(booked, StatementBooked)
    told = {}
    for message in (opened, booked):
        key, words = message.sealed.key_id, message.sealed.ciphertext
        told |= open_sealed(ring, account, message.envelope.event_id, key, words)
    assert told["number"] == NUMBER
    said = msgspec.json.decode(str(told["entries"]))
    assert len(said) == len(booked.entries) == 7
    assert said[0][0][:3] == ["合成社保基金44", "4400000000000000018", "养老保险关系转移"]


def test_references_are_found_and_the_other_side_has_the_id_that_its_account_has(
    records: list[BankRecord], ring: EmbeddedKeyRing
) -> None:
    booked = message_of(records[1], ring)
    assert isinstance(booked, StatementBooked)
    (first,) = booked.entries[0].payments
    assert first.payment_references == ["RF18539007547034"]
    assert first.counterpart == account_id("4400000000000000018", ring).bytes
