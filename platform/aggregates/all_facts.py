"""Every fact by its stored topic."""

from __future__ import annotations

from jinbao.platform.aggregates import identity_facts, lump_sum_facts, rare_facts, relationship_facts, settlement_facts
from jinbao.platform.aggregates.facts import Fact

__all__ = ["FACTS", "identity_facts", "lump_sum_facts", "rare_facts", "relationship_facts", "settlement_facts"]


def _all(base: type[Fact]) -> list[type[Fact]]:
    found = []
    for kind in base.__subclasses__():
        if kind.TOPIC:
            found.append(kind)
        found += _all(kind)
    return found


FACTS: dict[str, type[Fact]] = {kind.TOPIC: kind for kind in _all(Fact)}
"""Every fact: stored topic → class."""
