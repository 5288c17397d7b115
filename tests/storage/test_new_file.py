"""A key file is whole or not there, whatever stops the program."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jinbao.platform.outbox.log_key import open_log_key
from jinbao.regional_adapter.exchange.signing import open_key
from jinbao.storage.new_file import write_new, write_over


class Killed(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("at", ["fsync", "link"])
@pytest.mark.parametrize("write", [lambda path: open_key(path, "41"), lambda path: open_log_key(path.parent.parent)])
def test_killed_on_the_way_no_empty_key_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, write: object
) -> None:
    path = tmp_path / "audit" / "log.key"

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(os, at, killed)
        with pytest.raises(Killed):
            write(path)  # type: ignore[operator]
    assert not path.exists()
    assert str(write(path)) == str(write(path)), "made anew, and then the same"  # type: ignore[operator]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_key_that_an_earlier_version_left_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "41.signing-key"
    path.touch()
    assert str(open_key(path, "41")) == path.read_text().strip()


def test_of_two_the_first_is_kept_and_an_old_one_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_new(path, b"first")
    write_new(path, b"second")
    assert path.read_bytes() == b"first"
    write_over(path, b"third")
    assert path.read_bytes() == b"third"
    assert [one.name for one in path.parent.iterdir()] == ["file"]
