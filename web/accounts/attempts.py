"""Failed attempts to sign in: who guesses waits, longer each time, and never longer than a minute.

So nobody is locked out. An account's owner, at an address where a sign-in of that account has succeeded, is not slowed
by what others try elsewhere.
"""

from __future__ import annotations

import hashlib
import time

from jinbao.web.accounts.users_file import UsersFile

LONGEST_WAIT_S = 60
_COUNTED_S = 900
"""Failures count for so long."""
_FREE_OF_PAIR, _FREE_OF_ADDRESS, _FREE_OF_ACCOUNT = 5, 25, 50
"""Failures that cost no waiting: of one account from one address, of any from one address, of one from anywhere."""
_MOST_KEPT = 100_000


def wait_s(file: UsersFile, name: str, address: str) -> int:
    """Seconds until the next attempt on this account from this address is looked at; 0 for at once."""
    account, now = _kept(name), int(time.time())
    since = now - _COUNTED_S
    sql = "SELECT COUNT(*), MAX(at) FROM failed_attempts WHERE at > ? AND "
    with file.reading() as db:
        found = [
            (_FREE_OF_PAIR, db.execute(sql + "account = ? AND address = ?", (since, account, address)).fetchone()),
            (_FREE_OF_ADDRESS, db.execute(sql + "address = ?", (since, address)).fetchone()),
        ]
        known = db.execute("SELECT 1 FROM known_addresses WHERE account = ? AND address = ?", (account, address))
        if known.fetchone() is None:
            found.append((_FREE_OF_ACCOUNT, db.execute(sql + "account = ?", (since, account)).fetchone()))
    return max(0, *(_left(now, failures - free, last) for free, (failures, last) in found))


def _left(now: int, counted: int, last: int | None) -> int:
    if counted < 0 or last is None:
        return 0
    wait: int = min(LONGEST_WAIT_S, 1 << min(counted, 10))
    return last + wait - now


def note_failure(file: UsersFile, name: str, address: str) -> None:
    """A wrong name or password."""
    now = int(time.time())
    with file.writing() as db:
        db.execute("DELETE FROM failed_attempts WHERE at <= ?", (now - _COUNTED_S,))
        (kept,) = db.execute("SELECT COUNT(*) FROM failed_attempts").fetchone()
        if kept < _MOST_KEPT:
            db.execute("INSERT INTO failed_attempts VALUES (?, ?, ?)", (_kept(name), address, now))


def note_success(file: UsersFile, name: str, address: str) -> None:
    """The right password: this account's failures here are forgotten, and the address is known."""
    account = _kept(name)
    with file.writing() as db:
        db.execute("DELETE FROM failed_attempts WHERE account = ? AND address = ?", (account, address))
        db.execute("INSERT OR REPLACE INTO known_addresses VALUES (?, ?, ?)", (account, address, int(time.time())))


def _kept(name: str) -> bytes:
    """Not the name: what is typed there may be a password."""
    return hashlib.sha256(name.encode()).digest()
