"""Batches that agencies have signed, as far as their messages are in the log: which of them are missing.

An agency's batches are one chain, each naming the root before it. A batch beside which there is another of its number
begins the chain anew: its adapter's store was lost, or an old copy put back. That is named each time, and is no gap
once the agency has declared it.
Batches of one number that different keys signed are one: what waited in the adapter while its key was changed is signed
anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from jinbao.language.words import Words
from jinbao.platform.store.chain_register import Declared
from jinbao.transparency.batches import NO_ROOT, UNCHAINED, Signature, parse_signature
from jinbao.transparency.check_proof import NotValid

GRACE_US = 60_000_000
"""So long after a later batch a message may still be under way."""


class Gap(NamedTuple):
    """Something that a later batch of its agency shows to be missing, or a chain that begins anew undeclared."""

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


class BegunAnew(NamedTuple):
    """A chain that its agency has begun anew, from a batch on of which there is another."""

    at: int
    """Index of the first entry of it."""
    sender: str
    first: int
    """Number of its first batch."""
    after: int
    """Number of the last batch of the chain before it."""
    declared: Declared | None
    """What the agency has declared of it."""

    def as_json(self) -> dict[str, Any]:
        """As `jinbao audit verify --json` has it."""
        told = None if self.declared is None else self.declared._asdict()
        return {
            "sender": self.sender,
            "index": self.at,
            "first_batch": self.first,
            "after_batch": self.after,
            "declared": told,
        }

    def words(self) -> Words:
        """The same in both languages."""
        zh = f"{self.sender} 的报文批次链在第 {self.after} 批之后从第 {self.first} 批重新开始"
        en = f"the chain of {self.sender}'s batches begins anew with batch {self.first} after batch {self.after}"
        if self.declared is None:
            return f"{zh}，该机构未声明", f"{en}, and the agency has declared nothing"
        told = self.declared
        return (
            f"{zh}；{told.declared_by} 声明、{told.confirmed_by} 确认：{told.reason}",
            f"{en}; declared by {told.declared_by}, confirmed by {told.confirmed_by}: {told.reason}",
        )

    def gap(self) -> Gap:
        """The same as a gap, while nobody has declared it."""
        return Gap(self.at, self.sender, self.first, self.first, self.words())


class _Batch:
    __slots__ = ("at", "key_id", "number", "places", "previous", "received_at", "root", "size")

    def __init__(self, at: int, found: Signature, root: bytes, received_at: int) -> None:
        self.at, self.number, self.size, self.key_id = at, found.number, found.size, found.key_id
        self.previous, self.root, self.received_at = found.previous, root, received_at
        self.places: set[int] = set()


class _Chain:
    """Batches that follow one another."""

    def __init__(self, first: int) -> None:
        """`first`: number of the batch behind which nothing is known to be missing."""
        self.first = first
        self.batches: dict[int, list[_Batch]] = {}
        """Number → batches of that number, which differ in their keys."""

    def has_place_for(self, batch: _Batch) -> bool:
        """Whether it is the first of its number, or the same messages by another key: nothing lies behind the first."""
        beside = self.batches.get(batch.number, ())
        is_first = batch.previous == NO_ROOT and len(self.batches) > 1
        return not beside or not (is_first or any(one.key_id == batch.key_id for one in beside))


class _Agency:
    """One agency's batches."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, bytes, bytes, bytes], _Batch] = {}
        """By number, root, root before and key: batches of the same single message have one root."""
        self.chain_of: dict[tuple[int, bytes], _Chain] = {}
        """By number and root."""
        self.chains: list[_Chain] = []

    def batch(self, at: int, found: Signature, root: bytes, received_at: int) -> _Batch:
        """The batch of a signature, put into its chain when it is new: that of the one before it, else the newest."""
        name = found.number, root, found.previous, found.key_id
        if name in self.known:
            return self.known[name]
        batch = self.known[name] = _Batch(at, found, root, received_at)
        before = self.chain_of.get((batch.number - 1, batch.previous))
        chain = before or (self.chains[-1] if self.chains else None)
        if chain is None or not chain.has_place_for(batch):
            chain = _Chain(batch.number if before else 1)
            self.chains.append(chain)
        chain.batches.setdefault(batch.number, []).append(batch)
        self.chain_of[batch.number, root] = chain
        return batch


class Batches:
    """Per agency its batches in their chains, as the log's messages name them."""

    def __init__(self) -> None:
        self._agencies: dict[str, _Agency] = {}
        self._unsigned: set[str] = set()
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
        if found.number != UNCHAINED:
            agency = self._agencies.setdefault(sender, _Agency())
            agency.batch(at, found, root, received_at).places.add(found.place)

    def begun_anew(self, declared: Mapping[str, Sequence[Declared]]) -> list[BegunAnew]:
        """Each time that an agency has begun its chain anew, in the order of the log."""
        found = []
        for sender, agency in self._agencies.items():
            told = declared.get(sender, ())
            for time, (before, chain) in enumerate(pairwise(agency.chains)):
                at = min(batch.at for batches in chain.batches.values() for batch in batches)
                word = told[time] if time < len(told) else None
                found.append(BegunAnew(at, sender, min(chain.batches), max(before.batches), word))
        return sorted(found)

    def gaps(self, declared: Mapping[str, Sequence[Declared]], keys: Sequence[tuple[str, bytes]]) -> list[Gap]:
        """What is missing, and each chain that was begun anew undeclared, in the order of the log.

        `keys`: agency and id of the register's keys, in the order in which they were asked for.
        """
        ages = {key: place for place, key in enumerate(keys)}
        found = [one.gap() for one in self.begun_anew(declared) if one.declared is None]
        for sender, agency in self._agencies.items():
            for chain in agency.chains:
                if chain is agency.chains[0] and sender in self._unsigned:
                    chain.first = min(chain.batches)
                found += self._gaps(sender, chain, ages)
        return sorted(found, key=lambda gap: gap.at)

    def _gaps(self, sender: str, chain: _Chain, ages: Mapping[tuple[str, bytes], int]) -> Iterator[Gap]:
        before, roots = chain.first - 1, {NO_ROOT} if chain.first == 1 else None
        for number in sorted(chain.batches):
            # what an older key signed was signed anew
            batch = max(chain.batches[number], key=lambda one: ages[sender, one.key_id])
            is_certain = self._newest - batch.received_at >= GRACE_US
            if number > before + 1 and is_certain:
                zh = f"{sender} 的第 {before + 1} 至 {number - 1} 批报文缺失"
                en = f"batches {before + 1} to {number - 1} of {sender} are missing"
                yield Gap(batch.at, sender, before + 1, number - 1, (zh, en))
            elif number == before + 1 and roots is not None and batch.previous not in roots:
                zh = f"{sender} 的第 {number} 批不接续前一批"
                en = f"batch {number} of {sender} does not follow the one before it"
                yield Gap(batch.at, sender, number, number, (zh, en))
            if len(batch.places) < batch.size and is_certain:
                missing = batch.size - len(batch.places)
                zh = f"{sender} 的第 {number} 批缺 {missing} 件报文"
                en = f"{missing} messages of batch {number} of {sender} are missing"
                yield Gap(batch.at, sender, number, number, (zh, en))
            before, roots = number, {one.root for one in chain.batches[number]}
