"""Live values: whoever looks at a page gets its whole value again over a WebSocket whenever it has changed.

The value is made once for all viewers. One that is slow skips values and loses nothing, since each is whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from jinbao.service.logs import tell
from jinbao.web.access import NATION, Access
from jinbao.web.door import Door, NotSignedIn
from jinbao.web.page import Live, built_ins

LOOKED_EVERY_S, LEAST_REST = 0.05, 1.0
"""How often it is asked whether the value may have changed; and how many times longer than that took it rests."""
VALUES_APART_S = 0.3
"""Between two values, however often it changes: nobody reads more, and telling 1,000 viewers costs a tenth of a second.
What an event waits for at most leaves 200 ms of the 500 within which viewers are told."""
MADE_AGAIN_S = 20.0
"""So long at most is a value sent for the present one: what depends on the time alone changes too."""
SIGNED_IN_ASKED_EVERY_S, ASKED_AT_ONCE = 2.0, 50
NOT_SIGNED_IN, NOT_YOURS = 4401, 4403
"""Codes with which a socket is closed."""


class Feed:
    """One live value and its viewers."""

    def __init__(self, live: Live, door: Door, access: Access) -> None:
        self._live = live
        self._door = door
        self._access = access
        self._viewers: set[WebSocket] = set()
        self._value = ""
        self._newer = asyncio.Event()
        self._work: dict[str, asyncio.Task[None]] = {}
        self._is_told = False

    @property
    def endpoint(self) -> str:
        """Its name in the table of access."""
        return f"SOCKET {self._live.path}"

    async def serve(self, socket: WebSocket) -> None:
        """Send the value, and again whenever it has changed, until the viewer leaves or is no longer signed in."""
        code = await run_in_threadpool(self._refusal, socket)
        if code:
            await socket.close(code)
            return
        await socket.accept()
        self._viewers.add(socket)
        for work in (self._keep_up, self._look_who_left):
            if work.__name__ not in self._work or self._work[work.__name__].done():
                self._work[work.__name__] = asyncio.create_task(work())
        sending = asyncio.create_task(self._send_to(socket))
        try:
            while True:  # a viewer says nothing; this is how its leaving is heard
                await socket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            self._viewers.discard(socket)
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending

    def _refusal(self, socket: WebSocket) -> int:
        """The code with which this viewer is refused; 0 for none."""
        try:
            user = self._door.user(socket, used=False)
        except NotSignedIn:
            return NOT_SIGNED_IN
        return 0 if self._access.may_see(user, self.endpoint, NATION) else NOT_YOURS

    async def _send_to(self, socket: WebSocket) -> None:
        sent = ""
        while True:
            newer = self._newer
            if self._value not in ("", sent):
                sent = self._value
                await socket.send_text(sent)
            else:
                await newer.wait()

    async def _keep_up(self) -> None:
        """Make the value anew when it may have changed."""
        loop = asyncio.get_running_loop()
        version: object = None
        made_at = -MADE_AGAIN_S
        while self._viewers:
            began = loop.time()
            with self._told():
                now, age = await run_in_threadpool(self._live.version), loop.time() - made_at
                if (now != version and age >= VALUES_APART_S) or age >= MADE_AGAIN_S:
                    value = await run_in_threadpool(self._make)
                    version, made_at = now, loop.time()
                    self._publish(value)
                self._is_told = False
            await asyncio.sleep(max(LOOKED_EVERY_S, LEAST_REST * (loop.time() - began)))

    async def _look_who_left(self) -> None:
        """Ask whether the viewers are still signed in."""
        while self._viewers:
            await asyncio.sleep(SIGNED_IN_ASKED_EVERY_S)
            with self._told():
                await self._close_strangers()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What fails is told once until it goes well: the database does not answer, viewers see how old theirs is."""
        try:
            yield
        except Exception as error:
            if not self._is_told:
                tell("live_failed", logging.ERROR, path=self._live.path, error=type(error).__name__)
            self._is_told = True

    def _make(self) -> str:
        return msgspec.json.encode(built_ins(self._live.value())).decode()

    def _publish(self, value: str) -> None:
        self._value = value
        before, self._newer = self._newer, asyncio.Event()
        before.set()

    async def _close_strangers(self) -> None:
        """Of many viewers some at a time, so that a value in between waits for none of the others."""
        viewers = list(self._viewers)
        for first in range(0, len(viewers), ASKED_AT_ONCE):
            some = viewers[first : first + ASKED_AT_ONCE]
            codes = await run_in_threadpool(lambda asked: [self._refusal(viewer) for viewer in asked], some)
            for viewer, code in zip(some, codes, strict=True):
                if code:
                    with suppress(RuntimeError):
                        await viewer.close(code)
