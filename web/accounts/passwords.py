"""Passwords: hashed with Argon2id, a few at a time, since each hash takes 46 MiB."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHED_AT_ONCE = 2
"""Twenty sign-ins at once take 92 MiB, not 920; the others wait some tenths of a second."""
LEAST_LENGTH, MOST_LENGTH = 8, 1_024
"""Characters (NIST SP 800-63B: at least 8, long ones allowed)."""

_hasher = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)  # of OWASP's list
_turns = threading.BoundedSemaphore(_HASHED_AT_ONCE)
NOBODYS_HASH = _hasher.hash("nobody's password")
"""What an unknown user's password is held against, so that it takes as long as a known one's."""


def hashed(password: str) -> str:
    """The hash of a new password, with its salt and parameters."""
    with _turns:
        return _hasher.hash(password)


def is_right(password: str, hash_: str) -> bool:
    """Whether the password has this hash."""
    with _turns:
        try:
            return _hasher.verify(hash_, password)
        except (VerificationError, InvalidHashError):
            return False
