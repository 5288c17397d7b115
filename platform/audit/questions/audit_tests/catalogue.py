"""All tests of an auditor, run together: one pass over the acts, and the accesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from jinbao.language.words import Translator, Words
from jinbao.platform.audit.questions.audit_tests import (
    changes,
    confirmations,
    money,
    operators,
    overrides,
    reads,
    timing,
)
from jinbao.platform.audit.questions.audit_tests.act import acts
from jinbao.platform.audit.questions.audit_tests.audit_test import AuditTest, Hit
from jinbao.platform.audit.statements.accesses import listed
from jinbao.platform.store.bulk import Bulk
from jinbao.rules.audit_parameters import load_audit_parameters
from jinbao.rules.working_days import day_of

OF_ACTS: tuple[type[AuditTest], ...] = (
    timing.CutOff,
    timing.LatePosting,
    timing.BackDated,
    timing.OffHours,
    operators.TwoRoles,
    operators.TwoAgencies,
    overrides.Overrides,
    money.RoundTrips,
    money.DuplicatePayments,
    money.SplitPayments,
    money.SharedAccounts,
    money.ChangedAccounts,
)
OF_CHANGES = (changes.KeyChanges, changes.RuleChanges, confirmations.BankConfirmations)
OF_READS = (reads.BulkReads, reads.ReadsWithoutCase)
NAMES = {one.name for one in OF_ACTS} | {one.name for one in OF_CHANGES} | {one.name for one in OF_READS}
"""Of all tests, by which findings cite them."""
FOREVER_US = 2**62


class _Test(Protocol):
    """What every test tells, whatever it looks at."""

    name: str
    words: Words

    @property
    def population(self) -> int:
        """How many things it has looked at."""

    def hits(self) -> Sequence[Hit]:
        """What was found."""


class Tested(NamedTuple):
    """One test, carried out."""

    name: str
    words: Words
    parameters: Mapping[str, Any]
    population: int
    hits: Sequence[Hit]


def run_tests(bulk: Bulk, since_us: int, until_us: int) -> list[Tested]:
    """Carry all out over what the bus took between two instants, and what was opened then.

    Raises CalendarError, msgspec.DecodeError for an altered access.
    """
    last = min(until_us, bulk.execute("SELECT COALESCE(MAX(received_at), 0) FROM events").scalar_one())
    parameters = load_audit_parameters(day_of(last))
    begun = [kind(parameters.get(kind.name, {})) for kind in OF_ACTS]
    for act in acts(bulk, since_us, until_us):
        for test in begun:
            test.see(act)
    found = [_carried_out(test, parameters) for test in begun]
    for change in (kind(parameters.get(kind.name, {}), bulk, since_us, until_us) for kind in OF_CHANGES):
        found.append(_carried_out(change, parameters))
    opened = list(listed(bulk, since_us=since_us, until_us=until_us))
    for read in (kind(parameters.get(kind.name, {}), opened) for kind in OF_READS):
        found.append(_carried_out(read, parameters))
    return found


def _carried_out(test: _Test, parameters: Mapping[str, Mapping[str, Any]]) -> Tested:
    hits = test.hits()
    return Tested(test.name, test.words, parameters.get(test.name, {}), test.population, hits)


def as_json(found: Sequence[Tested], tr: Translator) -> list[dict[str, Any]]:
    """As `jinbao audit tests --json` and the pages tell it."""
    return [
        {
            "test": one.name,
            "title": tr.of(one.words),
            "parameters": dict(one.parameters),
            "population": one.population,
            "hits": [{"about": h.about, "positions": list(h.positions), "text": tr.of(h.text)} for h in one.hits],
        }
        for one in found
    ]
