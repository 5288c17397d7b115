"""Nothing personal in plain text lies in the platform's database or on its bus, in whatever encoding."""

from __future__ import annotations

import os
from uuid import UUID

import pytest

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.sealing import open_sealed, seal
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode

NUMBER, NAME = "11010519491231002X", "张示例"


@pytest.fixture
def sealed_for(tmp_path, transfer):
    (tmp_path / "keys").mkdir()
    ring = EmbeddedKeyRing(tmp_path / "keys" / "ring.db", os.urandom(32))
    fields = {"number": NUMBER, "name": NAME, "bank_account": "6222020000000000017"}

    def sealed(event_id):
        done = seal(ring.key_for(UUID(bytes=transfer.relationship_id)), event_id, fields)
        return m.Sealed(key_id=done.key_id, ciphertext=done.ciphertext)

    sealed.ring, sealed.fields = ring, fields
    return sealed


def test_a_planted_number_and_name_are_found_nowhere(platform, transfer, sealed_for, at):
    said = []
    for message in transfer.until_mismatch(3_308_925, "top_up"):
        if hasattr(message, "personal"):
            maker = {"ApplicationAccepted": transfer.apply, "ContactLetterIssued": transfer.letter}
            make = maker.get(message.NAME, transfer.sheet)
            event_id = message.envelope.event_id
            said.append(make(event_id=event_id, personal=sealed_for(event_id)))
        else:
            said.append(message)
    platform.take(transfer.close(sender="11"), *said)
    platform.sweep(at("2025-06-03"))
    files = [file for file in platform.folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) > 50_000
    for file in files:
        content = file.read_bytes()
        for value in sealed_for.fields.values():
            for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                assert value.encode(encoding) not in content, f"{file.name}: {encoding}"


def test_the_sealed_bytes_that_are_kept_open_for_who_has_the_key(platform, transfer, sealed_for):
    event_id = b"e" * 16
    platform.take(transfer.apply(event_id=event_id, personal=sealed_for(event_id)))
    [(data,)] = platform.rows("SELECT bytes FROM events")
    personal = decode(data).personal
    relationship_id = UUID(bytes=transfer.relationship_id)
    opened = open_sealed(sealed_for.ring, relationship_id, event_id, personal.key_id, personal.ciphertext)
    assert opened == sealed_for.fields
