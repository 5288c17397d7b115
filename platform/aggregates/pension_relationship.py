"""The pension relationship of one person and scheme: decides on each submission, and keeps at most one live transfer
per origin and one live destination. Pure: time, law and message are arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from uuid import UUID

from eventsourcing.domain import Aggregate

from jinbao.platform.aggregates.catalogue import FACT_RULES, RULES
from jinbao.platform.aggregates.decision import Draft
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.schemas import messages as m


class PensionRelationship(Relationship, Aggregate):
    """One stream per person and scheme; holds the transfers of that relationship."""

    @classmethod
    def begin(cls, relationship_id: UUID, recorded_at: int) -> PensionRelationship:
        """An empty relationship at version 0."""
        relationship = object.__new__(cls)
        relationship.__base_init__(
            originator_id=relationship_id,
            originator_version=0,
            timestamp=datetime.fromtimestamp(recorded_at / 1_000_000, UTC),
        )
        relationship._begin_empty()
        return relationship

    def take(self, fact: Fact, submission: bytes, received_at: int) -> None:
        """Assign a fact; `submission` is the event id of the message that said it, taken by the bus at that instant."""
        FACT_RULES[type(fact)].take(self, fact, submission, received_at)

    def advance(self, fact: Fact, submission: bytes, received_at: int) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""
        self.take(fact, submission, received_at)
        self.version += 1
        return self.version

    def decide(self, message: m.Submission, received_at: int, law: Law) -> Draft:
        """What the message means for this relationship: a complete fact, a rejection with its code, or waiting.

        Changes nothing. `received_at`: microseconds since 1970 UTC at which the bus took the message.
        """
        return RULES[type(message)].answer(self, message, received_at, law)

    def brings(self, message: m.Submission, fact: Fact) -> tuple[m.Submission | None, Collection[str]]:
        """What the platform says next of an accepted message, and the provinces that are sent it."""
        transfer, rule = self.transfer(message.envelope.transfer_id), RULES[type(message)]
        follow_up = None if rule.follow_up is None else rule.follow_up(fact, transfer, message)
        return follow_up, rule.readers(fact, transfer, message)

    def known_names(self) -> Iterator[bytes | str]:
        """All that is there to be waited for: what waits for one may wait for what another does."""
        for transfer in self.transfers:
            yield transfer.transfer_id
        for _, number in self.certificates:
            yield number
        for _, number in self.temporary_accounts:
            yield number
