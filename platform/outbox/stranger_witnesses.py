"""Witnesses elsewhere, asked over HTTP by `add-checkpoint` (c2sp.org/tlog-witness): the policy has their addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx

from jinbao.transparency.witnessing import AddCheckpoint

TIMEOUT_S = 5.0
_LONGEST_ANSWER_BYTES = 10_000
_LONGEST_SIZE = 18
"""Digits of the size of a tree."""
_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422

Prove = Callable[[int], Sequence[bytes]]
"""Size of an earlier checkpoint → the proof of consistency from there."""


class StrangerWitness:
    """One of them: where it stands is what it said last."""

    def __init__(self, name: str, address: str) -> None:
        """`name`: of its key; `address`: its submission prefix."""
        self.name = name
        self._url = f"{address.rstrip('/')}/add-checkpoint"
        self._client = httpx.Client(timeout=TIMEOUT_S)
        self._known = 0
        self.refused = False
        """Whether it says that the checkpoint does not continue what it has cosigned."""

    def ask(self, note: str, size: int, prove: Prove) -> list[str]:
        """Its cosignature lines; none where it gives none now. Asked a second time where it stands elsewhere."""
        for _ in range(2):
            request = AddCheckpoint(self._known, tuple(prove(self._known)), note)
            try:
                answer = self._client.post(self._url, content=str(request).encode())
            except (httpx.HTTPError, httpx.InvalidURL):
                return []
            if answer.status_code == _OK and len(answer.content) <= _LONGEST_ANSWER_BYTES:
                self._known, self.refused = size, False
                return [f"{line}\n" for line in answer.text.split("\n") if line]
            stands = answer.text.strip()
            if answer.status_code != _CONFLICT or not stands.isdecimal() or len(stands) > _LONGEST_SIZE:
                self.refused = answer.status_code == _UNPROCESSABLE
                return []
            self._known = int(stands)
            if self._known > size:  # it has cosigned a longer log
                self.refused = True
                return []
        self.refused = self._known == size  # of that size it has cosigned another
        return []

    def close(self) -> None:
        """Release the connection."""
        self._client.close()
