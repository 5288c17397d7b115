"""Signed batches: one signature over the Merkle root of many messages, each carrying its path to that root.

A message's signature, by Ed25519 or SM2 with SM3, is verifiable alone. Its bytes, integers big-endian (docs/audit.md):

    version 1 (1) | key id (4) | number (8) | size (4) | previous root (32) | signature (64) | index (4) | path

The tree is that of RFC 6962; the path leads from the leaf's sibling upwards, 32 bytes each. What is signed is `text`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from jinbao.transparency.check_proof import NotValid, Verify, node_hash
from jinbao.transparency.sm2 import AgencyKey, verify_agency

VERSION = 1
UNCHAINED = 0
"""Number of a batch that belongs to no chain."""
NO_ROOT = bytes(32)
"""What the first batch of a chain names as the one before it."""
MOST_MESSAGES = 256
"""Of one batch: a longer path would cost each message more than the signature saves."""
LONGEST_SIGNATURE = 1_024
_HASH = 32
_HEAD = Struct(">B4sQI32s64s")
_PLACE = Struct(">I")
_PATH = _HEAD.size + _PLACE.size
_MOST_NODES = 200_000


class Signature(NamedTuple):
    """A message's signature, read; nothing is verified."""

    key_id: bytes
    number: int
    """Of the batch in its sender's chain, from 1 on; `UNCHAINED` for none."""
    size: int
    """How many messages the batch has."""
    previous: bytes
    """Root of the batch before it."""
    signed: bytes
    """The batch's signature."""
    place: int
    """Of the message in its batch, from 0 on."""
    path: bytes
    """The hashes up to the root, one after the other."""


def text(origin: str, sender: str, number: int, size: int, previous: bytes, root: bytes) -> str:
    """What a batch's signature signs: for which log, whose, which and how large, the root before it and its own."""
    roots = "".join(f"{base64.b64encode(each).decode()}\n" for each in (previous, root))
    return f"jinbao-batch/v1\n{origin}\n{sender}\n{number}\n{size}\n{roots}"


def parse_signature(data: bytes) -> Signature:
    """A message's signature. Raises NotValid."""
    if len(data) < _PATH or len(data) > LONGEST_SIGNATURE or data[0] != VERSION or (len(data) - _PATH) % _HASH:
        raise NotValid("报文签名写错", "the message's signature is malformed")
    _, key_id, number, size, previous, signed = _HEAD.unpack_from(data)
    (index,) = _PLACE.unpack_from(data, _HEAD.size)
    if not index < size <= 1 << 20:
        raise NotValid("报文签名的序号写错", "the signature's index is outside its batch")
    return Signature(key_id, number, size, previous, signed, index, data[_PATH:])


def key_id_of(data: bytes) -> bytes:
    """The id of the key that a signature names; a few bytes of anything for what is none."""
    return data[1:5]


def root_of(leaf: bytes, found: Signature) -> bytes:
    """The root that a leaf has by its path. Raises NotValid."""
    *_, root = (node for _, node, _ in _climb(leaf, found))
    return root


def _climb(leaf: bytes, found: Signature) -> Iterator[tuple[tuple[int, int], bytes, bytes]]:
    """((number, last number of its level), hash, rest of the path) of each node from the leaf to the root."""
    node, number, last, path = leaf, found.place, found.size - 1, found.path
    while last:
        yield (number, last), node, path
        if number ^ 1 <= last:
            other, path = path[:_HASH], path[_HASH:]
            if len(other) != _HASH:
                raise NotValid("签名路径过短", "the signature's path is too short")
            node = node_hash(other, node) if number & 1 else node_hash(node, other)
        number, last = number >> 1, last >> 1
    if path:
        raise NotValid("签名路径过长", "the signature's path is too long")
    yield (0, 0), node, b""


class Signed(NamedTuple):
    """A batch that was signed: its root, and each message's signature."""

    root: bytes
    signatures: list[bytes]


def sign_batch(
    key: AgencyKey,
    origin: str,
    sender: str,
    leaves: Sequence[bytes],
    number: int = UNCHAINED,
    previous: bytes = NO_ROOT,
) -> Signed:
    """Sign one batch over the leaf hashes of its messages, at least one."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        levels.append(level + below[len(below) & ~1 :])
    (root,) = levels[-1]
    signed = key.sign_bytes(text(origin, sender, number, len(leaves), previous, root).encode())
    head = _HEAD.pack(VERSION, key.verifier.key_id, number, len(leaves), previous, signed)
    return Signed(root, [head + _PLACE.pack(index) + _path(levels, index) for index in range(len(leaves))])


def _path(levels: Sequence[Sequence[bytes]], index: int) -> bytes:
    found = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return b"".join(found)


class _Batch:
    """A batch whose signature holds, and nodes that are known to lead to its root, each with its path."""

    __slots__ = ("nodes", "root")

    def __init__(self, root: bytes) -> None:
        self.root = root
        self.nodes: dict[tuple[int, int], bytes] = {}


class BatchVerifier:
    """Verifies messages' signatures: a batch's own once, then of each message the nodes that none before it had."""

    def __init__(self, verify: Verify = verify_agency) -> None:
        self._verify = verify
        self._batches: dict[tuple[str, str, bytes, bytes], _Batch] = {}
        self._nodes = 0

    def root(self, origin: str, sender: str, public: bytes, data: bytes, leaf: bytes) -> bytes | None:
        """Root of the batch that the signature `data` proves the leaf to be in; None where it does not hold."""
        head = data[: _HEAD.size]
        known = self._batches.get((origin, sender, public, head))
        if known is None:
            return self._first(origin, sender, public, data, leaf)
        nodes, sha, path = known.nodes, sha256, data[_PATH:]
        if len(data) < _PATH or len(path) % _HASH:
            return None
        size = int.from_bytes(head[13:17])
        number, last = int.from_bytes(data[_HEAD.size : _PATH]), size - 1
        if number > last:
            return None
        node, new = leaf, []
        while last:
            if number ^ 1 <= last:
                other, path = path[:_HASH], path[_HASH:]
                if len(other) != _HASH:
                    return None
                node = sha(b"\x01" + other + node if number & 1 else b"\x01" + node + other).digest()
            number, last = number >> 1, last >> 1
            found = nodes.get((number, last))
            if found is not None:
                if found != node + path:
                    return None
                break
            new.append(((number, last), node + path))
        else:
            if node != known.root or path:
                return None
        if new:
            nodes.update(new)
            self._count(len(new))
        return known.root

    def _first(self, origin: str, sender: str, public: bytes, data: bytes, leaf: bytes) -> bytes | None:
        try:
            found = parse_signature(data)
            root = root_of(leaf, found)
        except NotValid:
            return None
        message = text(origin, sender, found.number, found.size, found.previous, root).encode()
        if not self._verify(public, found.signed, message):
            return None
        batch = _Batch(root)
        batch.nodes = {place: node + path for place, node, path in _climb(leaf, found) if place[1] < found.size - 1}
        self._batches[origin, sender, public, data[: _HEAD.size]] = batch
        self._count(len(batch.nodes) + 1)
        return root

    def _count(self, added: int) -> None:
        """Forget everything once it is much: a batch is verified anew then."""
        self._nodes += added
        if self._nodes > _MOST_NODES:
            self._batches.clear()
            self._nodes = 0
