"""Mappings by which banks' CSV statements were read: each version is kept, and by which an account's were read last."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class KeptMapping(NamedTuple):
    """A version of a bank's mapping that statements were read by."""

    name: str
    version: int
    content: bytes
    """The file."""


class BankMappings:
    """The tables of banks' mappings in the file of a province's own system."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def every(self) -> list[KeptMapping]:
        """All versions, in order of name and version."""
        rows = self._db.execute("SELECT name, version, content FROM bank_mappings ORDER BY name, version")
        return [KeptMapping(*row) for row in rows]

    def version(self, name: str, version: int) -> KeptMapping | None:
        """One version."""
        return next((one for one in self.every() if (one.name, one.version) == (name, version)), None)

    def last_of(self, number: str) -> KeptMapping | None:
        """The one by which a CSV statement of the account was read last."""
        row = self._db.execute(
            "SELECT m.name, m.version, m.content FROM bank_mappings m JOIN bank_accounts a"
            " ON a.mapping = m.name AND a.mapping_version = m.version WHERE a.number = ?",
            (number,),
        ).fetchone()
        return None if row is None else KeptMapping(*row)

    def keep(self, number: str, mapping: KeptMapping) -> None:
        """Remember that a statement of the account was read by it; a version that is kept stays as it is."""
        self._db.execute("INSERT OR IGNORE INTO bank_mappings (name, version, content) VALUES (?, ?, ?)", mapping)
        sql = "UPDATE bank_accounts SET mapping = ?, mapping_version = ? WHERE number = ?"
        self._db.execute(sql, (mapping.name, mapping.version, number))
