"""Batches that agencies have signed, as far as their messages are in the log: which of them are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jinbao.language.words import Words
from jinbao.transparency.batches import NO_ROOT, UNCHAINED, parse_signature
from jinbao.transparency.check_proof import NotValid

GRACE_US = 60_000_000
"""So long after a later batch a message may still be under way."""


class Gap(NamedTuple):
    """Something that a later batch of its agency shows to be missing, or a chain that begins anew."""

    at: int
    """Index of the entry that shows it."""
    sender: str
    first: int
    """Number of the first batch."""
    last: int
    words: Words

    def as_json(self) -> dict[str, Any]:
        """As `jinbao audit verify --json` has it."""
        return {"sender": self.sender, "first_batch": self.first, "last_batch": self.last}


class _Batch:
    __slots__ = ("at", "places", "previous", "received_at", "root", "size")

    def __init__(self, at: int, size: int, previous: bytes, root: bytes, received_at: int) -> None:
        self.at, self.size, self.previous, self.root, self.received_at = at, size, previous, root, received_at
        self.places: set[int] = set()


class Batches:
    """Per agency its batches by their numbers, as the log's messages name them."""

    def __init__(self) -> None:
        self._of: dict[str, dict[int, _Batch]] = {}
        self._unsigned: set[str] = set()
        self._again: list[Gap] = []
        self._newest = 0

    def spoke_unsigned(self, sender: str | None) -> None:
        """A message of it was taken before the register began: nobody knows where its chain stood."""
        self._unsigned.add(sender or "")

    def seen(self, at: int, sender: str, signature: bytes, root: bytes, received_at: int) -> None:
        """A message of a batch, verified, stands at that index of the log; `root`: its batch's."""
        self._newest = max(self._newest, received_at)
        try:
            found = parse_signature(signature)
        except NotValid:
            return
        if found.number == UNCHAINED:
            return
        batches = self._of.setdefault(sender, {})
        batch = batches.get(found.number)
        if batch is None:
            batch = batches[found.number] = _Batch(at, found.size, found.previous, root, received_at)
        elif root != batch.root:
            zh = f"{sender} 的报文批次链重新开始：第 {found.number} 批有两种"
            en = f"the chain of {sender}'s batches begins anew: there are two batches {found.number}"
            self._again.append(Gap(at, sender, found.number, found.number, (zh, en)))
            return
        batch.places.add(found.place)

    def gaps(self) -> list[Gap]:
        """What is missing, in the order of the log."""
        found = [gap for sender, batches in self._of.items() for gap in self._gaps(sender, batches)]
        return sorted([*found, *self._again], key=lambda gap: gap.at)

    def _gaps(self, sender: str, batches: dict[int, _Batch]) -> Iterator[Gap]:
        numbers = sorted(batches)
        before = 0 if sender not in self._unsigned else numbers[0] - 1
        for number in numbers:
            batch = batches[number]
            is_certain = self._newest - batch.received_at >= GRACE_US
            previous = batches.get(number - 1)
            if number > before + 1 and is_certain:
                zh = f"{sender} 的第 {before + 1} 至 {number - 1} 批报文缺失"
                en = f"batches {before + 1} to {number - 1} of {sender} are missing"
                yield Gap(batch.at, sender, before + 1, number - 1, (zh, en))
            elif (previous is not None and previous.root != batch.previous) or (
                number == 1 and batch.previous != NO_ROOT
            ):
                zh = f"{sender} 的第 {number} 批不接续前一批"
                en = f"batch {number} of {sender} does not follow the one before it"
                yield Gap(batch.at, sender, number, number, (zh, en))
            if len(batch.places) < batch.size and is_certain:
                missing = batch.size - len(batch.places)
                zh = f"{sender} 的第 {number} 批缺 {missing} 件报文"
                en = f"{missing} messages of batch {number} of {sender} are missing"
                yield Gap(batch.at, sender, number, number, (zh, en))
            before = number
