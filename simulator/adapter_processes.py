"""Adapters of a simulated nation in processes of their own, whose keys are a key service's: how the nation hears them.

What such an adapter sends comes back to the nation, which lets it through round by round, as it does with all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from jinbao.bus.interface import BusUnavailable, OutgoingRecord

_MODULE = "jinbao.simulator.adapter_process"
_ENDS_WITHIN_S = 30.0
_MOST_BEGINNINGS = 5
"""So often is an adapter begun again while it is heard."""


class AdapterTask(msgspec.Struct, frozen=True):
    """What an adapter's process must know; it comes in the first line of its standard input."""

    province: str
    folder: str
    bus_url: str
    key_service_url: str


class Hear(msgspec.Struct, frozen=True):
    """The nation's word: be heard at this instant (microseconds since 1970 UTC)."""

    now: int
    has_post: bool


class Sending(msgspec.Struct, frozen=True, tag=True):
    """The adapter's word: it sends these, and waits for an empty line."""

    records: list[tuple[str, bytes, bytes, list[tuple[str, bytes]]]]


class Heard(msgspec.Struct, frozen=True, tag=True):
    """The adapter's word: it has said and read all; so much is set aside."""

    set_aside: int


Said: TypeAlias = Sending | Heard
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Said).decode


@dataclass(frozen=True, slots=True)
class AdaptersApart:
    """Which provinces' adapters run in processes of their own, and where their key service is."""

    provinces: frozenset[str]
    key_service_url: str


class AdapterProcess:
    """One of them; begun again where it was killed."""

    def __init__(self, task: AdapterTask, send: Callable[[Sequence[OutgoingRecord]], None]) -> None:
        self._task = _encode(task)
        self._send = send
        self._process = self._begin()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def hear(self, now: int, *, has_post: bool) -> int:
        """Hear all that it has to say; how much it has set aside. Raises BusError of what it sends."""
        for _ in range(_MOST_BEGINNINGS):
            heard = self._heard(Hear(now, has_post))
            if heard is not None:
                return heard.set_aside
            self._process.wait()
            self._process = self._begin()
            has_post = True  # it was killed, and may have read what it had not kept
        raise BusUnavailable(
            "适配器的进程一再中止，见其输出", "an adapter's process dies again and again: see its output"
        )

    def close(self) -> None:
        """Let it end; one that does not is killed."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _heard(self, word: Hear) -> Heard | None:
        """None where the process has died."""
        process = self._process
        assert process.stdout is not None
        _tell(process, _encode(word))
        while line := process.stdout.readline():
            said = _decode(line)
            if isinstance(said, Heard):
                return said
            records = said.records
            self._send([OutgoingRecord(topic, key, value, tuple(headers)) for topic, key, value, headers in records])
            _tell(process, b"")
        return None

    def _begin(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        _tell(process, self._task)
        return process


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it was killed: its answer does not come
        process.stdin.write(line + b"\n")
        process.stdin.flush()
