"""Health of a running program: whether its loops turn and go well, told to its operator as it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from jinbao.language.words import Translator, Words
from jinbao.service.logs import note, tell
from jinbao.service.settings import LogKind

MAIN_LOOP = "main"
STALLED_AFTER_S = 120.0
"""A loop that has not turned for so long is stuck; it may wait a minute for a lock of the database."""


class Health:
    """Whether the program's loops turn, and whether the last turn of each went well. Threads may share it."""

    def __init__(self, tr: Translator, clock: Callable[[], float] = time.monotonic) -> None:
        self.tr = tr
        self._clock = clock
        self._turned_at = {MAIN_LOOP: clock()}
        self._troubles = {MAIN_LOOP: tr("尚未完成第一步", "has not done its first step yet")}

    def succeeded(self, loop: str = MAIN_LOOP) -> None:
        """A turn went well: bus and database answered."""
        self._turned_at[loop] = self._clock()
        self._troubles.pop(loop, None)

    def turning(self, loop: str = MAIN_LOOP) -> None:
        """A turn that takes long goes on."""
        self._turned_at[loop] = self._clock()

    def trouble(self, text: str, loop: str = MAIN_LOOP) -> None:
        """A turn failed and will be tried again."""
        self._turned_at[loop], self._troubles[loop] = self._clock(), text

    def live(self) -> tuple[bool, str]:
        """Whether every loop turns; where one does not, only a restart helps."""
        idle_s = self._clock() - min(self._turned_at.copy().values())
        return idle_s < STALLED_AFTER_S, "ok" if idle_s < STALLED_AFTER_S else f"no step for {idle_s:.0f} s"

    def ready(self) -> tuple[bool, str]:
        """Whether it does its work now; else what is in its way."""
        live, text = self.live()
        troubles = list(self._troubles.copy().values())
        return (False, "; ".join(troubles)) if troubles and live else (live, text)


@dataclass(slots=True)
class Watch:
    """Tells the operator how a loop goes: its health, and a line or an event on stderr."""

    health: Health
    log: LogKind
    loop: str = MAIN_LOOP
    _told: str = ""

    def of(self, loop: str) -> Watch:
        """The watch of another loop of the same program."""
        return Watch(self.health, self.log, loop)

    def succeeded(self) -> None:
        """A turn went well; said where it did not before."""
        self.health.succeeded(self.loop)
        if self._told:
            self._told = ""
            self.say("well", ("恢复正常", "all is well again"))

    def trouble(self, error: Exception) -> None:
        """A turn failed and will be tried again; said once, until it is something else."""
        self._not_well("trouble", error, logging.ERROR)

    def waiting(self, error: Exception) -> None:
        """What it needs is not there yet; said in the same way."""
        self._not_well("waiting", error, logging.INFO)

    def _not_well(self, event: str, error: Exception, level: int) -> None:
        text = self.health.tr.error(error)
        self.health.trouble(text, self.loop)
        if text != self._told:
            self._told = text
            self.say(event, (text, text), level)

    def say(self, event: str, words: Words, level: int = logging.INFO, **fields: object) -> None:
        """An event of the log, or its text."""
        text = self.health.tr.of(words)
        if self.log == "json":
            tell(event, level, **(fields or {"text": text}))
        else:
            note(text)
