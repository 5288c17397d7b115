"""Builders for the bus tests: buses on fresh files, records, and child processes that use a bus."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bus.sqlite"


@pytest.fixture
def bus(path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(path)
    bus.create_topics({"cases": 3, "inbox": 1})
    yield bus
    bus.close()


@pytest.fixture
def record() -> Callable[..., OutgoingRecord]:
    def build(key: bytes = b"k", value: bytes = b"v", topic: str = "cases", **headers: bytes) -> OutgoingRecord:
        return OutgoingRecord(topic, key, value, tuple(headers.items()))

    return build


@pytest.fixture
def child() -> Iterator[Callable[[str, Path], subprocess.Popen[str]]]:
    """Starts a Python process that runs the given program with the bus file as its argument."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
