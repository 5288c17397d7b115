"""The AsyncAPI document says what the schemas and the platform say, and the committed one is up to date.

`make check` holds it against the AsyncAPI project's own parser (`deploy/asyncapi/check.sh`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jinbao.cli import main as program
from jinbao.platform.national_platform import topics
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.registry import shipped_registry

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "asyncapi.json"


def run(*words: object) -> Result:
    return CliRunner().invoke(program.app, ["schemas", "asyncapi", *map(str, words)])


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run().stdout)
    return found


def test_the_committed_document_is_up_to_date_and_a_changed_one_is_not(tmp_path: Path) -> None:
    assert run("--check", COMMITTED).exit_code == 0
    old = tmp_path / "old.json"
    old.write_text(COMMITTED.read_text("utf-8").replace("FundsRemitted", "MoneySent"), encoding="utf-8")
    assert run("--check", old).exit_code == 1
    assert json.loads(run("--check", old, "--json").stdout)["current"] is False
    assert run("--write", old).exit_code == 0
    assert run("--check", old).exit_code == 0
    assert run("--check", tmp_path / "missing.json").exit_code == 2


def test_every_topic_is_a_channel_with_its_partitions(document: dict[str, Any]) -> None:
    found = {}
    for channel in document["channels"].values():
        provinces = channel.get("parameters", {}).get("province", {}).get("enum", [""])
        for province in provinces:
            address = channel["address"].replace("{province}", province)
            found[address] = channel["bindings"]["kafka"]["partitions"]
    assert found == topics()
    assert document["channels"]["inbox"]["parameters"]["province"]["enum"] == list(PROVINCES)


def test_every_version_of_every_message_is_told_whole(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    releases = [r for r in shipped_registry().releases if r.is_message]
    assert list(messages) == [f"{r.name}.v{r.version}" for r in releases]
    for release, message in zip(releases, messages.values(), strict=True):
        assert message["payload"]["schema"] == release.schema
        assert release.fingerprint.hex() in message["description"]


def test_submissions_are_sent_and_answers_only_received(document: dict[str, Any]) -> None:
    def kinds(operation: str) -> set[str]:
        return {m["$ref"].rpartition("/")[2] for m in document["operations"][operation]["messages"]}

    assert kinds("receive") - kinds("submit") == {"SubmissionAnswered.v1", "SubmissionOutcomes.v1"}


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_without_npm_the_parsers_check_fails_in_ci_and_is_skipped_elsewhere(tmp_path: Path, ci: str, code: int) -> None:
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    words = [str(tmp_path / "bash"), str(ROOT / "deploy" / "asyncapi" / "check.sh"), str(COMMITTED)]
    done = subprocess.run(words, env={"PATH": str(tmp_path), "CI": ci}, capture_output=True, text=True)
    assert (done.returncode, "npm is missing" in done.stderr) == (code, True), done.stderr
