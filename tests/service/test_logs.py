"""Logs for machines: a library that says the same again and again does not drown what the program says."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from jinbao.service import logs


def test_a_librarys_line_is_logged_once_a_minute_and_the_programs_own_every_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = logging.getLogger("kafka.cluster")
    with logs.logging_as("json"):
        for number in range(3):
            library.warning("no node %d available", number)
            logs.tell("trouble", text="the bus does not answer")
        library.warning("something else")
        monkeypatch.setattr(logs, "SAID_AGAIN_AFTER_S", 0.0)
        library.warning("no node %d available", 4)
    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["no node 0 available", *["trouble"] * 3, "something else", "no node 4 available"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["platform", "run", "--once"], 0),
        (["adapter", "run", "--province", "41", "--config", "CONFIG", "--once"], 0),
        (["platform", "run", "--database", "nonsense://x", "--once"], 2),
    ],
)
def test_every_line_of_a_json_log_is_json_to_the_last(tmp_path: Path, words: list[str], code: int) -> None:
    """Both streams in one file, as a supervisor keeps them."""
    config = str(Path(__file__).parents[2] / "examples" / "adapter-41.toml")
    program = [sys.executable, "-m", "jinbao.cli.main"]
    subprocess.run([*program, "platform", "init", "--data", "d"], cwd=tmp_path, check=True, capture_output=True)
    command = [*program, *(config if word == "CONFIG" else word for word in words), "--data", "d", "--log", "json"]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == code, done.stdout
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["event"] == ("result" if code == 0 else "ended")
