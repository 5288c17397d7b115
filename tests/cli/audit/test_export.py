"""`jinbao audit export` and `audit accesses`: what is unmasked is an entry of the log first, with its reason."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def copied(nation_folder: Path, tmp_path: Path) -> Path:
    """The nation without its provinces, to be written to."""
    return Path(shutil.copytree(nation_folder, tmp_path / "copy", ignore=shutil.ignore_patterns("local", "adapters")))


def test_unmasked_fields_are_in_the_export_and_each_person_in_the_log(answer, copied, tmp_path):
    plain = answer("audit", "export", tmp_path / "plain", "--format", "csv", "--data", copied)
    assert plain["unmasked"] is None
    assert not (tmp_path / "plain" / "persons").exists()
    assert answer("audit", "accesses", "--user", "auditor-1", "--data", copied)["accesses"] == []
    words = ("--format", "csv", "--data", copied, "--unmask", "letter 14 of the ministry", "--user", "auditor-1")
    made = answer("audit", "export", tmp_path / "unmasked", *words)
    assert made["unmasked"] == "letter 14 of the ministry"
    told = (tmp_path / "unmasked" / "persons" / "fields.csv").read_text("utf-8-sig")
    found = answer("audit", "accesses", "--user", "auditor-1", "--limit", 1000, "--data", copied)["accesses"]
    people = {person for one in found for person in one["relationships"]}
    assert people == {line.split(",")[0] for line in told.splitlines()[1:]} != set()
    assert {(one["way"], one["reason"]) for one in found} == {("export", "letter 14 of the ministry")}
    assert answer("audit", "accesses", "--user", "nobody", "--data", copied)["accesses"] == []
    case = answer("case", "list", "--limit", 1, "--data", copied)["cases"][0]
    about = answer("audit", "accesses", "--transfer", case["transfer"], "--data", copied)["accesses"]
    [one] = [each for each in about if each["way"] == "export"]
    assert {each["way"] for each in about} == {"export", "ring"}
    day = one["at"][:10]
    assert answer("audit", "accesses", "--from", day, "--to", day, "--data", copied)["more"] is False
    assert answer("audit", "accesses", "--to", "2024-12-31", "--data", copied)["accesses"] == []
    assert answer("audit", "verify", "--data", copied)["ok"]


def test_each_use_of_the_key_ring_is_an_entry(answer, nation_folder):
    uses = answer("keys", "uses", "--limit", 10_000, "--data", nation_folder)["uses"]
    told = answer("audit", "accesses", "--limit", 10_000, "--data", nation_folder)
    assert told["gaps"] == {}
    assert sum(one["rows"] for one in told["accesses"]) == len(uses) > 0
    people = {person for one in told["accesses"] for person in one["relationships"]}
    assert people == {one["relationship"] for one in uses}
    assert {one["action"] for one in told["accesses"]} == {"look_up", "seal", "open"}


def test_what_cannot_be_recorded_is_not_opened(jinbao, copied, tmp_path):
    with closing(sqlite3.connect(copied / "platform.sqlite")) as database, database:
        database.execute("ALTER TABLE tree_statements RENAME TO gone")
    told = jinbao("audit", "export", tmp_path / "out", "--unmask", "letter 14", "--data", copied)
    assert told.exit_code == 2
    assert not list((tmp_path / "out").rglob("fields*"))


def test_an_export_needs_an_empty_folder_and_a_reason_that_says_something(jinbao, copied, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for words in ((tmp_path / "full",), (tmp_path / "new", "--unmask", "x")):
        told = jinbao("--lang", "en", "audit", "export", *words, "--data", copied)
        assert (told.exit_code, "Traceback" in told.output) == (2, False)


def test_an_export_is_held_against_the_log_and_what_was_changed_in_it_is_named(answer, jinbao, copied, tmp_path):
    folder = tmp_path / "out"
    answer("audit", "export", folder, "--format", "csv", "--data", copied)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def held() -> Any:
        told = jinbao("--lang", "en", "audit", "verify", "--export", folder, "--data", copied, "--json")
        return told.exit_code, json.loads(told.stdout)["first_bad"]

    def named_anew() -> None:
        manifest = json.loads(kept[folder / "manifest.json"])
        for one in manifest["files"]:
            one["sha256"] = sha256((folder / one["file"]).read_bytes()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))

    assert held() == (0, None)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept, "it is only read"
    cases = folder / "read-models" / "case_board.csv"
    cases.write_bytes(kept[cases].replace(b"completed", b"withdrawn", 1))
    assert held()[1]["code"] == "PROJECTION_DIFFERS"
    named_anew()
    code, bad = held()
    assert (code, bad["code"]) == (1, "ENTRY_MISSING"), "a manifest that somebody wrote anew is in no log"
    for path, data in kept.items():
        path.write_bytes(data)
    added = folder / "read-models" / "more.csv"
    added.write_text("x")
    assert held()[1]["code"] == "PROJECTION_DIFFERS", "a file that the manifest does not name"
    added.unlink()
    checkpoint = folder / "tiles" / "checkpoint"
    lines = checkpoint.read_text().splitlines(keepends=True)
    checkpoint.write_text("".join(line for line in lines if not line.startswith("— jinbao.witness")))
    named_anew()
    assert held()[1]["code"] == "BAD_SIGNATURE", "no witness has signed it"
    (folder / "manifest.json").write_text("[]")
    told = jinbao("--lang", "en", "audit", "verify", "--export", folder, "--data", copied)
    assert (told.exit_code, "is no export's manifest" in told.output) == (2, True)
    for path, data in kept.items():
        path.write_bytes(data)
    (folder / "tiles" / "checkpoint").unlink()
    assert jinbao("audit", "verify", "--export", folder, "--data", copied).exit_code == 2


def test_an_export_of_another_nation_is_not_this_logs(answer, jinbao, copied, tmp_path):
    other = tmp_path / "other"
    answer("simulate", "--transfers", 10, "--days", 20, "--seed", 3, "--data", other)
    answer("audit", "export", tmp_path / "out", "--format", "csv", "--data", other)
    told = jinbao("audit", "verify", "--export", tmp_path / "out", "--data", copied, "--json")
    assert (told.exit_code, json.loads(told.stdout)["first_bad"]["code"]) == (1, "BAD_SIGNATURE")
