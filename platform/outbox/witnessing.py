"""Witnessing of the log, the platform's side: newest checkpoints go to the witnesses, their cosignatures come back.

It stands beside ingest and relay and holds neither up. A cosignature is a further line of the note of its head. The
witnesses are those of the policy; what others answer is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.outbox.stranger_witnesses import StrangerWitness
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store
from jinbao.platform.store.tree import read_tile
from jinbao.transparency.check_proof import NotValid, Policy, parse_checkpoint, parse_note
from jinbao.transparency.merkle import consistency_proof
from jinbao.transparency.signing import verify_fast
from jinbao.transparency.tiles import stored_subtree
from jinbao.transparency.witnessing import CHECKPOINTS_TOPIC, COSIGNATURES_TOPIC, Answer, Proved, cosigners, published

_READ_BACK = 1_000
"""Answers that are read again after a start."""
_MOST_READ = 500
MOST_ASKED = 10
"""Proofs that a witness gets at once, about one a second."""
_SIGNED = "SELECT size, root, note, recorded_at FROM tree_heads WHERE note IS NOT NULL "
_decode = msgspec.json.Decoder(Answer).decode
NOBODY: Mapping[str, str] = MappingProxyType({})
Prove: TypeAlias = Callable[[Bulk, Policy, Sequence[bytes]], Proved | None]
"""Messages by event id → proofs of those that a quorum has seen in the log; None where there are none."""


def nothing(bulk: Bulk, policy: Policy, ids: Sequence[bytes]) -> Proved | None:
    """No proofs."""
    return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A witness has refused a checkpoint: it and what the witness had cosigned are not of one history."""

    witness: str
    code: str
    """`FORKED` or `ROLLED_BACK`."""
    kept: str
    shown: str


class Witnessing:
    """Publishes checkpoints and gathers cosignatures; several processes may, one is enough."""

    def __init__(
        self, bus: Bus, store: Store, policy: Policy, addresses: Mapping[str, str] = NOBODY, prove: Prove = nothing
    ) -> None:
        """`addresses`: of witnesses of the policy that are asked over HTTP, by their names in it.

        `prove`: what witnesses are answered who ask for their own messages. Raises BusError.
        """
        self._prove = prove
        self._strangers = [StrangerWitness(policy.witnesses[name].name, url) for name, url in addresses.items()]
        self._store, self._policy = store, policy
        self._producer = bus.producer()
        self._reader = bus.reader(COSIGNATURES_TOPIC)
        self._reader.seek(0, max(0, max(bus.end_offsets(COSIGNATURES_TOPIC).values()) - _READ_BACK))
        self._known: dict[str, int] = {}
        """Witness → size of what it has cosigned last."""
        self._asked: set[str] = set()
        """Those that need a proof from where they stand."""
        self._published = 0
        self.refusals: dict[str, Refusal] = {}
        """Witness → what it refused last."""

    def step(self) -> int:
        """Gather answers, then publish the newest checkpoint unless it was; how much was done.

        Raises BusError and StoreError.
        """
        return self.gather() + self.publish()

    def publish(self) -> int:
        """Send the newest signed checkpoint, with proofs from where witnesses stand; 1 where there is one to send."""
        with self._store.read() as work:
            found = work.bulk.execute(f"{_SIGNED}ORDER BY size DESC LIMIT 1").fetchone()
            if found is None or (found.size == self._published and not self._asked):
                return 0
            proofs = _proofs(work.bulk, {*self._known.values(), self._published}, found.size)
        self._producer.send([OutgoingRecord(CHECKPOINTS_TOPIC, b"", published(found.note, proofs))])
        self._ask_strangers(found.note, found.size)
        self._published = found.size
        self._asked.clear()
        return 1

    def _ask_strangers(self, note: str, size: int) -> None:
        for stranger in self._strangers:

            def prove(old: int) -> Sequence[bytes]:
                with self._store.read() as work:
                    return _proofs(work.bulk, {old}, size).get(old, ())

            if lines := stranger.ask(note, size, prove):
                self._keep(note, lines)
            elif stranger.refused:
                self.refusals[stranger.name] = Refusal(stranger.name, "FORKED", "", note)

    def _answer(self, asked: Mapping[str, Sequence[bytes]]) -> None:
        """Send each witness the proofs of the messages that it asked for."""
        records = []
        with self._store.read() as work:
            for name, ids in asked.items():
                proved = self._prove(work.bulk, self._policy, ids[:MOST_ASKED])
                if proved is not None:
                    records.append(OutgoingRecord(CHECKPOINTS_TOPIC, name.encode(), msgspec.json.encode(proved)))
        if records:
            self._producer.send(records)

    def gather(self) -> int:
        """Take what witnesses have answered, and answer what they ask; the number of answers taken."""
        done = 0
        while records := self._reader.poll(_MOST_READ):
            answers = [answer for record in records if (answer := _read(record.value)) is not None]
            self._take(answers)
            done += sum(not answer.asks for answer in answers)
        return done

    def _take(self, answers: Sequence[Answer]) -> None:
        lines: dict[str, list[str]] = {}
        names = {key.name for key in self._policy.witnesses.values()}
        for answer in answers:
            if answer.witness not in names:
                continue
            if answer.asks:
                continue
            self._known[answer.witness] = answer.size
            if answer.refused:
                self.refusals[answer.witness] = Refusal(answer.witness, answer.refused, answer.note, answer.shown)
            elif answer.line:
                lines.setdefault(answer.note, []).append(answer.line)
            elif answer.size < self._published:
                self._asked.add(answer.witness)
        for note, added in lines.items():
            self._keep(note, added)
        asked = {one.witness: ids for one in answers if one.witness in names and (ids := _ids(one.asks))}
        if asked:
            self._answer(asked)

    def _keep(self, shown: str, lines: Sequence[str]) -> None:
        """Append cosignatures to the stored note of their head, those that hold and are not there yet."""
        try:
            size = parse_checkpoint(parse_note(shown).text).size
        except NotValid:
            return
        with self._store.write(lock=False) as work:
            note = work.bulk.execute(f"{_SIGNED}AND size = ?", size).fetchone()
            if note is None:
                return
            longer = _with_lines(self._policy, note.note, lines)
            if longer != note.note:
                sql = "UPDATE tree_heads SET note = ? WHERE size = ? AND note = ?"
                work.bulk.execute(sql, longer, size, note.note)

    def unwitnessed_since(self) -> int | None:
        """When the oldest head was recorded that no quorum has cosigned, microseconds since 1970 UTC; None: all have.

        Of the last thousand.
        """
        with self._store.read() as work:
            return unwitnessed_since(work.bulk, self._policy)

    def close(self) -> None:
        """Leave the bus."""
        for stranger in self._strangers:
            stranger.close()
        self._reader.close()
        self._producer.close()


def unwitnessed_since(bulk: Bulk, policy: Policy) -> int | None:
    """As `Witnessing.unwitnessed_since`."""
    oldest: int | None = None
    sql = "SELECT size, note, recorded_at FROM tree_heads ORDER BY size DESC LIMIT 1000"
    for _, note, recorded_at in bulk.execute(sql).fetchall():
        if note is not None and policy.is_enough(cosigners(policy, note)):
            break
        oldest = recorded_at
    return oldest


def _proofs(bulk: Bulk, sizes: set[int], size: int) -> dict[int, Sequence[bytes]]:
    subtree = stored_subtree(lambda key: read_tile(bulk, key))
    return {old: consistency_proof(old, size, subtree) for old in sorted(sizes) if 0 < old < size}


def _ids(asks: Sequence[str]) -> list[bytes]:
    with suppress(ValueError):
        return [bytes.fromhex(one) for one in asks]
    return []


def _read(value: bytes) -> Answer | None:
    try:
        return _decode(value)
    except msgspec.DecodeError:
        return None


def _with_lines(policy: Policy, note: str, lines: Sequence[str]) -> str:
    """The note with more cosignatures: one a witness, and only those that hold."""
    known = parse_note(note)
    names = {name for name, _, _ in known.signatures}
    for line in lines:
        with suppress(NotValid, ValueError):  # one that holds more than one signature is no line
            added = parse_note(f"{known.text}\n{line}")
            ((name, _, _),) = added.signatures
            if name not in names and policy.cosigned_by(added, verify_fast):
                names.add(name)
                note += line
    return note
