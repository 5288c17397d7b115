"""Booked entries in clear: what a bank says of them in words, found again by the id that the nation knows them by."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date

import msgspec

from jinbao.rules.money import Fen
from jinbao.schemas.messages.bank import EntryClass

MOST_WORD_BYTES = 30_000
"""Maximum length of what one entry says in words, as it is sealed."""


class EntryPayment(msgspec.Struct, frozen=True):
    """One payment within an entry, in clear."""

    amount_fen: Fen | None
    references: tuple[str, ...]
    """The banks' and the payer's references, as written."""
    remark: str
    name: str
    account: str
    """Of the other side."""


class LocalEntry(msgspec.Struct, frozen=True):
    """A booked entry in clear."""

    content: bytes
    """Digest of all that the bank says of it: equal for entries that are alike."""
    ordinal: int
    """Number among those of the account that are alike, from 0."""
    booked_on: date
    amount_fen: Fen
    entry_class: EntryClass
    payments: tuple[EntryPayment, ...]

    def words(self) -> bytes:
        """What the bank says in words, as JSON: of each payment name, account, remark and references of the other side.

        Of a batch only the first payments, as many as MOST_WORD_BYTES hold; all of them lie here.
        """
        told = [[p.name, p.account, p.remark, *p.references] for p in self.payments]
        while len(encoded := msgspec.json.encode(told)) > MOST_WORD_BYTES:
            told = told[: len(told) // 2]
        return encoded


class _Part(msgspec.Struct):
    """What of a part of a statement tells which entries it holds."""

    entries: tuple[LocalEntry, ...]


_decode_part = msgspec.json.Decoder(_Part).decode
_decode_entry = msgspec.json.Decoder(LocalEntry).decode


class BankEntries:
    """The table that says which entry an id means, in the file of a province's own system."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def known_by(self, sequence: int, ids: Sequence[bytes]) -> None:
        """Keep the ids of the entries of a message, in their order."""
        sql = "SELECT number, fields FROM bank_messages WHERE sequence = ?"
        number, fields = self._db.execute(sql, (sequence,)).fetchone()
        self._db.executemany(
            "INSERT OR REPLACE INTO bank_entry_ids (entry, number, content, ordinal) VALUES (?, ?, ?, ?)",
            [
                (id_, number, entry.content, entry.ordinal)
                for id_, entry in zip(ids, _decode_part(fields).entries, strict=True)
            ],
        )

    def entry(self, id_: bytes) -> LocalEntry | None:
        """The entry; None where it does not count any more, or came before ids were kept."""
        row = self._db.execute(
            "SELECT e.record FROM bank_entry_ids i JOIN bank_entries e USING (number, content, ordinal)"
            " WHERE i.entry = ?",
            (id_,),
        ).fetchone()
        return None if row is None else _decode_entry(row[0])
