"""Witnessing of the log, the platform's side: newest checkpoints go to the witnesses, their cosignatures come back.

It stands beside ingest and relay and holds neither up. A cosignature is a further line of the note of its head. The
witnesses are those of the policy; what others answer is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.outbox.stranger_witnesses import StrangerWitness
from jinbao.platform.outbox.witnessed import Tail, note_witnessed, unwitnessed
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store
from jinbao.platform.store.tree import read_tile
from jinbao.transparency.check_proof import Checkpoint, NotValid, Policy, parse_checkpoint, parse_note
from jinbao.transparency.merkle import consistency_proof, root_at
from jinbao.transparency.signing import verify_fast
from jinbao.transparency.tiles import stored_subtree
from jinbao.transparency.witnessing import (
    CHECKPOINTS_TOPIC,
    COSIGNATURES_TOPIC,
    Answer,
    Proved,
    cosigners,
    published,
    signed_checkpoint,
)

_READ_BACK = 1_000
"""Answers that are read again after a start."""
_MOST_READ = 500
MOST_ASKED = 10
"""Proofs that a witness gets at once, about one a second."""
_SIGNED = "SELECT size, note FROM tree_heads WHERE note IS NOT NULL "
_decode = msgspec.json.Decoder(Answer).decode
NOBODY: Mapping[str, str] = MappingProxyType({})
Prove: TypeAlias = Callable[[Bulk, Policy, Sequence[bytes]], Proved | None]
"""Messages by event id → proofs of those that a quorum has seen in the log; None where there are none."""


def nothing(bulk: Bulk, policy: Policy, ids: Sequence[bytes]) -> Proved | None:
    """No proofs."""
    return None


class Refusal(NamedTuple):
    """This database's log does not continue what a witness has cosigned."""

    witness: str
    code: Literal["FORKED", "ROLLED_BACK", "REFUSED"]
    """The first two are proven by the log's own signature; the last is a stranger's word."""
    kept: str = ""
    """The checkpoint that the log had signed and the witness cosigned."""


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
        self._published, self._note = 0, ""
        self.refusals: dict[str, Refusal] = {}
        """Witness → what it refused last."""

    def step(self) -> int:
        """Gather answers, then publish the newest checkpoint unless it was; how much was done.

        Raises BusError and StoreError.
        """
        done = self.gather() + self.publish()
        self._ask_strangers(self._note, self._published)
        return done

    def publish(self) -> int:
        """Send the newest signed checkpoint, with proofs from where witnesses stand; 1 where there is one to send."""
        with self._store.read() as work:
            found = work.bulk.execute(f"{_SIGNED}ORDER BY size DESC LIMIT 1").fetchone()
            if found is None or (found.size == self._published and not self._asked):
                return 0
            proofs = _proofs(work.bulk, {*self._known.values(), self._published}, found.size)
            roots = _roots(work.bulk, proofs)
        self._producer.send([OutgoingRecord(CHECKPOINTS_TOPIC, b"", published(found.note, proofs, roots))])
        self._published, self._note = found.size, found.note
        self._asked.clear()
        return 1

    def _ask_strangers(self, note: str, size: int) -> None:
        for stranger in self._strangers if size else ():

            def prove(old: int) -> Sequence[bytes]:
                with self._store.read() as work:
                    return _proofs(work.bulk, {old}, size).get(old, ())

            if lines := stranger.ask(note, size, prove):
                self._keep(size, lines)
            if stranger.refused:
                self.refusals[stranger.name] = Refusal(stranger.name, "REFUSED")
            else:
                self.refusals.pop(stranger.name, None)

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
        """Take what the witnesses say themselves: a stand counts by the log's signature and by the witness's own."""
        lines: dict[int, list[str]] = {}
        standing = [(one, stand) for one in answers if (stand := _standing(self._policy, one)) is not None]
        wrong = self._wrong({stand for _, stand in standing})
        for answer, stand in standing:
            refusal = Refusal(answer.witness, wrong[stand], answer.note) if stand in wrong else None
            is_told = refusal == self.refusals.get(answer.witness)
            self._known[answer.witness] = stand.size
            if refusal is None:
                self.refusals.pop(answer.witness, None)
                lines.setdefault(stand.size, []).append(answer.line)
            else:
                self.refusals[answer.witness] = refusal
            if stand.size < self._published and (refusal is None or not is_told):
                self._asked.add(answer.witness)  # the proof from there is to it the proof of another history, too
        for size, added in lines.items():
            self._keep(size, added)
        names = {key.name for key in self._policy.witnesses.values()}
        asked = {one.witness: ids for one in answers if one.witness in names and (ids := _ids(one.asks))}
        if asked:
            self._answer(asked)

    def _wrong(self, stands: set[Checkpoint]) -> dict[Checkpoint, Literal["FORKED", "ROLLED_BACK"]]:
        """Which of these checkpoints, all signed by the log, are not of this database's history."""
        found: dict[Checkpoint, Literal["FORKED", "ROLLED_BACK"]] = {}
        with self._store.read() as work:
            size = work.bulk.execute("SELECT MAX(size) FROM tree_heads").scalar() or 0
            subtree = stored_subtree(lambda key: read_tile(work.bulk, key))
            for stand in stands:
                if stand.size > size:
                    found[stand] = "ROLLED_BACK"
                elif root_at(stand.size, subtree) != stand.root:
                    found[stand] = "FORKED"
        return found

    def _keep(self, size: int, lines: Sequence[str]) -> None:
        """Append cosignatures to the stored note of their head, those that hold and are not there yet."""
        with self._store.write(lock=False) as work:
            found = work.bulk.execute(f"{_SIGNED}AND size = ?", size).fetchone()
            if found is None:
                return
            longer = _with_lines(self._policy, found.note, lines)
            if longer != found.note:
                sql = "UPDATE tree_heads SET note = ? WHERE size = ? AND note = ?"
                work.bulk.execute(sql, longer, size, found.note)
                if self._policy.is_enough(cosigners(self._policy, longer)):
                    note_witnessed(work, size)

    def unwitnessed(self) -> Tail | None:
        """The end of the log that no quorum has cosigned; None where one has all."""
        with self._store.read() as work:
            return unwitnessed(work.bulk, self._policy)

    def close(self) -> None:
        """Leave the bus."""
        for stranger in self._strangers:
            stranger.close()
        self._reader.close()
        self._producer.close()


def _standing(policy: Policy, answer: Answer) -> Checkpoint | None:
    """Where a witness of the policy stands, by the log's signature and its own; None where either does not hold."""
    with suppress(NotValid, ValueError):
        text = answer.note + answer.line
        note, stand = signed_checkpoint(text, policy.log(parse_checkpoint(parse_note(text).text).origin))
        if answer.witness in {policy.witnesses[name].name for name in policy.cosigned_by(note, verify_fast)}:
            return stand
    return None


def _proofs(bulk: Bulk, sizes: set[int], size: int) -> dict[int, Sequence[bytes]]:
    subtree = stored_subtree(lambda key: read_tile(bulk, key))
    return {old: consistency_proof(old, size, subtree) for old in sorted(sizes) if 0 < old < size}


def _roots(bulk: Bulk, sizes: Iterable[int]) -> dict[int, bytes]:
    """Roots at those sizes that are powers of two."""
    subtree = stored_subtree(lambda key: read_tile(bulk, key))
    return {size: root_at(size, subtree) for size in sizes if size & (size - 1) == 0}


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
