"""`jinbao schemas`: list, check and release, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jinbao.cli import main as program
from jinbao.schemas.registry import AVRO, schema_files


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("JINBAO_LANG", "JINBAO_CONFIG"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def run(*words: str) -> Result:
    return CliRunner().invoke(program.app, ["--lang", "en", "schemas", *words])


@pytest.fixture
def changed(folder: Path) -> Path:
    """A folder in which a released file was changed."""
    file = folder / "FundsRemitted.v1.avsc"
    file.write_text(file.read_text(encoding="utf-8").replace('"amount"', '"sum"'), encoding="utf-8")
    return folder


@pytest.fixture
def extended(folder: Path) -> Path:
    """A folder with a new, sound version that is not released yet."""
    schema = json.loads((folder / "FundsRemitted.v1.avsc").read_text(encoding="utf-8"))
    schema["fields"].append({"name": "note", "type": ["null", "string"], "default": None})
    (folder / "FundsRemitted.v2.avsc").write_text(json.dumps(schema))
    return folder


def test_the_shipped_schemas_pass() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "unchanged and compatible" in result.output
    assert json.loads(run("check", "--json").output) == {
        "files": len(schema_files(AVRO)),
        "findings": [],
    }


def test_a_changed_file_fails_the_check_by_name_and_reason(changed: Path) -> None:
    result = run("check", "--folder", str(changed))
    assert result.exit_code == 1
    assert "FundsRemitted.v1.avsc: a released file was changed" in result.output
    machine = run("check", "--folder", str(changed), "--json")
    assert machine.exit_code == 1
    assert [finding["file"] for finding in json.loads(machine.output)["findings"]] == ["FundsRemitted.v1.avsc"]


def test_a_release_adds_new_files_and_refuses_changed_ones(extended: Path) -> None:
    where = ["--folder", str(extended)]
    assert run("check", *where).exit_code == 1
    assert json.loads(run("release", *where, "--json").output) == {
        "released": ["FundsRemitted.v2.avsc"],
        "findings": [],
    }
    assert run("check", *where).exit_code == 0
    assert "no new files" in run("release", *where).output
    (extended / "FundsRemitted.v2.avsc").write_text("{")
    refused = run("release", *where)
    assert refused.exit_code == 1
    assert "FundsRemitted.v2.avsc: not JSON" in refused.output


def test_the_list_names_every_version_with_its_fingerprint(extended: Path) -> None:
    rows = json.loads(run("list", "--folder", str(extended), "--json").output)
    versions = [row["version"] for row in rows if row["name"] == "FundsRemitted"]
    assert versions == [1, 2]
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    table = run("list").output
    assert "ContactLetterIssued" in table


def test_a_list_of_broken_files_ends_with_the_file_and_no_trace(extended: Path) -> None:
    (extended / "FundsRemitted.v2.avsc").write_text("{")
    result = run("list", "--folder", str(extended))
    assert result.exit_code == 2
    assert "FundsRemitted.v2.avsc: not JSON" in result.output


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    assert run("check", "--folder", str(tmp_path / "nowhere")).exit_code == 2
