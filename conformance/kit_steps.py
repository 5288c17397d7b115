"""What the kit itself does between the provinces: stops the platform, lets days pass, delivers what is unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from jinbao.conformance.case_file import Step
from jinbao.conformance.harness import Harness


def _platform_stops(harness: Harness, step: Step, relationship: UUID) -> None:
    harness.platform_runs = False


def _platform_starts(harness: Harness, step: Step, relationship: UUID) -> None:
    harness.platform_runs = True


def _days_pass(harness: Harness, step: Step, relationship: UUID) -> None:
    harness.settle()
    harness.pass_days(step.days)


KIT_STEPS: Mapping[str, Callable[[Harness, Step, UUID], None]] = {
    "stop-platform": _platform_stops,
    "start-platform": _platform_starts,
    "pass-days": _days_pass,
}
"""By name, as cases call them."""
