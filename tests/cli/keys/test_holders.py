"""`jinbao keys escrow | recover | delete` on a nation: history verifies, a person's fields are gone, all logged."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jinbao.platform.store.store import Store
from jinbao.service.key_service.uses_told import tell_uses_of


@pytest.fixture
def copied(nation_folder: Path, tmp_path: Path) -> Path:
    """The nation without its provinces, to be written to."""
    return Path(shutil.copytree(nation_folder, tmp_path / "copy", ignore=shutil.ignore_patterns("local", "adapters")))


def test_the_master_key_comes_back_from_two_holders_and_each_step_is_an_entry(answer, jinbao, copied, tmp_path):
    made = answer("keys", "escrow", "--out", tmp_path / "shares", "--data", copied)
    assert [Path(file).stat().st_mode & 0o777 for file in made["shares"]] == [0o600] * 3
    (copied / "master.key").unlink()
    told = jinbao("keys", "recover", made["shares"][0], "--data", copied)
    assert (told.exit_code, "Traceback" in told.output) == (2, False)
    assert answer("keys", "recover", *made["shares"][1:], "--data", copied)["master_key"] == 1
    assert answer("keys", "check", "--data", copied)["keys"] > 0
    with closing(Store(f"sqlite:///{copied / 'platform.sqlite'}")) as store:
        tell_uses_of(copied, store, 0)
    found = answer("audit", "accesses", "--limit", 3, "--data", copied)["accesses"]
    assert [one["action"] for one in found] == ["recover", "recover", "escrow"]
    assert {one["role"] for one in found} == {"operator"}


def test_a_persons_key_is_deleted_history_verifies_and_the_fields_are_gone(answer, copied, tmp_path):
    words = ("--format", "csv", "--unmask", "to compare", "--data", copied)
    answer("audit", "export", tmp_path / "before", *words)
    before = (tmp_path / "before" / "persons" / "fields.csv").read_text("utf-8-sig").splitlines()[1:]
    person = before[0].split(",")[0]
    asked = ("keys", "delete", person, "--reason", "by court order", "--data", copied)
    assert answer(*asked)["deleted"] is True
    assert answer(*asked, code=1)["deleted"] is False
    answer("audit", "export", tmp_path / "after", *words)
    after = (tmp_path / "after" / "persons" / "fields.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [line for line in after if not line.startswith(person)] == [x for x in before if not x.startswith(person)]
    assert {line.split(",")[-1] for line in after if line.startswith(person)} == {"key_deleted"}
    assert answer("audit", "verify", "--data", copied)["ok"]
    use, *_ = answer("keys", "uses", "--limit", 1, "--data", copied)["uses"]
    assert (use["action"], use["relationship"], use["why"].split(": ")[1]) == ("delete", person, "by court order")


HASHES = ("sha256", "sha1", "md5")
PEOPLE = 20


def test_no_unkeyed_hash_of_a_number_is_anywhere(nation_folder):
    """Whoever has one can try all numbers: of neither form, in no database, file or message of the bus."""
    patterns = {form for number in _numbers(nation_folder) for form in _forms(number)}
    assert len(patterns) > PEOPLE * len(HASHES)
    files = [file for file in nation_folder.rglob("*") if file.is_file()]
    assert {"platform.sqlite", "bus.sqlite", "keys.sqlite", "41.sqlite"} <= {file.name for file in files}
    content = b"\n".join(file.read_bytes() for file in files)
    assert [pattern for pattern in patterns if pattern in content] == []


def _numbers(folder: Path) -> list[str]:
    """Numbers of persons of the nation, as their province knows them."""
    found: list[str] = []
    for file in sorted((folder / "local").glob("*.sqlite")):
        with closing(sqlite3.connect(file)) as database:
            found += [number for (number,) in database.execute("SELECT number FROM persons ORDER BY number LIMIT 3")]
    assert len(found) >= PEOPLE
    return found[:PEOPLE]


def _forms(number: str) -> Iterator[bytes]:
    """How a hash of it may stand, cut to sixteen bytes as ids are: as bytes, hexadecimal, base64."""
    for name in HASHES:
        digest = hashlib.new(name, number.encode()).digest()[:16]
        yield from (digest, digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest)[:20])
