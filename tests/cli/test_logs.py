"""Logs for machines: a library that says the same again and again does not drown what the program says."""

from __future__ import annotations

import json
import logging

import pytest

from jinbao.cli import logs


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
