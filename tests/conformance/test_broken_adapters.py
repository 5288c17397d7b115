"""Broken adapters: the conformance kit finds each, and fails it in exactly the cases that its fault concerns."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import pytest
from support.broken_adapters import BROKEN
from support.conformance_kit import harness_in, not_passed, verdicts

from jinbao.conformance.case_file import Case, load_cases
from jinbao.conformance.kit import Report, run_cases

CASES = {case.id: case for case in load_cases()}


def report_of(name: str, folder: Path, cases: Collection[Case]) -> Report:
    broken, _ = BROKEN[name]
    with (
        harness_in(folder) as harness,
        closing(broken(folder / "broken", "41", harness.bus, harness.ring)) as candidate,
    ):
        return run_cases(harness, candidate, cases)


def with_those_before(ids: Collection[str]) -> list[Case]:
    wanted = set(ids)
    while more := {before for one in wanted for before in CASES[one].before} - wanted:
        wanted |= more
    return [case for case in CASES.values() if case.id in wanted]


@pytest.mark.parametrize("name", BROKEN)
def test_it_fails_the_cases_of_its_fault_and_is_not_certified(tmp_path: Path, name: str) -> None:
    _, expected = BROKEN[name]
    report = report_of(name, tmp_path, with_those_before(expected))
    assert verdicts(report, "failed") == expected
    assert report.certified == (not any(CASES[one].required for one in expected))


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_it_fails_no_other_case(tmp_path: Path, name: str) -> None:
    _, expected = BROKEN[name]
    report = report_of(name, tmp_path, list(CASES.values()))
    assert verdicts(report, "failed") == expected, not_passed(report)
    not_run = {
        case.id for case in CASES.values() if expected & {c.id for c in with_those_before([case.id])} - {case.id}
    }
    assert verdicts(report, "not_run") == not_run
