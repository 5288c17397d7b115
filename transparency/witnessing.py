"""Witnessing of checkpoints: what a log asks of a witness, how that is judged, and what is sent over the bus for it.

A request is that of c2sp.org/tlog-witness (`add-checkpoint`): the size that the witness has cosigned last, the proof of
consistency from there, and the signed checkpoint. On the bus one record holds the proofs from several such sizes, since
all witnesses read the same topic.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from jinbao.transparency.check_proof import (
    Checkpoint,
    Note,
    NotValid,
    Policy,
    VerifierKey,
    decode_base64,
    parse_checkpoint,
    parse_note,
)
from jinbao.transparency.merkle import roots_by_proof
from jinbao.transparency.signing import SigningKey, verify_fast

CHECKPOINTS_TOPIC = "jinbao.checkpoints"
"""Signed checkpoints with proofs of consistency, for every witness; no messages."""
COSIGNATURES_TOPIC = "jinbao.cosignatures"
"""Witnesses' answers: a cosignature, or why there is none."""
LONGEST_PROOF = 63
"""Hashes of a proof of consistency (tlog-witness)."""


class Published(msgspec.Struct, frozen=True):
    """A record of the topic of checkpoints."""

    note: str
    """The signed checkpoint."""
    proofs: dict[int, tuple[str, ...]]
    """Size that a witness may have cosigned last → proof of consistency from there, in base64."""
    roots: dict[int, str] = {}
    """Of those sizes that are powers of two → the log's root there, in base64, which the proof itself does not hold."""

    def proof(self, old: int, size: int) -> tuple[bytes, ...] | None:
        """From `old` entries, cosigned last, to its own `size`; None where it has none. Raises NotValid.

        From nothing, and to no more than was cosigned, no proof leads.
        """
        found = self.proofs.get(old) if 0 < old < size else ()
        return None if found is None else tuple(map(decode_base64, found))

    def root(self, old: int) -> bytes | None:
        """The log's root at that size, where it says so. Raises NotValid."""
        found = self.roots.get(old)
        return None if found is None else decode_base64(found)

    def proof_text(self, kept: Checkpoint | None) -> str:
        """The proof from that checkpoint, hashes in base64 with spaces between, behind the root there; "" for none."""
        if kept is None or kept.size not in self.proofs:
            return ""
        return " ".join((*filter(None, [self.roots.get(kept.size)]), *self.proofs[kept.size]))


class Answer(msgspec.Struct, frozen=True):
    """A record of the topic of cosignatures."""

    witness: str
    """Name of its key."""
    size: int
    """Of the checkpoint that it has cosigned last; 0 for none."""
    note: str
    """That checkpoint, signed by the log; "" for none."""
    line: str = ""
    """Its cosignature, a line of that note: by it the platform knows that the witness stands there."""
    asks: tuple[str, ...] = ()
    """Messages of its own, by event id in hexadecimal, of which it wants to see that they are in the log."""


class Proved(msgspec.Struct, frozen=True):
    """A record of the topic of checkpoints for one witness, whose name is its key: proofs that it asked for."""

    note: str
    """The signed and cosigned checkpoint on which they stand."""
    entries: dict[str, tuple[int, tuple[str, ...], str]]
    """Event id in hexadecimal → index, path and entry of the message, in base64."""


class AddCheckpoint(NamedTuple):
    """The body of a request to a witness."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.proof)]
        return "\n".join(lines) + "\n\n" + self.note


def signed_checkpoint(text: str, log: VerifierKey) -> tuple[Note, Checkpoint]:
    """A checkpoint that the log has signed. Raises NotValid."""
    note = parse_note(text)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name or not note.signed_by([log], verify_fast):
        raise NotValid("检查点没有日志的签名", "the checkpoint is not signed by its log")
    return note, checkpoint


Verdict: TypeAlias = Literal["continues", "same", "older", "unproven", "forked"]


def judge(kept: Checkpoint, new: Checkpoint, proof: Sequence[bytes] | None, root_there: bytes | None = None) -> Verdict:
    """How a checkpoint stands to the one that was cosigned last, both signed by the log; the proof is signed by nobody.

    `forked` is proven by the log's own signatures: two roots of one size, or a proof that leads to the new root and
    from another old one, which for a size that is a power of two is `root_there`. A proof that leads nowhere says
    nothing of the log, and an older checkpoint is only old.
    """
    if new.size == kept.size:
        return "same" if new.root == kept.root else "forked"
    if new.size < kept.size:
        return "older"
    if kept.size == 0:
        return "continues"
    for start in (kept.root, root_there):
        with suppress(NotValid):
            old_root, root = roots_by_proof(kept.size, start or b"", new.size, proof or ())
            if root == new.root:
                return "continues" if old_root == kept.root else "forked"
    return "unproven"


def cosigners(policy: Policy, note: str) -> list[str]:
    """Names of the policy's witnesses that have cosigned a note; none where a signature does not hold."""
    with suppress(NotValid):
        return policy.cosigned_by(parse_note(note), verify_fast)
    return []


def has_quorum(policy: Policy, note: str) -> bool:
    """Whether a quorum has cosigned a note. Its signatures are verified only where so many names stand under it."""
    lines = note.splitlines()
    named = [name for name, key in policy.witnesses.items() if any(one.startswith(f"— {key.name} ") for one in lines)]
    return policy.is_enough(named) and policy.is_enough(cosigners(policy, note))


def witness_addresses(policy: str) -> dict[str, str]:
    """Name → address of the witnesses for which a policy's text has one."""
    lines = (line.replace("\t", " ").split() for line in policy.split("\n"))
    return {words[1]: words[3] for words in lines if len(words) == 4 and words[0] == "witness"}


NO_ROOTS: Mapping[int, bytes] = MappingProxyType({})


def published(note: str, proofs: Mapping[int, Sequence[bytes]], roots: Mapping[int, bytes] = NO_ROOTS) -> bytes:
    """A record's value."""
    encoded = {old: tuple(base64.b64encode(each).decode() for each in proof) for old, proof in proofs.items()}
    told = {old: base64.b64encode(root).decode() for old, root in roots.items()}
    return msgspec.json.encode(Published(note, encoded, told))


def cosigned(key: SigningKey, note: Note, now_us: int) -> str:
    """A witness's line under a note. `now_us`: when it saw it, microseconds since 1970 UTC."""
    return key.line(note.text, now_us // 1_000_000)
