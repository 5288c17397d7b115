"""What is wrong with the database, or with what is to be stored in it."""

from __future__ import annotations

from jinbao.language.words import BilingualError


class StoreError(BilingualError):
    """The database cannot be used; the message says which, what was tried and what to do."""


class EntryTooLong(StoreError):
    """A row that no entry of the log may hold: a reader of tiles could not read the ones beside it."""
