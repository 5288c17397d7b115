"""The kinds of event streams that the platform records. Whoever adds a kind lists it here.

A number or name that two kinds have, and a topic that two facts of a kind have, is refused at import.
"""

from __future__ import annotations

from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind

RELATIONSHIPS: StreamKind[Fact] = StreamKind(1, "relationship", tuple(FACTS.values()), PensionRelationship.begin)
"""Pension relationships, keyed by relationship id."""

KINDS: tuple[StreamKind[StreamFact], ...] = (RELATIONSHIPS,)

assert len({kind.number for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS), "each kind is one"
assert all(len({fact.TOPIC for fact in kind.facts}) == len(kind.facts) for kind in KINDS), "each topic is one fact's"
