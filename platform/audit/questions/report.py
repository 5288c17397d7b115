"""An auditor's report: its checkpoint, what was verified, which samples were drawn, what tests hit, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jinbao.platform.audit.log.stands_on import StandsOn, stands_on
from jinbao.platform.audit.log.verifications import Verification
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, Tested, run_tests
from jinbao.platform.audit.questions.findings import Listed, findings
from jinbao.platform.audit.questions.sample import KIND as DRAWN, Drawn
from jinbao.platform.audit.statements.statements import Said, said
from jinbao.platform.store.bulk import Bulk


class Report(NamedTuple):
    """What an auditor reports."""

    at_us: int
    """When it was made, microseconds since 1970 UTC."""
    checkpoint: StandsOn
    verifications: Sequence[Verification]
    """Newest first."""
    draws: Sequence[Said[Drawn]]
    """In order; every draw is told, whatever came of it."""
    tests: Sequence[Tested]
    """Over the whole log."""
    findings: Sequence[Listed]
    """Newest first."""
    whole: bool = True
    """Whether tests and findings are in it, which are about the nation's transfers."""


def report(bulk: Bulk, verifications: Sequence[Verification], now_us: int, *, whole: bool = True) -> Report:
    """The report as of now; `verifications` are kept outside the database."""
    tests, found = (run_tests(bulk, 0, FOREVER_US), findings(bulk)) if whole else ([], [])
    return Report(now_us, stands_on(bulk), verifications, list(said(bulk, DRAWN, Drawn)), tests, found, whole)
