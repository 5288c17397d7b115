"""Verification of the transparency log: every entry made again from its row, every root and signature checked.

What is trusted is a policy and, for a tree that was recomputed as a whole, checkpoints that somebody else has kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from jinbao.language.words import Translator, Words
from jinbao.platform.audit.log.places import EMPTY, Entries, Head, Placed, heads, placed
from jinbao.platform.audit.log.population import Population
from jinbao.platform.audit.log.signatures import SignedMessages, is_of_keys
from jinbao.platform.audit.statements.rules import Changed
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.entries import SOURCES, Source
from jinbao.platform.store.tree import ADOPTED
from jinbao.presentation.formatting import iso
from jinbao.transparency.check_proof import Checkpoint, Note, NotValid, Policy, leaf_hash, parse_checkpoint, parse_note
from jinbao.transparency.merkle import root_at
from jinbao.transparency.signing import verify_fast
from jinbao.transparency.tiles import WIDTH, TiledTree, TileKey, stored_subtree

WITNESSES_MAY_DIFFER_US = 600_000_000
"""[assumed] How far a row's time may lie outside what the witnesses' times say: clocks, and a slow way to them."""
MOST_COMPARED = 1_000
"""Changed entries that are tried in one another's place."""
_RECORDED_AT = {
    source.name: at
    for source in SOURCES
    for at, column in enumerate(source.table.columns)
    if column.name in ("recorded_at", "confirmed_at")
}
"""Table → which of its columns says when a row was recorded."""


class Bad(NamedTuple):
    """Something that does not hold: where in the log, what kind of thing, and in words."""

    at: int
    code: str
    text: Words


@dataclass
class Verified:
    """What a verification found."""

    origin: str = ""
    size: int = 0
    root: bytes = b""
    signatures: int = 0
    cosignatures: int = 0
    witnessed: int = 0
    """Entries under the newest checkpoint that the policy accepts."""
    fits: int = 0
    """Entries under the last head whose root the rows give, before the first whose root they do not."""
    unfit: int | None = None
    """Size of that first one."""
    seen_at: int | None = None
    """When the witnesses saw that checkpoint: the middle one's time, microseconds since 1970 UTC."""
    bad: list[Bad] = field(default_factory=list)
    adopted: dict[str, int] = field(default_factory=dict)
    """Table → its last row that was there before the tree began."""
    population: Population = field(default_factory=Population)
    unprotected: list[Words] = field(default_factory=list)
    """What is in the log and was taken unsigned."""
    rules: list[Changed] = field(default_factory=list)
    """Each time that other rules came into force."""
    subtree: Callable[[int, int], bytes] = field(default=lambda level, number: b"")

    @property
    def first_bad(self) -> Bad | None:
        """What does not hold, first in the log."""
        return min(self.bad, key=lambda bad: bad.at, default=None)

    def bracket(self, end: int) -> None:
        """Note that the rows do not give the root of a head; only the first is kept, since all later ones follow."""
        if self.unfit is None:
            self.unfit = end

    def add(self, at: int, code: str, zh: str, en: str) -> None:
        """Note something that does not hold."""
        self.bad.append(Bad(at, code, (zh, en)))


def verify_log(
    bulk: Bulk, policy: Policy, against: Sequence[str] = (), told: Callable[[int], None] = lambda size: None
) -> Verified:
    """Hold the log against a policy and checkpoints kept elsewhere. `told` hears how many entries were read."""
    found = Verified()
    tree, entries, before = TiledTree(0, lambda key: b""), Entries(bulk), EMPTY
    stored, signed = _StoredLeaves(bulk), SignedMessages(found.add)
    for head in heads(bulk):
        leaves = []
        for each in entries.of(before, head):
            entry = each.entry
            if entry is None:
                _missing(found, each)
            else:
                assert each.row is not None
                _note_row(found, each, head.recorded_at)
                signed.note(each.at, each.source.name, each.row)
            leaves.append(stored.leaf(each.at) if entry is None else leaf_hash(entry))
        tree.extend(leaves)
        if head.recorded_at < before.recorded_at:
            zh, en = "头的记录时间早于前一个", "a head was recorded before the one before it"
            found.add(before.size, "TIME_IMPLAUSIBLE", zh, en)
        _check_time(found, before, head)
        root = tree.root()
        if tree.size != head.size or root != head.root:
            found.bracket(head.size)
        if head.note is not None:
            _check_note(found, policy, head, tree.size, root)
        if found.unfit is None:
            found.fits = head.size
        before = head
        told(tree.size)
    found.size, found.root = tree.size, tree.root()
    found.subtree = stored_subtree(tree.changed.__getitem__)
    for source, key in entries.left():
        zh, en = f"{source.name} 的第 {key} 行没有日志条目", f"row {key} of {source.name} has no entry"
        found.add(found.size, "ENTRY_MISSING", zh, en)
    _check_tiles(found, bulk, tree)
    _check_delivered(found, bulk)
    signed.finish(policy)
    found.signatures += signed.verified
    found.unprotected = signed.unprotected()
    found.population.gaps_of_batches = [gap.as_json() for gap in signed.gaps()]
    found.population.begun_anew = signed.begun_anew()
    for note in against:
        _check_against(found, policy, note)
    return found


class _StoredLeaves:
    """Leaf hashes as they are stored: they stand in for rows that are gone, so that what follows can be checked."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def leaf(self, index: int) -> bytes:
        """The stored hash of an entry; of zeroes where there is none."""
        sql = "SELECT hashes FROM tree_tiles WHERE level = 0 AND number = ?"
        hashes = bytes(self._bulk.execute(sql, index // WIDTH).scalar() or b"")
        at = index % WIDTH * 32
        return hashes[at : at + 32].ljust(32, b"\0")


def _missing(found: Verified, each: Placed) -> None:
    table = each.source.name
    found.add(each.at, "ENTRY_MISSING", f"{table} 缺第 {each.key} 行", f"row {each.key} of {table} is gone")


def _note_row(found: Verified, each: Placed, recorded_at: int) -> None:
    """Count a row's message, and see that the row was recorded when its transaction's head was."""
    assert each.row is not None
    name = each.source.name
    if name == "tree_statements" and each.row[2] == ADOPTED:
        with suppress(ValueError):  # what cannot be read is not what was recorded, which its hash tells
            found.adopted = json.loads(each.row[3])
    if name in ("events", "intake"):
        found.population.add(name, each.row)
    at = _RECORDED_AT.get(name)
    if at is not None and each.row[at] != recorded_at and each.key > found.adopted.get(name, 0):
        zh = f"{name} 第 {each.key} 行的记录时间与日志的头不符"
        code = "KEYS_CHANGED" if is_of_keys(name, each.row) else "TIME_IMPLAUSIBLE"
        found.add(each.at, code, zh, f"row {each.key} of {name} was not recorded when its head was")


def _check_note(found: Verified, policy: Policy, head: Head, size: int, root: bytes) -> None:
    """Hold a head's checkpoint against the policy and against the rows."""
    assert head.note is not None
    try:
        note = parse_note(head.note)
        checkpoint = parse_checkpoint(note.text)
    except NotValid as error:
        found.add(head.size, "BAD_SIGNATURE", *error.words)
        return
    found.origin = found.origin or checkpoint.origin
    try:
        key = policy.log(checkpoint.origin)
    except NotValid as error:
        found.add(0, "FOREIGN_LOG", *error.words)
        return
    try:
        if not note.signed_by([key], verify_fast):
            raise NotValid("检查点没有日志的签名", "the checkpoint is not signed by its log")
        cosigned_by = policy.cosigned_by(note, verify_fast)
    except NotValid as error:
        found.add(head.size, "BAD_SIGNATURE", *error.words)
        return
    found.signatures += 1
    found.cosignatures += len(cosigned_by)
    if (checkpoint.size, checkpoint.root) != (size, root):
        found.bracket(head.size)
    elif policy.is_enough(cosigned_by):
        found.witnessed, found.seen_at = head.size, _seen_at(policy, note)
        if found.seen_at is not None and head.recorded_at > found.seen_at + WITNESSES_MAY_DIFFER_US:
            zh = "头的记录时间晚于见证方看到它的时间"
            found.add(head.size - 1, "TIME_IMPLAUSIBLE", zh, "a head was recorded after the witnesses saw it")


def _seen_at(policy: Policy, note: Note) -> int | None:
    known = {(key.name, key.key_id) for key in policy.witnesses.values()}
    times = sorted(int.from_bytes(signed[:8]) for name, key_id, signed in note.signatures if (name, key_id) in known)
    return times[len(times) // 2] * 1_000_000 if times else None


def _check_time(found: Verified, before: Head, head: Head) -> None:
    """What came after a checkpoint that the witnesses saw was recorded after that: they cosign only the newest."""
    if found.seen_at is None or before.size != found.witnessed:
        return
    if head.recorded_at < found.seen_at - WITNESSES_MAY_DIFFER_US:
        zh = "记录时间早于见证方看到前一检查点的时间"
        found.add(before.size, "TIME_IMPLAUSIBLE", zh, "recorded before the witnesses saw the checkpoint before it")


def _check_tiles(found: Verified, bulk: Bulk, tree: TiledTree) -> None:
    """Hold the stored tiles against those made of the rows: they tell which entry it is that was changed."""
    changed, seen = list[int](), set[TileKey]()
    for level, number, hashes in bulk.stream("SELECT level, number, hashes FROM tree_tiles ORDER BY level, number"):
        own = tree.changed.get((level, number), b"")
        seen.add((level, number))
        if own == bytes(hashes):
            continue
        if level and not changed:
            found.add(
                number * WIDTH ** (level + 1), "PROJECTION_DIFFERS", "瓦片与条目不符", "a tile is not its entries'"
            )
        if level:
            continue
        same = [own[i : i + 32] == hashes[i : i + 32] for i in range(0, max(len(own), len(hashes)), 32)]
        changed += [number * WIDTH + i for i, equal in enumerate(same) if not equal]
    for level, number in tree.changed.keys() - seen:
        found.add(number * WIDTH ** (level + 1), "PROJECTION_DIFFERS", "缺一个瓦片", "a tile is gone")
    if changed and found.unfit is None:
        found.add(changed[0], "PROJECTION_DIFFERS", "瓦片与条目不符", "a tile differs")
    elif changed:
        _name_changed(found, bulk, changed[:MOST_COMPARED])
    if found.unfit is not None and not any(bad.at < found.unfit for bad in found.bad):
        zh = f"第 {found.fits} 至 {found.unfit} 条之间的记录不是检查点所签的"
        en = f"rows between entries {found.fits} and {found.unfit} are not those that the checkpoint signed"
        found.add(found.fits, "ENTRY_CHANGED", zh, en)


def _name_changed(found: Verified, bulk: Bulk, changed: Sequence[int]) -> None:
    """Say of each changed entry which row it is, and whether it only stands in another's place."""
    leaves = _StoredLeaves(bulk)
    rows = [each for index in changed for each in placed(bulk, index, index + 1)]
    wanted = {leaves.leaf(each.at): each for each in rows}
    keys: dict[Source, list[int]] = {}
    for each in rows:
        keys.setdefault(each.source, []).append(each.key)
    for each in rows:
        if each.row is None:
            continue
        moved = (leaf_hash(each.source.entry((key, *each.row[1:]))) for key in keys[each.source] if key != each.key)
        code = "ORDER_CHANGED" if any(leaf in wanted for leaf in moved) else "ENTRY_CHANGED"
        table = each.source.name
        if code == "ORDER_CHANGED":
            zh, en = f"{table} 第 {each.key} 行换了位置", f"row {each.key} of {table} stands in another's place"
        else:
            zh, en = f"{table} 第 {each.key} 行被改过", f"row {each.key} of {table} is not what was recorded"
            code = "KEYS_CHANGED" if is_of_keys(table, each.row) else code
        found.bad.insert(0, Bad(each.at, code, (zh, en)))


def _check_delivered(found: Verified, bulk: Bulk) -> None:
    """What is still to be sent must be what was recorded, and what was sent must stand under a signed checkpoint."""
    for number, records, delivered_at, digest in bulk.stream("SELECT id, records, delivered_at, digest FROM outbox"):
        changed = (
            bytes(records) != b"" if delivered_at is not None else sha256(records).digest() != bytes(digest or b"")
        )
        if changed and number > found.adopted.get("outbox", 0):
            zh, en = f"outbox 第 {number} 行的内容被改过", f"what row {number} of outbox holds is not what was recorded"
            found.add(found.size, "ENTRY_CHANGED", zh, en)
    sent = bulk.execute("SELECT COALESCE(MAX(id), 0) FROM outbox WHERE delivered_at IS NOT NULL").scalar_one()
    signed = bulk.execute("SELECT COALESCE(MAX(outbox), 0) FROM tree_heads WHERE note IS NOT NULL").scalar_one()
    if sent > max(signed, found.adopted.get("outbox", 0)):
        zh, en = (
            f"outbox 第 {sent} 行已发出而无签名的检查点",
            f"row {sent} of outbox was sent unsigned",
        )
        found.add(found.size, "BAD_SIGNATURE", zh, en)


def _check_against(found: Verified, policy: Policy, text: str) -> None:
    """Hold the log against a checkpoint that somebody else has kept.

    What it contradicts stands where it ends, so that a row that is known to have been changed is named before it.
    """
    try:
        note = parse_note(text)
        kept: Checkpoint = parse_checkpoint(note.text)
        if not note.signed_by([policy.log(kept.origin)], verify_fast):
            raise NotValid("所持检查点没有日志的签名", "the kept checkpoint is not signed by its log")
    except NotValid as error:
        found.add(found.size, "BAD_SIGNATURE", *error.words)
        return
    if found.origin and kept.origin != found.origin:
        zh, en = f"所持检查点属于 {kept.origin}", f"the kept checkpoint is of {kept.origin}"
        found.add(found.size, "FOREIGN_LOG", zh, en)
    elif kept.size > found.size:
        zh, en = (
            f"所持检查点有 {kept.size} 条，日志只有 {found.size} 条",
            f"it had {kept.size} entries, now {found.size}",
        )
        found.add(found.size, "ROLLED_BACK", zh, en)
    elif root_at(kept.size, found.subtree) != kept.root:
        zh, en = (
            f"前 {kept.size} 条与所持检查点不符",
            f"the first {kept.size} entries are not those of the kept checkpoint",
        )
        found.add(kept.size, "FORKED", zh, en)


def as_json(found: Verified, not_covered: Sequence[str], tr: Translator) -> dict[str, Any]:
    """The result as `jinbao audit verify --json` prints it."""
    first = found.first_bad
    return {
        "ok": first is None,
        "origin": found.origin or None,
        "size": found.size,
        "root": found.root.hex(),
        "checked": {
            "entries": found.size,
            "signatures": found.signatures,
            "cosignatures": found.cosignatures,
        },
        "first_bad": first and {"index": first.at, "code": first.code, "text": tr.of(first.text)},
        "unwitnessed": found.size - found.witnessed,
        "population": found.population.as_json(),
        "not_covered": list(not_covered),
        "rules": [{"recorded_at": iso(one.recorded_at), "changed": list(one.names)} for one in found.rules],
    }
