"""Merkle tree of RFC 6962 over the hashes of its entries: roots, paths of inclusion, proofs of consistency.

A tree is read through a function that gives the hash of any complete subtree, `(level, number)`: level 0 are the
leaves. Tiles have just these (`tiles.py`), so no proof needs a leaf more than its path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from jinbao.transparency.check_proof import NotValid, node_hash

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without entries."""

Subtree = Callable[[int, int], bytes]
"""Level and number → hash of that complete subtree of 2^level leaves."""


def fold(level: Sequence[bytes]) -> bytes:
    """The root over hashes of one level whose number is a power of two."""
    sha256, hashes = hashlib.sha256, list(level)
    while len(hashes) > 1:
        pairs = range(0, len(hashes), 2)
        hashes = [sha256(b"\x01" + hashes[i] + hashes[i + 1]).digest() for i in pairs]
    return hashes[0]


def complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """The largest complete subtrees (level, number) that together are the leaves from `start` to before `end`."""
    found = []
    while start < end:
        level = (start & -start).bit_length() - 1 if start else end.bit_length() - 1
        while start + (1 << level) > end:
            level -= 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def join(hashes: Iterable[bytes]) -> bytes:
    """The root over the hashes of `complete_subtrees`, from left to right."""
    found: bytes | None = None
    for each in reversed(list(hashes)):
        found = each if found is None else node_hash(each, found)
    return EMPTY_ROOT if found is None else found


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root of the tree's first `size` entries."""
    return _range(0, size, subtree)


def _range(start: int, end: int, subtree: Subtree) -> bytes:
    return join(subtree(level, number) for level, number in complete_subtrees(start, end))


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The path of an entry to the root of the first `size` entries, from its sibling upwards (RFC 6962, 2.1.1)."""
    assert 0 <= index < size
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(middle, end, subtree))
            end = middle
        else:
            path.append(_range(start, middle, subtree))
            start = middle
    return path[::-1]


def consistency_proof(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """What shows that the first `old` entries are the beginning of the first `size` (RFC 6962, 2.1.2)."""
    assert 0 <= old <= size
    if old in (0, size):
        return []
    start, end, proof = 0, size, list[bytes]()
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range(middle, end, subtree))
            end = middle
        else:
            proof.append(_range(start, middle, subtree))
            start = middle
    if start:
        proof.append(_range(start, end, subtree))
    return proof[::-1]


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise NotValid unless the proof shows the old tree to be the new one's beginning (RFC 9162, 2.1.4.2)."""
    wrong = NotValid("一致性证明不成立", "the proof of consistency does not hold")
    if old > size or (old in (0, size) and proof):
        raise wrong
    if old == 0:
        return
    if old == size:
        if old_root != root:
            raise wrong
        return
    if roots_by_proof(old, old_root, size, proof) != (old_root, root):
        raise wrong


def roots_by_proof(old: int, old_root: bytes, size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the first `old` and of all `size` entries to which a proof of consistency leads, 0 < old < size.

    Where it leads to the new root, the new tree has no other beginning: an `old_root` that differs is another history.
    `old_root` itself is a part of the proof where `old` is a power of two. Raises NotValid where the proof has not the
    length of these sizes.
    """
    wrong = NotValid("一致性证明不成立", "the proof of consistency does not hold")
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise wrong
    number, last = old - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            raise wrong
        if number & 1 or number == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, each)
        number, last = number >> 1, last >> 1
    if last:
        raise wrong
    return first, second
