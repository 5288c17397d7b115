"""Viewers of the live overview: many WebSockets in one process, which note when a value came and what it holds."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_POSITION = re.compile(rb'"position":(\d+)')
_BEGINNING_BYTES = 200
"""A value begins with its instant and position; the rest is not read, which spares this process most of its work."""
_SHORT, _LONG = 126, 127
_TEXT = 1


@dataclass
class Seen:
    """What all viewers have been told."""

    told: list[tuple[float, int, int]] = field(default_factory=list)
    """When a value was whole at a viewer, the position before it and its own; seconds since 1970 UTC."""
    values: Counter[int] = field(default_factory=Counter)
    """Position → viewers told."""
    bytes: int = 0
    opened: int = 0
    lost: int = 0


class _Viewer(asyncio.Protocol):
    """One viewer, who never says anything but that he is there."""

    def __init__(self, request: bytes, seen: Seen) -> None:
        self._request, self._seen = request, seen
        self._buffer, self._is_open, self._position = bytearray(), False, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._seen.lost += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), bytes(head)
            self._buffer, self._is_open = rest, True
            self._seen.opened += 1
        while self._take():
            pass

    def _take(self) -> bool:
        """Take a whole frame off the buffer, where there is one."""
        data = self._buffer
        if len(data) < 2:
            return False
        length, start = data[1] & 127, 2
        if length >= _SHORT:
            start = 4 if length == _SHORT else 10
            if len(data) < start:
                return False
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            return False
        if data[0] & 15 == _TEXT:
            self._note(bytes(data[start : start + length]), is_compressed=bool(data[0] & 64))
        else:
            self._transport.write(b"\x8a\x84\x00\x00\x00\x00" + data[start : start + length])  # a pong of its ping
        del data[: start + length]
        return True

    def _note(self, payload: bytes, *, is_compressed: bool) -> None:
        seen = self._seen
        beginning = zlib.decompressobj(-15).decompress(payload, _BEGINNING_BYTES) if is_compressed else payload
        found = _POSITION.search(beginning[:_BEGINNING_BYTES])
        assert found
        position = int(found[1])
        seen.told.append((time.time(), self._position, position))
        seen.values[position] += 1
        seen.bytes += len(payload)
        self._position = position


async def open_viewers(address: str, cookie: str, number: int) -> Seen:
    """So many viewers of `/live`, each told once already."""
    parts = urlsplit(address)
    seen = Seen()
    for _ in range(number):
        request = (
            f"GET /live HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: {address}\r\n"
            f"Cookie: jinbao_session={cookie}\r\n\r\n"
        ).encode("ascii")
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda request=request: _Viewer(request, seen), parts.hostname, parts.port)
        await asyncio.sleep(0)
    while len(seen.told) < number:
        await asyncio.sleep(0.1)
        assert not seen.lost, "a viewer was turned away"
    return seen
