"""A key ring in one SQLite file: keys wrapped by the master key, made atomically, destroyed for good.

Every process opens its own ring on the same file. Keys are random; in simulations they are derived from the seed.
The file says by which master key it is wrapped, and every transaction looks: a process that holds an older one takes
the new one, or stops, and never wraps a key under the old one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.key_ring import (
    KeyMissing,
    KeyRingError,
    KeyRingRefused,
    KeyRingUnavailable,
    KeyWanted,
    MessageName,
    PersonWanted,
    RelationshipKey,
    SealedFields,
    SealWanted,
)
from jinbao.keys.master_key import VARIABLE
from jinbao.keys.message_seal import seal_message
from jinbao.keys.ring_file import (
    HASH_KEY,
    PUT_BACK,
    connect,
    explained,
    fitting,
    for_hash_key,
    for_relationship_key,
    master_generation,
    set_master,
)
from jinbao.language.words import Words
from jinbao.storage.sqlite_file import (
    FileInUse,
    UseLock,
    make_private,
    transaction,
)

CACHED_KEYS = 50_000
"""Keys held in memory (about 20 MB)."""

_NEWEST = "SELECT generation, key_id, wrapped FROM relationship_key WHERE relationship_id = ? ORDER BY generation DESC"
_BY_KEY_ID = "SELECT relationship_id, wrapped FROM relationship_key WHERE key_id = ?"
_GIVE: Words = (
    "请给出建立时的或最近换成的主密钥",
    "give the one that it was made with, or last changed to",
)
_DELETIONS = "SELECT seq FROM sqlite_sequence WHERE name = 'deletion'"


class EmbeddedKeyRing:
    """A `KeyRing` on a SQLite file; one object may serve several threads, each process opens its own."""

    def __init__(
        self,
        file: Path,
        *wrapping_keys: bytes,
        seed: int | None = None,
        look_again: Callable[[], Sequence[bytes]] | None = None,
    ) -> None:
        """A new file is wrapped by the first wrapping key; one that is there is opened by whichever fits.

        `seed` derives all keys, so that a simulated nation has the same ids and sealed bytes again. A ring made with a
        seed opens without it too; keys made then are random. `look_again` finds the wrapping keys once the file has
        got another. Raises KeyRingRefused where the file was made with another master key or another seed, and
        KeyRingUnavailable while a copy is put in its place.
        """
        self._file = file
        self._look_again = look_again or (lambda: wrapping_keys)
        self._master = 0
        self._seed = None if seed is None else hashlib.sha256(b"jinbao simulation %d" % seed).digest()
        self._lock = threading.Lock()
        self._by_relationship: OrderedDict[UUID, RelationshipKey] = OrderedDict()
        self._by_key_id: OrderedDict[bytes, RelationshipKey] = OrderedDict()
        self._data_version = self._deletions = -1
        with explained(file), ExitStack() as opened:
            make_private(file)
            try:
                self._use = UseLock(file)
            except FileInUse:
                raise KeyRingUnavailable(
                    f"钥匙串 {file}：正在用备份替换，请稍后再试",
                    f"key ring {file}: a copy is being put in its place; try again",
                ) from None
            opened.callback(self._use.close)
            self._db = connect(file, durable=seed is None)
            opened.callback(self._db.close)
            self._hash_key = self._get_or_create_hash_key(wrapping_keys)
            opened.pop_all()

    @property
    def identity(self) -> str:
        """Derived from the key that makes relationship ids, so that a copy, or another master key, changes nothing."""
        return hmac.digest(self._hash_key, b"\0identity of the ring", "sha256")[:16].hex()

    def relationship_id(self, number: str, scheme: str) -> UUID:
        """HMAC-SHA256 of scheme and number, cut to 16 bytes. Raises ValueError where one of them is empty."""
        if not number or not scheme:
            raise ValueError("a relationship id needs an identity number and a scheme")
        text = f"{scheme}\0{number}".encode()
        return UUID(bytes=hmac.digest(self._hash_key, text, "sha256")[:16])

    def key_for(self, relationship_id: UUID) -> RelationshipKey:
        """The relationship's key, made now where there is none."""
        with self._lock, explained(self._file):
            self._forget_what_others_deleted()
            key = self._by_relationship.get(relationship_id)
            if key is not None:
                self._by_relationship.move_to_end(relationship_id)
                return key
            return self._remember(self._stored_key(relationship_id) or self._create_key(relationship_id))

    def key_by_id(self, key_id: bytes) -> RelationshipKey:
        """The key with this id. Raises KeyMissing."""
        with self._lock, explained(self._file):
            self._forget_what_others_deleted()
            key = self._by_key_id.get(key_id)
            if key is not None:
                self._by_key_id.move_to_end(key_id)
                return key
            with transaction(self._db, "DEFERRED"):
                self._follow_master()
                row = self._db.execute(_BY_KEY_ID, (key_id,)).fetchone()
            if row is None or row[1] is None:
                raise KeyMissing(key_id, "unknown" if row is None else "deleted")
            return self._remember(self._unwrapped(UUID(bytes=row[0]), key_id, row[1]))

    def prepare(
        self,
        people: Iterable[PersonWanted] = (),
        keys: Iterable[KeyWanted] = (),
        seals: Iterable[SealWanted] = (),
    ) -> None:
        """Nothing to prepare: all of it is here."""

    def answers(self) -> bool:
        """Always."""
        return True

    @property
    def trouble(self) -> None:
        """None: nothing waits for a file that is here."""

    def seal_message(
        self, relationship_id: UUID, name: MessageName, content: bytes, personal: bytes
    ) -> tuple[UUID, SealedFields]:
        """As `KeyRing`."""
        return seal_message(self.key_for(relationship_id), name, content, personal)

    def delete(self, relationship_id: UUID) -> bool:
        """Destroy the relationship's key for good; True where there was one.

        Its bytes are overwritten in the file and in its write-ahead log. What it sealed stays closed for ever.
        """
        with self._lock, explained(self._file):
            with transaction(self._db):
                row = self._db.execute(_NEWEST, (relationship_id.bytes,)).fetchone()
                if row is None or row[2] is None:
                    return False
                self._db.execute("UPDATE relationship_key SET wrapped = NULL WHERE key_id = ?", (row[1],))
                self._db.execute("INSERT INTO deletion (key_id) VALUES (?)", (row[1],))
            self._by_relationship.pop(relationship_id, None)
            self._by_key_id.pop(row[1], None)
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return True

    def close(self) -> None:
        """Close the file and forget all keys."""
        with self._lock:
            self._by_relationship.clear()
            self._by_key_id.clear()
            self._db.close()
            self._use.close()

    def _stored_key(self, relationship_id: UUID) -> RelationshipKey | None:
        with transaction(self._db, "DEFERRED"):
            self._follow_master()
            row = self._db.execute(_NEWEST, (relationship_id.bytes,)).fetchone()
        return None if row is None or row[2] is None else self._unwrapped(relationship_id, row[1], row[2])

    def _create_key(self, relationship_id: UUID) -> RelationshipKey:
        with transaction(self._db):
            self._follow_master()
            row = self._db.execute(_NEWEST, (relationship_id.bytes,)).fetchone()
            if row is not None and row[2] is not None:  # another process was first
                return self._unwrapped(relationship_id, row[1], row[2])
            generation = 1 if row is None else row[0] + 1
            subject = relationship_id.bytes + generation.to_bytes(4)
            key = RelationshipKey(
                relationship_id, self._secret(b"key id" + subject)[:16], self._secret(b"key" + subject)
            )
            wrapped = self._wrap.encrypt(key.key, for_relationship_key(relationship_id.bytes, key.key_id))
            values = (relationship_id.bytes, generation, key.key_id, wrapped)
            self._db.execute("INSERT INTO relationship_key VALUES (?, ?, ?, ?)", values)
        return key

    def _secret(self, purpose: bytes) -> bytes:
        """64 bytes: random, or from the seed."""
        if self._seed is None:
            return secrets.token_bytes(64)
        return hmac.digest(self._seed, purpose, "sha512")

    def _get_or_create_hash_key(self, wrapping_keys: Sequence[bytes]) -> bytes:
        made = self._secret(b"hash key")
        with transaction(self._db):
            row = self._db.execute("SELECT wrapped FROM secret WHERE name = ?", (HASH_KEY,)).fetchone()
            if row is None:
                wrapped = AESSIV(wrapping_keys[0]).encrypt(made, for_hash_key())
                self._db.execute("INSERT INTO secret VALUES (?, ?)", (HASH_KEY, wrapped))
            if master_generation(self._db) == 0:  # new, or of before rings said which master key they have
                self._wrap = AESSIV(wrapping_keys[0])
                if row is not None:
                    self._decrypt(row[0], for_hash_key())
                set_master(self._db, wrapping_keys[0], 1)
            self._follow_master()
        if row is None:
            return made
        stored = self._decrypt(row[0], for_hash_key())
        if self._seed is not None and stored != made:
            raise KeyRingRefused(
                f"{self._file} 是用别的种子或不用种子建立的，请另选目录",
                f"{self._file} was made with another seed, or with none: choose another folder",
            )
        return stored

    def _follow_master(self) -> None:
        """Within a transaction: wrap and unwrap by the file's own master key. Raises KeyRingRefused without it."""
        generation = master_generation(self._db)
        if generation == self._master:
            return
        try:
            key = fitting(self._db, self._look_again())
        except KeyRingRefused:  # the file is gone: the master key has moved into the environment
            if not self._master:
                raise
            key = None
        if key is None and self._master:
            raise KeyRingRefused(
                f"{self._file} 的主密钥已更换：请用新的（{VARIABLE}）重新启动本程序",
                f"the master key of {self._file} was changed: start this program again with the new one ({VARIABLE})",
            )
        if key is None:
            raise KeyRingRefused(
                f"{self._file} 用此主密钥打不开：{_GIVE[0]}",
                f"{self._file} does not open with this master key: {_GIVE[1]}",
            )
        self._wrap, self._master = AESSIV(key), generation

    def _unwrapped(self, relationship_id: UUID, key_id: bytes, wrapped: bytes) -> RelationshipKey:
        key = self._decrypt(wrapped, for_relationship_key(relationship_id.bytes, key_id))
        return RelationshipKey(relationship_id, key_id, key)

    def _decrypt(self, wrapped: bytes, associated: list[bytes]) -> bytes:
        try:
            return self._wrap.decrypt(wrapped, associated)
        except InvalidTag:
            if self._master:  # the master key is the right one: the file itself says so
                raise KeyRingError(
                    f"钥匙串 {self._file}：有一把钥匙打不开，文件已损坏：{PUT_BACK[0]}",
                    f"key ring {self._file}: a key does not open, the file is damaged: {PUT_BACK[1]}",
                ) from None
            raise KeyRingRefused(
                f"{self._file} 用此主密钥打不开：{_GIVE[0]}",
                f"{self._file} does not open with this master key: {_GIVE[1]}",
            ) from None

    def _remember(self, key: RelationshipKey) -> RelationshipKey:
        self._by_relationship[key.relationship_id] = key
        self._by_key_id[key.key_id] = key
        for cache in (self._by_relationship, self._by_key_id):
            while len(cache) > CACHED_KEYS:
                cache.popitem(last=False)
        return key

    def _forget_what_others_deleted(self) -> None:
        """Empty the caches when another connection has deleted a key; `data_version` says cheaply when to look."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version == self._data_version:
            return
        with transaction(self._db, "DEFERRED"):
            self._follow_master()
            row = self._db.execute(_DELETIONS).fetchone()
        deletions = 0 if row is None else row[0]
        if deletions != self._deletions:
            self._by_relationship.clear()
            self._by_key_id.clear()
        self._data_version, self._deletions = version, deletions
