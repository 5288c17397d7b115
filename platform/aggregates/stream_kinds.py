"""The kinds of event streams that the platform records. Whoever adds a kind lists it here.

A number or name that two kinds have, and a topic that two facts of a kind have, is refused at import.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Protocol

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kind import StreamAggregate, StreamFact, StreamKind
from jinbao.schemas import messages as m

Name = bytes | str
"""What a message may wait for: a transfer by its id, a certificate or temporary account by its number."""


class StreamDecider(StreamAggregate, Protocol):
    """An aggregate that messages speak to: what ingest asks of every kind."""

    @property
    def live(self) -> bool:
        """Whether more is to be expected of it."""

    def decide(self, message: Any, received_at: int, law: Law) -> StreamFact | Rejection | Waiting:
        """What the message means for it, as `PensionRelationship.decide`. Changes nothing."""

    def advance(self, fact: Any, submission: bytes, received_at: int) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""

    def brings(self, message: Any, fact: Any) -> tuple[m.StreamMessage | None, Collection[str]]:
        """What the platform says next of an accepted message, and the provinces that are sent it."""

    def known_names(self) -> Iterator[Name]:
        """All that is there to be waited for."""


RELATIONSHIPS: StreamKind[Fact] = StreamKind(1, m.RELATIONSHIP, tuple(FACTS.values()), PensionRelationship.begin)
"""Pension relationships, keyed by relationship id."""

KINDS: tuple[StreamKind[StreamFact], ...] = (RELATIONSHIPS, BANK_ACCOUNTS)

assert len({kind.number for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS), "each kind is one"
assert all(len({fact.TOPIC for fact in kind.facts}) == len(kind.facts) for kind in KINDS), "each topic is one fact's"
