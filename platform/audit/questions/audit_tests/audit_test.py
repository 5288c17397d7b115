"""One of an auditor's tests: it sees every act once, and then says what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from jinbao.language.words import Words
from jinbao.platform.audit.questions.audit_tests.act import Act, transfer_of


class Hit(NamedTuple):
    """Something that an auditor should look at; it need not be wrong."""

    about: str
    """A transfer's id, a user or an account: what makes it this hit and no other."""
    positions: tuple[int, ...]
    """Events that show it."""
    text: Words


class AuditTest(Protocol):
    """A test, begun anew for each run."""

    name: str
    words: Words

    @property
    def population(self) -> int:
        """How many things it has looked at."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """`parameters`: its own, of `rules/data/audit_tests.toml`."""

    def see(self, act: Act) -> None:
        """Look at one act."""

    def hits(self) -> Sequence[Hit]:
        """What was found."""


def hit(act: Act, zh: str, en: str, *others: Act) -> Hit:
    """A hit about an act's transfer, shown by it and others."""
    return Hit(transfer_of(act), tuple(one.position for one in (*others, act)), (zh, en))
