"""Live values: whoever looks at a page gets its whole value again over a WebSocket whenever it has changed.

The value is made once for all viewers. One that is slow skips values and loses nothing, since each is whole.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from jinbao.service.logs import tell
from jinbao.web.access import NATION, Access
from jinbao.web.door import Door, NotSignedIn
from jinbao.web.page import Live, built_ins

LOOKED_EVERY_S, LEAST_REST = 0.05, 2.0
"""How often it is asked whether the value may have changed; and how many times longer than that took it rests."""
VALUES_APART_S = 0.3
"""Between two values, however often it changes: nobody reads more, and telling 1,000 viewers costs a tenth of a second.
What an event waits for at most leaves 200 ms of the 500 within which viewers are told."""
MADE_AGAIN_S = 20.0
"""So long at most is a value sent for the present one: what depends on the time alone changes too."""
SIGNED_IN_ASKED_EVERY_S = 2.0
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
        self._work: asyncio.Task[None] | None = None

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
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._keep_up())
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
        """Make the value anew when it may have changed, and ask whether the viewers are still signed in."""
        loop = asyncio.get_running_loop()
        version: object = None
        made_at = asked_at = -MADE_AGAIN_S
        is_told = False
        while self._viewers:
            began = loop.time()
            try:
                now = await run_in_threadpool(self._live.version)
                age = loop.time() - made_at
                if (now != version and age >= VALUES_APART_S) or age >= MADE_AGAIN_S:
                    value = await run_in_threadpool(self._make)
                    version, made_at = now, loop.time()
                    self._publish(value)
                if loop.time() - asked_at >= SIGNED_IN_ASKED_EVERY_S:
                    asked_at = loop.time()
                    await self._close_strangers()
                is_told = False
            except Exception as error:  # the database does not answer: viewers see how old their value is
                if not is_told:
                    tell("live_failed", logging.ERROR, path=self._live.path, error=type(error).__name__)
                is_told = True
            await asyncio.sleep(max(LOOKED_EVERY_S, LEAST_REST * (loop.time() - began)))

    def _make(self) -> str:
        return msgspec.json.encode(built_ins(self._live.value())).decode()

    def _publish(self, value: str) -> None:
        self._value = value
        before, self._newer = self._newer, asyncio.Event()
        before.set()

    async def _close_strangers(self) -> None:
        viewers = list(self._viewers)
        codes = await run_in_threadpool(lambda: [self._refusal(viewer) for viewer in viewers])
        for viewer, code in zip(viewers, codes, strict=True):
            if code:
                with suppress(RuntimeError):
                    await viewer.close(code)
