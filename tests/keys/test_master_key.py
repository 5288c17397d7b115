"""The master key comes from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from jinbao.keys.key_ring import KeyRingError
from jinbao.keys.master_key import load_master_key


def test_the_file_is_made_on_first_use_and_read_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "master.key"
    key = load_master_key(file, {})
    assert len(key) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_master_key(file, {}) == key
    assert [p.name for p in file.parent.iterdir()] == ["master.key"]


def test_two_files_hold_different_keys(tmp_path: Path) -> None:
    assert load_master_key(tmp_path / "a", {}) != load_master_key(tmp_path / "b", {})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "master.key"
    load_master_key(file, {})
    file.chmod(mode)
    with pytest.raises(KeyRingError, match="chmod 600"):
        load_master_key(file, {})


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    given = load_master_key(file, {"JINBAO_MASTER_KEY": base64.b64encode(b"k" * 32).decode() + "\n"})
    assert not file.exists()
    assert given != load_master_key(file, {})


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_bad_master_key_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyRingError, match="openssl rand") as error:
        load_master_key(tmp_path / "master.key", {"JINBAO_MASTER_KEY": text})
    assert not text or text not in str(error.value)
