"""Witnesses elsewhere, asked over HTTP by `add-checkpoint` (c2sp.org/tlog-witness): the policy has their addresses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import httpx

from jinbao.transparency.witnessing import AddCheckpoint

TIMEOUT_S = 5.0
"""Of one answer, whole."""
RETRY_S = 10.0
"""One that did not cosign a checkpoint is asked for it again, and no sooner."""
_LONGEST_ANSWER_BYTES = 10_000
_LONGEST_SIZE = 18
"""Digits of the size of a tree."""
_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422

Prove = Callable[[int], Sequence[bytes]]
"""Size of an earlier checkpoint → the proof of consistency from there."""


class StrangerWitness:
    """One of them: where it stands is what it said last."""

    def __init__(self, name: str, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`name`: of its key; `address`: its submission prefix."""
        self.name = name
        self._url = f"{address.rstrip('/')}/add-checkpoint"
        self._client = httpx.Client(timeout=TIMEOUT_S, headers={"Accept-Encoding": "identity"})
        self._clock = clock
        self._known = self._cosigned = 0
        self._not_before = 0.0
        self.refused = False
        """Whether it says that the checkpoint does not continue what it has cosigned."""

    def ask(self, note: str, size: int, prove: Prove) -> list[str]:
        """Its cosignature lines; none where it gives none now, or has given them for that size.

        Asked a second time where it stands elsewhere.
        """
        if size == self._cosigned or self._clock() < self._not_before:
            return []
        self._not_before = self._clock() + RETRY_S
        for _ in range(2):
            found = self._post(AddCheckpoint(self._known, tuple(prove(self._known)), note))
            if found is None:
                return []
            status, text = found
            if status == _OK:
                self._known = self._cosigned = size
                self._not_before, self.refused = 0.0, False
                return [f"{line}\n" for line in text.split("\n") if line]
            stands = text.strip()
            if status != _CONFLICT or not (stands.isascii() and stands.isdigit()) or len(stands) > _LONGEST_SIZE:
                self.refused = status == _UNPROCESSABLE
                return []
            self._known = int(stands)
            if self._known > size:  # it has cosigned a longer log
                self.refused = True
                return []
        self.refused = self._known == size  # of that size it has cosigned another
        return []

    def _post(self, request: AddCheckpoint) -> tuple[int, str] | None:
        """Status and text of an answer; None where there is none, or one that is too long or takes too long."""
        until, body = self._clock() + TIMEOUT_S, b""
        try:
            with self._client.stream("POST", self._url, content=str(request).encode()) as answer:
                for part in answer.iter_raw():
                    body += part
                    if len(body) > _LONGEST_ANSWER_BYTES or self._clock() > until:
                        return None
                return answer.status_code, body.decode("utf-8", "replace")
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    def close(self) -> None:
        """Release the connection."""
        self._client.close()
