"""A relationship to say messages to, a whole platform on a real embedded bus and SQLite, and what is said to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from support import paths_of_a_case
from support.platform_under_test import Platform
from support.told_transfer import NAMESPACE, Transfer, instant

from jinbao.bus.interface import partition_of
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS, law_in_force
from jinbao.schemas.headers import bus_key


@dataclass
class Relationship:
    """A pension relationship that hears messages: each is decided, and recorded when it is a fact."""

    law: Law
    aggregate: PensionRelationship
    facts: list[Fact] = field(default_factory=list)
    recorded: list[tuple[Fact, bytes, int]] = field(default_factory=list)
    """(Fact, event id, received_at)."""

    def hear(self, message: Any, at: int = instant("2025-03-03")) -> Any:
        decision = self.aggregate.decide(message, at, self.law)
        if isinstance(decision, Fact):
            self.aggregate.advance(decision, message.envelope.event_id, at)
            self.facts.append(decision)
            self.recorded.append((decision, message.envelope.event_id, at))
        return decision

    def hear_all(self, messages: Sequence[Any], at: int = instant("2025-03-03")) -> Any:
        """The last one's fact; all of them must be facts."""
        decision = None
        for message in messages:
            decision = self.hear(message, at)
            assert isinstance(decision, Fact), f"{message.NAME}: {decision}"
        return decision

    def of(self, transfer: Transfer) -> Any:
        return self.aggregate.transfer(transfer.transfer_id)

    def accounts(self) -> dict[str, int]:
        """What the facts' postings leave on each account, in fen."""
        totals: dict[str, int] = {}
        for fact in self.facts:
            for p in fact.then.postings:
                totals[p.account] = totals.get(p.account, 0) + p.personal_fen + p.pooling_fen + p.unallocated_fen
        return {account: amount for account, amount in totals.items() if amount}

    def parts(self, account: str) -> tuple[int, int, int]:
        found = [p for fact in self.facts for p in fact.then.postings if p.account == account]
        return (
            sum(p.personal_fen for p in found),
            sum(p.pooling_fen for p in found),
            sum(p.unallocated_fen for p in found),
        )


@pytest.fixture(scope="session")
def law() -> Law:
    return law_in_force()


NewRelationship = Callable[..., Relationship]


@pytest.fixture(scope="session")
def new_relationship(law: Law) -> NewRelationship:
    def begin(under: Law = law) -> Relationship:
        return Relationship(under, PensionRelationship.begin(UUID(bytes=Transfer().relationship_id), 0))

    return begin


@pytest.fixture
def relationship(new_relationship: NewRelationship) -> Relationship:
    return new_relationship()


@pytest.fixture
def transfer() -> Transfer:
    return Transfer()


@pytest.fixture(scope="session")
def transfer_of() -> type[Transfer]:
    return Transfer


@pytest.fixture(scope="session")
def at() -> Callable[..., int]:
    return instant


NewPlatform = Callable[..., Platform]


@pytest.fixture
def new_platform(tmp_path: Path) -> Iterator[NewPlatform]:
    """Makes platforms, each under a folder of its own name; the same name opens the same files again."""
    opened: list[Platform] = []

    def open_platform(name: str = "one", **options: Any) -> Platform:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        opened.append(Platform(folder, **options))
        return opened[-1]

    yield open_platform
    incidents = [p.rows("SELECT field FROM intake WHERE code = 'INTERNAL_ERROR'") for p in opened if p.watched]
    for platform in opened:
        platform.close()
    assert not any(incidents), "a defect shows as a dead letter, where a test expects none"


@pytest.fixture
def platform(new_platform: NewPlatform) -> Platform:
    return new_platform()


@pytest.fixture(scope="session")
def neighbours() -> list[int]:
    """Persons whose messages all travel in one partition, so that their order on the bus is the order of sending."""
    key = [(n, uuid5(NAMESPACE, f"person {n}").bytes) for n in range(1, 1_500)]
    return [n for n, relationship_id in key if partition_of(bus_key(relationship_id), SUBMISSION_PARTITIONS) == 0]


@pytest.fixture(scope="session")
def every_path() -> Callable[..., list[Any]]:
    """Messages of a small nation that reaches every path: the normal one, refusal, return, mismatches, withdrawals,
    several origins, and messages that are late, early, repeated, forged and wrong."""
    return paths_of_a_case.every_path


@pytest.fixture(scope="session")
def every_exceptional_path() -> Callable[..., list[Any]]:
    """Messages of a small nation that takes every exceptional procedure; what one person says is in its order."""
    return paths_of_a_case.every_exceptional_path
