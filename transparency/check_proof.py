"""Checker of a transparency log's proof: this one file and Python's standard library, nothing else.

    python3 check_proof.py FILE --policy POLICY

It reads a proof (c2sp.org/tlog-proof, whose `extra` is the entry), the checkpoint in it (c2sp.org/signed-note,
tlog-checkpoint, tlog-cosignature of type 0x04) and a policy (c2sp.org/tlog-policy), and computes every hash and every
Ed25519 signature itself. It prints JSON: exit 0 where the proof holds, 1 where it does not, 2 where it cannot be read.
The rest of the room builds on what stands here, so that there is one reading of each format.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

LOG_SIGNATURE, COSIGNATURE = 0x01, 0x04
"""Kinds of Ed25519 signature on a note: the log's own, and a witness's, which says when it saw the checkpoint."""
MOST_SIGNATURES = 100
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

Words = tuple[str, str]


class NotValid(Exception):
    """What was read does not hold, or is not written as its format says; `words` tell why in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.words: Words = (zh, en)
        super().__init__(en)


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbouring subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf has by its path, from the leaf's sibling upwards. Raises NotValid (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise NotValid(f"序号 {index} 不在 {size} 条之内", f"index {index} is outside a tree of {size} entries")
    number, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotValid("证明路径过长", "the path is too long")
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise NotValid("证明路径过短", "the path is too short")
    return found


_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def _add(a: _Point, b: _Point) -> _Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature of a public key (32 bytes) over a message holds."""
    if len(public) != 32 or len(signature) != 64 or _BASE is None:
        return False
    key, nonce, scalar = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _Q:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _Q
    left, right = _times(scalar, _BASE), _add(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


Verify = Callable[[bytes, bytes, bytes], bool]
"""Public key, signature, message → whether it holds."""


class VerifierKey(NamedTuple):
    """A public key by which a note's signature is checked, as C2SP's vkey text has it."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the hash of name, kind and key, which each signature line begins with."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def signed_message(self, text: str, signature: bytes) -> tuple[bytes, bytes]:
        """What its signature over a note's text signs, and the 64 bytes that do."""
        if self.kind == LOG_SIGNATURE:
            return text.encode(), signature
        return f"cosignature/v1\ntime {int.from_bytes(signature[:8])}\n{text}".encode(), signature[8:]


def parse_key(text: str) -> VerifierKey:
    """A vkey's text. Raises NotValid."""
    name, _, rest = text.partition("+")
    key_id, _, material = rest.partition("+")
    data = decode_base64(material)
    if not is_name(name) or len(data) != 33 or data[0] not in (LOG_SIGNATURE, COSIGNATURE):
        raise NotValid(f"不是 Ed25519 公钥：{text}", f"not a public key of Ed25519: {text}")
    key = VerifierKey(name, data[0], data[1:])
    if key.key_id.hex() != key_id:
        raise NotValid(f"公钥的编号与内容不符：{text}", f"the key's id is not that of its bytes: {text}")
    return key


def is_name(name: str) -> bool:
    """Whether a key may be called so: no space of any kind, no plus."""
    return bool(name) and not any(c.isspace() or c == "+" for c in name)


def decode_base64(text: str) -> bytes:
    """Bytes of standard base64. Raises NotValid."""
    with suppress(binascii.Error, ValueError):
        found = base64.b64decode(text, validate=True)
        if base64.b64encode(found).decode() == text:
            return found
    raise NotValid("base64 写错", "what should be base64 is not")


class Note(NamedTuple):
    """A signed note: its text, which ends with a newline, and its signature lines; nothing is verified yet."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """Name, key id, signature of each line."""

    def signed_by(self, keys: Sequence[VerifierKey], verify: Verify = verify_ed25519) -> list[VerifierKey]:
        """Those of the keys whose signatures hold. Raises NotValid where one of them signed and it does not hold."""
        known = {(key.name, key.key_id): key for key in keys}
        found: list[VerifierKey] = []
        for name, key_id, signature in self.signatures:
            key = known.get((name, key_id))
            if key is None or key in found:
                continue
            message, signature = key.signed_message(self.text, signature)
            if len(signature) != 64 or not verify(key.public, signature, message):
                raise NotValid(f"{key.name} 的签名不成立", f"the signature of {key.name} does not hold")
            found.append(key)
        return found


def parse_note(data: str) -> Note:
    """A signed note. Raises NotValid."""
    text, mark, rest = data.rpartition("\n\n")
    text += "\n"
    lines = rest[:-1].split("\n")
    is_note = mark and rest.endswith("\n") and not any(ord(c) < 0x20 and c != "\n" for c in data)
    if not is_note or len(lines) > MOST_SIGNATURES:
        raise NotValid("不是带签名的文书（signed note）", "this is not a signed note")
    found = []
    for line in lines:
        dash, _, signed = line.partition(" ")
        name, _, encoded = signed.partition(" ")
        signature = decode_base64(encoded)
        if dash != "—" or not is_name(name) or len(signature) < 5:
            raise NotValid("签名行写错", "a signature line is malformed")
        found.append((name, signature[:4], signature[4:]))
    return Note(text, tuple(found))


class Checkpoint(NamedTuple):
    """A log's tree head: whose, how many entries, and their root."""

    origin: str
    size: int
    root: bytes
    extension: str = ""
    """Further lines, each with its newline."""

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{self.extension}"


def parse_checkpoint(text: str) -> Checkpoint:
    """The text of a checkpoint's note. Raises NotValid."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NotValid("不是检查点", "this is not a checkpoint")
    found = Checkpoint(lines[0], parse_number(lines[1]), decode_base64(lines[2]), text.split("\n", 3)[3])
    if len(found.root) != 32 or str(found) != text:
        raise NotValid("检查点的根哈希写错", "the checkpoint's root is malformed")
    return found


def parse_number(text: str) -> int:
    """A decimal number without leading zeroes. Raises NotValid."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or int(text) >= 2**63:
        raise NotValid(f"不是数：{text}", f"not a number: {text}")
    return int(text)


class Policy(NamedTuple):
    """Which logs are trusted, and which witnesses must have cosigned."""

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    """Name → how many of its members must have cosigned."""
    quorum: str

    def log(self, origin: str) -> VerifierKey:
        """The key of the log of that origin. Raises NotValid where the policy has none."""
        for key in self.logs:
            if key.name == origin:
                return key
        raise NotValid(f"策略文件中没有日志 {origin}", f"the policy does not name the log {origin}")

    def cosigned_by(self, note: Note, verify: Verify = verify_ed25519) -> list[str]:
        """Names of the witnesses whose cosignatures hold. Raises NotValid where one does not."""
        signed = note.signed_by(tuple(self.witnesses.values()), verify)
        return [name for name, key in self.witnesses.items() if key in signed]

    def is_enough(self, cosigned_by: Sequence[str]) -> bool:
        """Whether these witnesses are a quorum."""
        return self.quorum == "none" or self._has(self.quorum, cosigned_by)

    def _has(self, name: str, cosigned_by: Sequence[str]) -> bool:
        if name in self.witnesses:
            return name in cosigned_by
        needed, members = self.groups[name]
        return sum(self._has(member, cosigned_by) for member in members) >= needed


def parse_policy(text: str) -> Policy:
    """A policy file. Raises NotValid, naming the line."""
    policy = Policy((), {}, {}, "")
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        try:
            policy = _with_line(policy, words) if words and not words[0].startswith("#") else policy
        except NotValid as error:
            zh, en = error.words
            raise NotValid(f"策略文件第 {number} 行：{zh}", f"policy, line {number}: {en}") from None
    if not policy.quorum:
        raise NotValid("策略文件没有 quorum 行", "the policy has no quorum line")
    return policy


def _with_line(policy: Policy, words: list[str]) -> Policy:
    match words:
        case ["log", key, *rest] if len(rest) <= 1:
            return policy._replace(logs=(*policy.logs, _own(parse_key(key), LOG_SIGNATURE, policy.logs)))
        case ["witness", name, key, *rest] if len(rest) <= 1 and _is_new(name, policy):
            found = _own(parse_key(key), COSIGNATURE, tuple(policy.witnesses.values()))
            return policy._replace(witnesses={**policy.witnesses, name: found})
        case ["group", name, needed, *members] if members and _is_new(name, policy):
            grouped = [member for _, others in policy.groups.values() for member in others] + members
            count = {"any": 1, "all": len(members)}.get(needed) or parse_number(needed)
            if any(_is_new(m, policy) or m == "none" for m in members) or len(set(grouped)) < len(grouped):
                raise NotValid("组员未定义，或已属于一个组", "a member is not defined above, or in a group already")
            if 1 <= count <= len(members):
                return policy._replace(groups={**policy.groups, name: (count, tuple(members))})
        case ["quorum", name] if not policy.quorum and not _is_new(name, policy):
            return policy._replace(quorum=name)
    raise NotValid("看不懂", "it cannot be understood")


def _is_new(name: str, policy: Policy) -> bool:
    return name != "none" and name not in policy.witnesses and name not in policy.groups


def _own(key: VerifierKey, kind: int, others: Sequence[VerifierKey]) -> VerifierKey:
    if key.kind != kind or any(other.public == key.public for other in others):
        raise NotValid("公钥用途不符，或重复", "the key is of another kind, or there twice")
    return key


@dataclass(frozen=True)
class Proof:
    """An entry's proof: its place, its path, the checkpoint's note, and the entry itself as extra data."""

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


def parse_proof(text: str) -> Proof:
    """A proof's text. Raises NotValid."""
    head, mark, note = text.partition("\n\n")
    lines = head.split("\n")
    if not mark or lines[0] != PROOF_HEADER:
        raise NotValid("不是证明文件（tlog-proof）", "this is not a tlog-proof")
    has_extra = lines[1:2] and lines[1].startswith("extra ")
    extra = decode_base64(lines.pop(1)[6:]) if has_extra else None
    path = tuple(map(decode_base64, lines[2:]))
    if len(lines) < 2 or not lines[1].startswith("index ") or any(len(each) != 32 for each in path):
        raise NotValid("证明的序号或路径写错", "the index or the path of the proof is malformed")
    return Proof(parse_number(lines[1][6:]), path, note, extra)


def check_proof(text: str, policy: Policy) -> dict[str, Any]:
    """Hold a proof against a policy: path, log's signature, witnesses. `reason`: `Words`, None where it is valid."""
    found = dict.fromkeys(("valid", "origin", "index", "size", "cosigned_by", "entry", "reason"))
    found |= {"valid": False, "cosigned_by": []}
    try:
        proof = parse_proof(text)
        note = parse_note(proof.note)
        checkpoint = parse_checkpoint(note.text)
        found |= {"origin": checkpoint.origin, "index": proof.index, "size": checkpoint.size}
        if not note.signed_by([policy.log(checkpoint.origin)]):
            raise NotValid("检查点没有日志的签名", "the checkpoint is not signed by its log")
        found["cosigned_by"] = cosigned_by = policy.cosigned_by(note)
        if not policy.is_enough(cosigned_by):
            raise NotValid("见证签名不足", "too few witnesses have cosigned")
        if proof.extra is None:
            raise NotValid("证明中没有日志条目", "the proof does not hold the entry")
        leaf = leaf_hash(proof.extra)
        if root_of_inclusion(leaf, proof.index, checkpoint.size, proof.path) != checkpoint.root:
            raise NotValid("条目不在检查点所示的日志中", "the entry is not in the log that the checkpoint shows")
        return found | {"valid": True, "entry": _entry(proof.extra)}
    except NotValid as error:
        return found | {"reason": error.words}


def _entry(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return base64.b64encode(data).decode()


def main() -> int:
    """The program: one proof against one policy."""
    parser = argparse.ArgumentParser(description="Check a proof of a transparency log against a policy.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--policy", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        policy = parse_policy(arguments.policy.read_text("utf-8", "surrogateescape"))
        text = arguments.file.read_text("utf-8")
    except (OSError, ValueError, NotValid) as error:
        print(f"{arguments.file}, {arguments.policy}: cannot be read: {error}", file=sys.stderr)
        return 2
    found = check_proof(text, policy)
    print(json.dumps(found | {"reason": found["reason"] and found["reason"][1]}, ensure_ascii=False))
    return 0 if found["valid"] else 1


if __name__ == "__main__":
    sys.exit(main())
