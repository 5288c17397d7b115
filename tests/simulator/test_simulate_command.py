"""`jinbao simulate`: what it prints, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jinbao.cli.main import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *words])


def test_the_result_has_the_promised_shape(tmp_path: Path) -> None:
    folder = tmp_path / "nation"
    done = run("--transfers", "5", "--days", "5", "--seed", "7", "--data", str(folder), "--json")
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert list(result) == [
        "transfers",
        "events",
        "outcomes",
        "other_transfers",
        "ingest",
        "deadlines",
        "money_fen",
        "paths",
        "digest",
        "events_per_second",
        "set_aside",
    ]
    assert list(result["outcomes"]) == ["completed", "refused", "returned", "withdrawn", "reversed", "open"]
    assert list(result["ingest"]) == ["received", "accepted", "duplicate", "parked", "rejected", "dead_letter"]
    assert list(result["deadlines"]) == ["met", "missed"]
    assert list(result["money_fen"]) == ["out", "in_transit", "in", "returned", "suspense", "settlement", "sum"]
    assert result["transfers"] == sum(result["outcomes"].values()) == 5
    again = run("--data", str(folder))
    assert again.exit_code == 2
    assert "先清空" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start", "2009-12-31"], "2010-01-01"),
        (["--start", "2025-W01-1"], "2025-09-22"),
        (["--start", "2099-06-01"], "2099"),
        (["--days", "0"], "--days"),
        (["--transfers", "0"], "--transfers"),
        (["--resume"], "没有推演的国家"),
    ],
)
def test_what_cannot_be_run_is_refused_and_leaves_nothing_behind(tmp_path: Path, words: list[str], said: str) -> None:
    refused = run(*words, "--data", str(tmp_path / "nation"))
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not (tmp_path / "nation").exists()
