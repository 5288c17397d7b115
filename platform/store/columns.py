"""Column types that either database keeps alike."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String
from sqlalchemy.types import TypeEngine


def key(name: str) -> Column[int]:
    """A 64-bit integer primary key whose values we choose (SQLite's rowid)."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def text_column(length: int) -> TypeEngine[str]:
    """Text that either database compares by its bytes, whatever the server's locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")
