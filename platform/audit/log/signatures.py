"""Signatures of the log's messages, verified once more: each by the keys that the register had at its place.

Batches of an agency are counted along: what a later batch shows to be missing is a gap. The newest messages may still
be under way, so that nothing is called missing within `GRACE_US` of the log's end.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from jinbao.language.words import Words
from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.audit.log.batches import Batches, BegunAnew, Gap
from jinbao.platform.ingest.signatures import CODES, EXPIRED, INVALID, MISSING, REVOKED, UNKNOWN, refusal_of_key
from jinbao.platform.outcome import Outcome
from jinbao.platform.store import chain_register
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.chain_register import ChainRegister
from jinbao.platform.store.key_register import KIND, NO_SM2, KeyRegister
from jinbao.platform.store.store import StoreRefused
from jinbao.platform.store.tables import events, intake
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.headers import FINGERPRINT, bus_key, record_key
from jinbao.schemas.messages import PLATFORM, StreamMessage
from jinbao.schemas.signatures import leaf_of_value
from jinbao.transparency.batches import BatchVerifier, key_id_of
from jinbao.transparency.check_proof import NotValid, Policy

_EVENT = {column.name: at for at, column in enumerate(events.columns)}
_INTAKE = {column.name: at for at, column in enumerate(intake.columns)}
_KINDS = {kind.number: kind.name for kind in KINDS}
_LEAF_BYTES = 32
Add = Callable[[int, str, str, str], None]
"""Index, code, and words in both languages, of what does not hold."""


def is_of_keys(table: str, row: Row) -> bool:
    """Whether a row is a statement of the register of keys, or of what agencies declare of their chains."""
    return bool(table == "tree_statements" and row[2] in (KIND, chain_register.KIND))


class SignedMessages:
    """Walks the log's rows in order; what does not hold is told to `add`."""

    def __init__(self, add: Add) -> None:
        self._add = add
        self._register = KeyRegister()
        self._chains = ChainRegister()
        self._verifier = BatchVerifier()
        self._keys: dict[int, bytes] = {}
        """Stream → the key of its records on the bus."""
        self._parked: dict[int, tuple[bytes, str, bytes]] = {}
        """Row of the intake with a message that waits → SHA-256 of its bytes, sender and event id; only of those that
        were signed or had not to be."""
        self._batches = Batches()
        self.verified = 0
        """Messages whose signatures hold."""
        self.unsigned = 0
        """Messages that were accepted before the register began."""

    def note(self, at: int, table: str, row: Row) -> None:
        """Take the log's next row; one with values of other kinds than a platform writes is signed by nobody."""
        try:
            self._note(at, table, row)
        except (TypeError, ValueError):
            self._bad(at, table, row[0], INVALID)

    def _note(self, at: int, table: str, row: Row) -> None:
        if table == "streams":
            self._keys[row[0]] = bus_key(_bytes(row[2]), _KINDS.get(row[1], ""))
        elif is_of_keys(table, row):
            self._key_statement(at, row)
        elif table == "events":
            self._event(at, row)
        elif table == "intake":
            self._intake(at, row)

    def _key_statement(self, at: int, row: Row) -> None:
        try:
            (self._register if row[2] == KIND else self._chains).take_text(row[3])
        except NotValid as error:
            zh, en = error.words
            text = (
                f"密钥登记的第 {row[0]} 条声明不可为：{zh}",
                f"statement {row[0]} of the key register may not be: {en}",
            )
            self._add(at, "KEYS_CHANGED", *text)
        if self._register.needs_sm2():
            raise StoreRefused(*NO_SM2)

    def _event(self, at: int, row: Row) -> None:
        first, signature, sender = row[_EVENT["first"]], row[_EVENT["signature"]], row[_EVENT["sender"]]
        received_at = row[_EVENT["received_at"]]
        if not self._register.begun:
            self.unsigned += 1
            self._batches.spoke_unsigned(sender)
        elif first is not None:
            whole = sha256(_bytes(row[_EVENT["bytes"]])).digest(), sender, _bytes(row[_EVENT["submission"]])
            if self._parked.get(first) != whole:
                self._bad(at, "events", row[0], MISSING)
        else:
            stream, event_id, data = row[_EVENT["stream"]], row[_EVENT["submission"]], _bytes(row[_EVENT["bytes"]])
            leaf = self._leaf(stream, _bytes(event_id), sender, data)
            self._need(at, "events", row[0], sender, signature, leaf, received_at)

    def _leaf(self, stream: int | None, event_id: bytes, sender: str, data: bytes) -> bytes:
        """The leaf hash of a stored message; of nothing that anybody signed where its type is unknown."""
        key = self._keys.get(stream or 0, b"")
        try:
            return leaf_of_value(sha256(data).digest(), event_id, sender, data[FINGERPRINT], key)
        except KeyError:
            return b""

    def _intake(self, at: int, row: Row) -> None:
        sender, code, outcome = row[_INTAKE["sender"]], row[_INTAKE["code"]], row[_INTAKE["outcome"]]
        signature, data, first = row[_INTAKE["signature"]], row[_INTAKE["bytes"]], row[_INTAKE["first"]]
        received_at, event_id = row[_INTAKE["received_at"]], row[_INTAKE["event_id"]]
        if first is not None or outcome == Outcome.FORWARDED:
            return
        waits = outcome == Outcome.PARKED
        if not self._register.begun:
            self._batches.spoke_unsigned(sender)
            if waits and data is not None:
                self._parked[row[0]] = sha256(_bytes(data)).digest(), sender, _bytes(event_id)
        elif outcome in (Outcome.DEAD_LETTER, Outcome.DUPLICATE):
            if signature is not None:
                whole = _bytes(signature)
                self._place(at, sender, whole[:-_LEAF_BYTES], whole[-_LEAF_BYTES:], received_at)
            elif outcome == Outcome.DUPLICATE:
                self._bad(at, "intake", row[0], MISSING)
        elif code in CODES and not waits:
            if code in (UNKNOWN, EXPIRED, REVOKED) and signature is not None and data is not None:
                self._place(at, sender, _bytes(signature), _leaf_of(_bytes(data)), received_at)
        elif data is not None:
            leaf = self._leaf(row[_INTAKE["stream"]], _bytes(event_id or b""), sender, _bytes(data))
            holds = self._need(at, "intake", row[0], sender, signature, leaf, received_at)
            if waits and holds:
                self._parked[row[0]] = sha256(_bytes(data)).digest(), sender, _bytes(event_id)
        elif waits:
            self._bad(at, "intake", row[0], MISSING)

    def _place(self, at: int, sender: str | None, signature: bytes, leaf: bytes, received_at: int) -> None:
        """Count a message that was not taken at its place in its batch, whatever became of the key since."""
        for (agency, key_id), key in self._register.keys.items():
            if key_id == key_id_of(signature) and agency == (sender or agency) and agency != PLATFORM:
                root = self._verifier.root(self._register.origin, agency, key.key.public, signature, leaf)
                if root is not None:
                    self._batches.seen(at, agency, signature, root, received_at)

    def _need(
        self, at: int, table: str, key_of_row: int, sender: str, kept: Any, leaf: bytes, received_at: int
    ) -> bool:
        """Hold a message's signature against its sender's keys; whether it holds."""
        if kept is None:
            self._bad(at, table, key_of_row, MISSING)
            return False
        signature = _bytes(kept)
        key = self._register.keys.get((sender, key_id_of(signature)))
        refusal = refusal_of_key(key, received_at)
        if refusal is not None or key is None:
            self._bad(at, table, key_of_row, refusal or UNKNOWN)
            return False
        root = self._verifier.root(self._register.origin, sender, key.key.public, signature, leaf)
        if root is None:
            self._bad(at, table, key_of_row, INVALID)
            return False
        self.verified += 1
        if sender != PLATFORM:
            self._batches.seen(at, sender, signature, root, received_at)
        return True

    def _bad(self, at: int, table: str, key: int, why: str) -> None:
        zh, en = (
            f"{table} 第 {key} 行的报文签名不成立：{why}",
            f"the message of row {key} of {table} is not signed: {why}",
        )
        self._add(at, "BAD_SIGNATURE", zh, en)

    def finish(self, policy: Policy) -> None:
        """What only the whole log tells: gaps, and whether the platform's key is the log's that the policy trusts."""
        for (agency, _), key in self._register.keys.items():
            if agency == PLATFORM and key.approved_by and key.key not in policy.logs:
                zh, en = "登记的平台公钥不是策略所信任的日志公钥", "the platform's registered key is not the policy's"
                self._add(0, "KEYS_CHANGED", zh, en)
        for gap in self.gaps():
            self._add(gap.at, "BATCH_GAP", *gap.words)

    def gaps(self) -> list[Gap]:
        """What agencies' batches show to be missing."""
        return self._batches.gaps(self._chains.declared, list(self._register.keys))

    def begun_anew(self) -> list[BegunAnew]:
        """The chains that agencies have begun anew, declared or not."""
        return self._batches.begun_anew(self._chains.declared)

    def unprotected(self) -> list[Words]:
        """What the signatures say nothing about."""
        if not self._register.begun:
            return [("密钥登记尚未开始：报文未签名也接受", "no key register has begun: messages are taken unsigned")]
        if self.unsigned:
            return [
                (
                    f"密钥登记开始之前的 {self.unsigned} 件报文未签名",
                    f"{self.unsigned} messages from before the key register began are not signed",
                )
            ]
        return []


def _bytes(value: object) -> bytes:
    """A stored value as bytes. Raises TypeError where it is something else."""
    if not isinstance(value, bytes | memoryview):
        raise TypeError
    return bytes(value)


def _leaf_of(data: bytes) -> bytes:
    """The leaf hash of a message by its bytes alone; of nothing that anybody signed where they cannot be read."""
    try:
        message = decode(data)
    except Undecodable:
        return b""
    if not isinstance(message, StreamMessage):
        return b""
    envelope, digest = message.envelope, sha256(data).digest()
    return leaf_of_value(digest, envelope.event_id, envelope.sender, data[FINGERPRINT], record_key(envelope))
