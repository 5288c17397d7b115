"""Agencies' keys of SM2 with SM3: taken as Ed25519's are, verified once more by `verify`, and refused where forged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.platform_under_test import Platform
from support.signed_provinces import SignedProvinces, approved
from support.told_transfer import Transfer

from jinbao.platform.ingest.signatures import INVALID, Signatures
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store.store import StoreRefused
from jinbao.regional_adapter.exchange.signing import open_key
from jinbao.transparency import sm2
from jinbao.transparency.check_proof import NotValid
from jinbao.transparency.sm2 import (
    AgencyKey,
    Sm2SigningKey,
    new_sm2_key,
    parse_agency_key,
    read_agency_key,
    verify_agency,
)
from tests.platform.audit.conftest import Recorded

if not sm2.is_there():
    assert "CI" not in os.environ, "gmssl-pyx is missing"
    pytest.skip("gmssl-pyx is not installed: pip install jinbao[sm]", allow_module_level=True)


@pytest.fixture
def key() -> Sm2SigningKey:
    return new_sm2_key("jinbao/41/sm")


@pytest.fixture
def provinces(tmp_path: Path, key: Sm2SigningKey) -> Iterator[SignedProvinces]:
    log_key = open_log_key(tmp_path)
    platform = Platform(tmp_path, log_key=log_key)
    found = SignedProvinces(platform, log_key, "41", "44")
    found.say(*approved("41", key.verifier))
    yield found
    platform.close()


def test_a_message_is_taken_and_verified_and_a_forged_one_is_not(provinces: SignedProvinces, key: AgencyKey) -> None:
    provinces.take("41", Transfer(1).apply(), Transfer(2).apply(), key=key)
    provinces.take("44", Transfer(9, destination="44", origin="41").apply())
    impostor = new_sm2_key("jinbao/41/sm")
    forged = provinces.signed("41", Transfer(3).apply(), key=impostor)
    headers = tuple(
        (name, value[:1] + key.verifier.key_id + value[5:] if name == "ce_signature" else value)
        for name, value in forged[0].headers
    )
    provinces.platform.send_raw(forged[0].value, key=forged[0].key, headers=headers)
    provinces.platform.run()
    outcomes = provinces.platform.outcomes()
    assert [outcome for outcome, _ in outcomes].count("ACCEPTED") == 3
    assert outcomes[-1] == ("REJECTED", INVALID)
    found = Recorded(provinces.platform.folder).verified()
    assert (found.bad, found.signatures > 3) == ([], True)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_any_changed_byte_of_a_signature_or_of_the_text_is_seen(key: Sm2SigningKey, at: int) -> None:
    for number in range(20):  # r and s begin with zeroes and high bits now and then
        text = f"text {number}".encode()
        signed = key.sign_bytes(text)
        assert len(signed) == 64
        assert verify_agency(key.verifier.public, signed, text)
        changed = bytearray(signed)
        changed[at] ^= 1
        assert not verify_agency(key.verifier.public, bytes(changed), text)
        assert not verify_agency(key.verifier.public, signed, text + b"x")
    assert not verify_agency(key.verifier.public, b"short", b"text")
    assert not verify_agency(sm2.PREFIX + bytes(64), signed, text)


def test_a_file_and_a_public_key_read_back_and_no_other(tmp_path: Path, key: Sm2SigningKey) -> None:
    file = tmp_path / "41.signing-key"
    made = open_key(file, "41", sm2=True)
    assert isinstance(made, Sm2SigningKey)
    assert str(read_agency_key(file)) == str(made) == file.read_text().strip()
    assert parse_agency_key(str(key.verifier)) == key.verifier
    wrong = str(key.verifier).replace(key.verifier.key_id.hex(), "00000000")
    for text in (wrong, f"{str(key.verifier)[:-8]}", "nonsense"):
        with pytest.raises(NotValid):
            parse_agency_key(text)
    file.write_text(file.read_text()[:-9])
    with pytest.raises(NotValid):
        read_agency_key(file)


def test_the_logs_own_key_is_no_sm2_key(provinces: SignedProvinces) -> None:
    with pytest.raises(NotValid):
        provinces.say(*approved("00", new_sm2_key("jinbao/00/sm").verifier))


def test_where_the_library_is_missing_nothing_is_refused_and_the_operator_is_told(
    provinces: SignedProvinces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinbao.platform.store.key_register.is_there", lambda: False)
    with provinces.platform.store.read() as work, pytest.raises(StoreRefused, match=r"install jinbao\[sm\]"):
        Signatures().follow(work.bulk)
    with pytest.raises(StoreRefused):
        Recorded(provinces.platform.folder).verified()


def test_the_command_makes_one(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "jinbao.cli.main", "audit", "keys", "make", "41", "--sm2", "--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert sm2.is_sm2(parse_agency_key(done.stdout.strip()).public), json.dumps(done.stderr)
