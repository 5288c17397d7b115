"""The catalogue of subjects, read from their folder: every message's rule, by message type, by fact type, by topic.

It refuses at import what is missing or doubled: a released message without a rule, a fact without one, two rules for
one message or fact, two facts under one topic.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import ModuleType

from jinbao.platform.aggregates import subjects
from jinbao.platform.aggregates.fact import BeginningFact, Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import ClockRule
from jinbao.schemas import messages as m

IN_ORDER = (
    "application",
    "withdrawal",
    "contact_letter",
    "receipt",
    "origin_review",
    "information_sheet",
    "payment",
    "mismatch",
    "completion",
    "lump_sum",
    "arrears",
    "certificate",
    "temporary_account",
    "transfer_offer",
    "reversal",
    "unassigned_funds",
    "suspension",
    "identity_correction",
    "annulment",
    "overlap",
    "agency_change",
    "notification",
    "deadline",
    "settlement",
)
"""Subjects in the order of a transfer's way through the law, in which a reader is told of what may come next.

One that is not listed follows by its name."""

WITHOUT_RULE: Mapping[type[m.Submission], str] = {
    m.ParkedMessageExpired: "about a message that waits, not about a transfer: the intake decides it",
}
"""Released messages that no subject decides, and why."""


class CatalogueError(Exception):
    """A subject, message or fact is missing or doubled; the text names it."""


def subjects_in(path: Iterable[str], package: str, in_order: Sequence[str]) -> tuple[ModuleType, ...]:
    """Every subject of a folder: those listed first, the others by name.

    Raises CatalogueError where one is listed twice, or has no file.
    """
    files = [file.name for file in pkgutil.iter_modules(path)]
    for name in in_order:
        if files.count(name) != 1 or in_order.count(name) != 1:
            raise CatalogueError(f"{package}.{name}: is listed twice, or has no file")
    further = [name for name in files if name not in in_order]
    return tuple(importlib.import_module(f"{package}.{name}") for name in (*in_order, *further))


def rules_of(subjects: Iterable[ModuleType]) -> tuple[Rule, ...]:
    """The rules of all subjects. Raises CatalogueError where a subject has none, or the rule of another's fact."""
    rules: list[Rule] = []
    for subject in subjects:
        own: tuple[Rule, ...] = getattr(subject, "RULES", ())
        if not own:
            raise CatalogueError(f"{subject.__name__}: has no RULES")
        for rule in own:
            if rule.fact.__module__ != subject.__name__:
                raise CatalogueError(f"{subject.__name__}: {rule.fact.__name__} belongs to {rule.fact.__module__}")
            if isinstance(rule, MessageRule) and rule.annullable and rule.role == "party" and not rule.reported_by:
                raise CatalogueError(f"{rule.fact.__name__}: either side sends it, and nobody says which takes it back")
        rules += own
    return tuple(rules)


def by_message(rules: Iterable[Rule], released: Iterable[type[m.Submission]]) -> dict[type[m.Submission], Rule]:
    """Message type → its rule. Raises CatalogueError where a released type has none, or one has two."""
    found: dict[type[m.Submission], Rule] = {}
    for rule in rules:
        if rule.message in found:
            raise CatalogueError(f"{rule.message.__name__}: has two rules")
        found[rule.message] = rule
    for message in released:
        if (message in found) == (message in WITHOUT_RULE):
            raise CatalogueError(f"{message.__name__}: is released, and no subject has a rule for it")
    return found


def by_fact(rules: Iterable[Rule], facts: Iterable[type[Fact]]) -> dict[type[Fact], Rule]:
    """Fact type → its rule. Raises CatalogueError where a fact has none or two, or its topic is another's."""
    found: dict[type[Fact], Rule] = {}
    topics: dict[str, type[Fact]] = {}
    for rule in rules:
        if rule.fact in found:
            raise CatalogueError(f"{rule.fact.__name__}: has two rules")
        found[rule.fact] = rule
        other = topics.setdefault(rule.fact.TOPIC, rule.fact)
        if other is not rule.fact:
            raise CatalogueError(f"{rule.fact.__name__}: is stored as '{rule.fact.TOPIC}', like {other.__name__}")
    for fact in facts:
        if fact not in found:
            raise CatalogueError(f"{fact.__name__}: no subject has a rule for it")
    return found


def _stored_facts(base: type[Fact]) -> list[type[Fact]]:
    """Every fact type that has a stored name."""
    own = [base] if base.TOPIC else []
    return own + [fact for kind in base.__subclasses__() for fact in _stored_facts(kind)]


SUBJECTS = subjects_in(subjects.__path__, subjects.__name__, IN_ORDER)
RULES = by_message(rules_of(SUBJECTS), m.SUBMISSIONS)
"""Message type → its rule."""
FACT_RULES = by_fact(RULES.values(), _stored_facts(Fact))
"""Fact type → its rule."""
FACTS: Mapping[str, type[Fact]] = {fact.TOPIC: fact for fact in FACT_RULES}
"""Stored topic → fact type."""
TRANSFER_RULES: Mapping[type[m.Submission], MessageRule] = {
    message: rule for message, rule in RULES.items() if isinstance(rule, MessageRule)
}
"""The rules of messages about an existing transfer: who may send which in what state."""


def begun(fact: Fact) -> Transfer | None:
    """The transfer that a fact begins, or None where it begins none."""
    return fact.begin() if isinstance(fact, BeginningFact) else None


@lru_cache(maxsize=1_024)
def stopped_by(rule: ClockRule) -> frozenset[str]:
    """Names of the messages whose facts can stop the clock."""
    return frozenset(r.message.NAME for r in RULES.values() if not rule.stops.isdisjoint(r.effect.may_reach))
