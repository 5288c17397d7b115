"""To which provinces the log's accepted messages with sealed fields were sent, by relationship: who may open them.

Asked of the log itself, which is committed with what the relay sends: whoever has the message can be told its key. Of
the messages nothing is read but who said them; their bytes stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from eventsourcing.persistence import MapperDeserialisationError

from jinbao.platform.aggregates.catalogue import FACT_RULES
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.store.event_log import decode_fact
from jinbao.platform.store.store import UnitOfWork

_SEALED = frozenset(kind for kind, rule in FACT_RULES.items() if "personal" in rule.message.__struct_fields__)
"""Facts of messages that bear sealed fields."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str


@dataclass(frozen=True, slots=True)
class _Said:
    """All of a message that decides who is sent it."""

    envelope: _Envelope


def addressees(work: UnitOfWork, relationships: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Relationship → provinces; a stream with a gap counts up to it. Raises StoreError."""
    found: dict[UUID, set[str]] = {relationship: set() for relationship in relationships}
    keys = {relationship.bytes: relationship for relationship in found}
    numbers = work.streams(RELATIONSHIPS).numbers_of(list(keys))
    folded = {number: PensionRelationship.begin(keys[key], 0) for key, number in numbers.items()}
    for stream, version, topic, state, submission, received_at, sender, _digest in (
        work.events.select_facts(list(folded)) if folded else ()
    ):
        relationship = folded[stream]
        if version != relationship.version + 1:
            continue
        try:
            fact = decode_fact(topic, state)
        except MapperDeserialisationError:
            continue  # as a missing one: what follows does not count
        relationship.advance(fact, submission, received_at)
        found[relationship.id].update(_sent_to(relationship, fact, sender))
    return found


def _sent_to(relationship: PensionRelationship, fact: Fact, sender: str) -> Sequence[str]:
    if type(fact) not in _SEALED:
        return ()
    transfer = relationship.transfers[fact.transfer - 1] if fact.transfer else None
    return FACT_RULES[type(fact)].readers(fact, transfer, _Said(_Envelope(sender)))
