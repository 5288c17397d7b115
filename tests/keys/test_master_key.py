"""The master key comes from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from jinbao.keys.key_ring import KeyRingError
from jinbao.keys.master_key import draft_of, wrapping_keys


def test_the_file_is_made_on_first_use_and_read_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "master.key"
    (key,) = wrapping_keys(file, {}, make=True)
    assert len(key) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert wrapping_keys(file, {}) == (key,)
    assert [p.name for p in file.parent.iterdir()] == ["master.key"]


def test_two_files_hold_different_keys(tmp_path: Path) -> None:
    assert wrapping_keys(tmp_path / "a", {}, make=True) != wrapping_keys(tmp_path / "b", {}, make=True)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "master.key"
    wrapping_keys(file, {}, make=True)
    file.chmod(mode)
    with pytest.raises(KeyRingError, match="chmod 600"):
        wrapping_keys(file, {}, make=True)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    given = wrapping_keys(file, {"JINBAO_MASTER_KEY": base64.b64encode(b"k" * 32).decode() + "\n"})
    assert not file.exists()
    assert given != wrapping_keys(file, {}, make=True)


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_bad_master_key_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyRingError, match="openssl rand") as error:
        wrapping_keys(tmp_path / "master.key", {"JINBAO_MASTER_KEY": text})
    assert not text or text not in str(error.value)


def test_a_missing_master_key_is_not_made_anew_for_a_ring_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match=r"master\.key back, or set JINBAO_MASTER_KEY"):
        wrapping_keys(tmp_path / "master.key", {})
    assert list(tmp_path.iterdir()) == []


def test_the_draft_of_a_change_is_tried_too(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    (old,) = wrapping_keys(file, {}, make=True)
    (new,) = wrapping_keys(draft_of(file), {}, make=True)
    assert wrapping_keys(file, {}) == (old, new)
    draft_of(file).replace(file)
    assert wrapping_keys(file, {}) == (new,)
