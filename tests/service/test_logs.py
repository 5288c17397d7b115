"""Logs for machines: a library that says the same again and again does not drown what the program says."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from jinbao.service import logs
from jinbao.service.settings import LogKind


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


SECRET = "11010519491231002X"


def fail(number: str) -> None:
    """Fail as a codec or a database does: the value in a local variable, in the text and in a note."""
    person = {"id": number}
    error = ValueError(f"cannot store {person['id']}")
    error.add_note(f"parameters: {number}")
    try:
        raise KeyError(number)
    except KeyError:
        raise ExceptionGroup(f"batch of {number}", [error]) from error


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_traceback_is_logged_without_local_variables_and_without_what_an_exception_says(
    kind: LogKind, capsys: pytest.CaptureFixture[str]
) -> None:
    with logs.logging_as(kind):
        try:
            fail(SECRET)
        except ExceptionGroup:
            logging.getLogger("library").exception("the batch failed")
    [line] = capsys.readouterr().err.splitlines()
    assert SECRET not in line
    assert "ExceptionGroup" in line
    assert "test_logs.py" in line
    if kind == "json":
        logged = json.loads(line)
        assert [*logged][:4] == ["at", "level", "logger", "event"]
        assert (logged["level"], logged["logger"], logged["event"]) == ("error", "library", "the batch failed")
        assert logged["error"] == "ExceptionGroup"
        [[inner]] = logged["exception"][0]["exceptions"]
        assert inner["exc_type"] == "ValueError"
        assert [frame["name"] for frame in logged["exception"][0]["frames"]][-1] == "fail"


def test_the_programs_own_events_have_their_fields_after_the_four_that_every_line_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logs.logging_as("json"):
        logs.tell("message", logging.WARNING, outcome="rejected", code="NO_SUCH_CASE")
    [line] = capsys.readouterr().err.splitlines()
    logged = json.loads(line)
    assert [*logged] == ["at", "level", "logger", "event", "outcome", "code"]
    assert (logged["level"], logged["logger"], logged["event"]) == ("warning", "jinbao", "message")
    assert logged["at"].endswith("+00:00")


@pytest.mark.slow
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
