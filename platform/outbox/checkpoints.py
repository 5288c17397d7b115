"""Checkpoints of the transparency log: the newest head of its tree, signed and stored before anything is relayed."""

from __future__ import annotations

from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, StoreRefused
from jinbao.transparency.check_proof import Checkpoint, parse_checkpoint, parse_note
from jinbao.transparency.signing import SigningKey, new_log_key

_NEWEST = "SELECT size, root, outbox, note FROM tree_heads ORDER BY size DESC LIMIT 1"
_UNSIGNED = "SELECT note IS NULL FROM tree_heads ORDER BY size DESC LIMIT 1"
_NEWEST_NOTE = "SELECT note FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
ORIGIN = "jinbao"
"""What every origin begins with; the rest is the nation's own."""


def newest_note(bulk: Bulk) -> str | None:
    """The newest signed checkpoint; None where there is none yet."""
    found: str | None = bulk.execute(_NEWEST_NOTE).scalar()
    return found


class Checkpoints:
    """Signs heads of the tree; of several processes the one whose turn it is to relay."""

    def __init__(self, store: Store, key: SigningKey | None) -> None:
        """Raises StoreRefused where checkpoints were signed by a key of another name, unless none is given."""
        self._store = store
        self._key = key or new_log_key(ORIGIN)
        self._is_given = key is not None
        with store.read() as work:
            self._need_own_log(work.bulk)

    def _need_own_log(self, bulk: Bulk) -> None:
        if not self._is_given:
            return
        note, name = newest_note(bulk), self._key.verifier.name
        origin = parse_checkpoint(parse_note(note).text).origin if note else name
        if origin != name:
            raise StoreRefused(
                f"数据库 {self._store.name} 的日志是 {origin}，而 audit/log.key 属于 {name}；请放回原来的私钥文件",
                f"database {self._store.name} holds the log {origin}, and audit/log.key is that of {name}: "
                "put the log's own key file back",
            )

    def wait(self) -> bool:
        """Whether the newest head is unsigned: a statement is recorded without anything to relay."""
        with self._store.read() as work:
            return bool(work.bulk.execute(_UNSIGNED).scalar())

    def sign(self) -> int:
        """Sign the newest head unless it is signed; returns the last row of the outbox that it covers.

        Raises StoreRefused as the constructor: of two processes on a new database the first to sign has the log.
        """
        with self._store.read() as work:
            found = work.bulk.execute(_NEWEST).fetchone()
            if found is not None and found.note is None:
                self._need_own_log(work.bulk)
        if found is None:
            return 0
        size, root, covered, note = found
        if note is None:
            signed = self._key.sign(str(Checkpoint(self._key.verifier.name, size, bytes(root))))
            with self._store.write(lock=False) as work:
                work.bulk.execute("UPDATE tree_heads SET note = ? WHERE size = ? AND note IS NULL", signed, size)
        return int(covered)
