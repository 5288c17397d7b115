"""`jinbao keys`: checks, changes the master key, copies and puts back; an adapter that is told too late says so."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import Result

from jinbao.keys.open_key_ring import open_key_ring

SECOND = base64.b64encode(bytes([2]) * 32).decode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("JINBAO_MASTER_KEY", raising=False)
    ring = open_key_ring(tmp_path / "data")
    ring.key_for(uuid4())
    ring.close()
    return tmp_path / "data"


def test_a_ring_is_changed_copied_lost_and_put_back(folder: Path, tmp_path: Path, answer: Callable[..., Any]) -> None:
    before = (folder / "master.key").read_text()
    assert answer("keys", "rotate", "--data", folder) == {
        "master_key": 2,
        "rewrapped": 1,
        "source": str(folder / "master.key"),
    }
    assert (folder / "master.key").read_text() != before
    copy = tmp_path / "copy"
    counts = {"master_key": 2, "keys": 1, "deleted": 0}
    assert answer("keys", "backup", copy, "--data", folder) == {"file": str(copy), **counts}
    (folder / "keys.sqlite").unlink()
    ring = {"file": str(folder / "keys.sqlite"), **counts}
    assert answer("keys", "restore", copy, "--data", folder) == ring
    assert answer("keys", "check", "--data", folder) == ring


def test_neither_master_key_is_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, jinbao: Callable[..., Result]
) -> None:
    before = (folder / "master.key").read_text().strip()
    monkeypatch.setenv("JINBAO_NEW_MASTER_KEY", SECOND)
    result = jinbao("keys", "rotate", "--data", folder)
    assert (result.exit_code, "JINBAO_MASTER_KEY" in result.stdout) == (0, True)
    assert not {before, SECOND} & set((result.stdout + result.stderr).split())
    assert "JINBAO_NEW_MASTER_KEY" not in jinbao("config", "show").stdout


def test_a_wrong_master_key_and_a_missing_ring_are_wrong_input(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jinbao: Callable[..., Result]
) -> None:
    assert jinbao("keys", "check", "--data", tmp_path).exit_code == 2
    monkeypatch.setenv("JINBAO_MASTER_KEY", SECOND)
    result = jinbao("keys", "check", "--data", folder)
    assert (result.exit_code, "用此主密钥打不开" in result.stderr) == (2, True)
    assert result.stderr.startswith("jinbao: ")
