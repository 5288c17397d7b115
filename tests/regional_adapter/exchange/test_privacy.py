"""A planted number and name are found nowhere under the data folder but in the provinces' local systems."""

from __future__ import annotations

import contextlib
import logging
import zlib
from pathlib import Path
from typing import Any

import pytest

from jinbao.schemas.codec import encode
from jinbao.schemas.messages import ContactLetterIssued

NUMBER = "11010519491231002X"
NAME = "合成甲样本"
PLANTED = [text.encode(encoding) for text in (NUMBER, NAME) for encoding in ("utf-8", "gb18030", "utf-16-le")]


def _contents(file: Path) -> bytes:
    """The file's bytes, and what any deflate stream in it unpacks to."""
    data = file.read_bytes()
    found = data
    at = data.find(b"\x78")
    while at != -1:
        with contextlib.suppress(zlib.error):
            found += zlib.decompressobj().decompress(data[at:])
        at = data.find(b"\x78", at + 1)
    return found


def _found(folder: Path) -> set[str]:
    files = [f for f in folder.rglob("*") if f.is_file()]
    return {
        str(f.relative_to(folder))
        for f in files
        if any(planted in content for content in (_contents(f),) for planted in PLANTED)
    }


def test_personal_data_stays_in_the_local_systems(
    nation: Any, apply: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    henan, guangdong = nation.province("41"), nation.province("44")
    case = apply(henan)
    bad = {"scheme": "110", "origin": "xx", "personal": {"number": NUMBER, "name": NAME}}
    henan.local.write_document("ApplicationAccepted", "bad", case, bad, "clerk", 1_000)
    henan.run()
    letter = next(m for m in nation.submissions() if isinstance(m, ContactLetterIssued))
    nation.forward(letter, encode(letter), "44")
    nation.forward(letter, encode(letter)[:-1], "44")
    guangdong.run()
    assert guangdong.local.incoming()[0].fields["personal"]["number"] == NUMBER

    assert (tmp_path / "local").stat().st_mode & 0o077 == 0, "others on the machine cannot look in"
    found = _found(tmp_path)

    assert found, "the local systems do hold them, or the search is blind"
    assert all(name.startswith("local/") for name in found), found
    output = caplog.text + "".join(capfd.readouterr())
    assert NUMBER not in output
    assert NAME not in output
