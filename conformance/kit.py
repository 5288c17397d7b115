"""The kit: runs every case for a candidate and makes the report, which holds for what it names by hash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from jinbao.conformance.case_file import Case, Role, hash_of, kit_hash, steps_of
from jinbao.conformance.harness import Harness
from jinbao.conformance.instructions import PROTOCOL, Instruction, Party
from jinbao.conformance.persons import Persons
from jinbao.conformance.play import CasePlay, NotMet, Unsupported
from jinbao.language.words import Words
from jinbao.schemas.registry import AVRO

Verdict = Literal["passed", "failed", "not_run"]


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case; the words are in Chinese and English."""

    case: Case
    verdict: Verdict
    expected: Words
    seen: Words


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. It says something about this kit, these schemas and this mapping only."""

    province: str
    roles: Sequence[Role]
    results: Sequence[CaseResult]
    kit: str
    schemas: str
    mapping: str | None
    """SHA-256 of the cases, of the released schemas, and of the province's mapping, hexadecimal."""

    @property
    def certified(self) -> bool:
        """Whether every required case of every role was run and passed."""
        required = [result for result in self.results if result.case.required]
        return bool(required) and all(result.verdict == "passed" for result in required)


def run_cases(
    harness: Harness,
    candidate: Party,
    cases: Sequence[Case],
    roles: Sequence[Role] = ("destination", "origin"),
    mapping: Path | None = None,
    done: Callable[[int], None] = lambda cases: None,
) -> Report:
    """Run every case of the roles, each after those that it builds on. Raises BusError and StoreError.

    `done`: told of each case that is over.
    """
    harness.candidate = candidate
    by_id = {case.id: case for case in cases}
    wanted = [case for case in cases if case.role in roles]
    persons = Persons()
    results: dict[str, CaseResult] = {}
    refused = _start(harness, candidate)
    for case in wanted:
        missing = [one for one in case.before if results[one].verdict != "passed"]
        if refused is not None:
            expected = ("驱动程序启动适配器", "the driver starts its adapter")
            results[case.id] = _not_run(case, expected, (refused, refused))
        elif missing:
            results[case.id] = _not_run(case, (f"{missing[0]} 通过", f"{missing[0]} passed"))
        else:
            results[case.id] = _result(case, CasePlay(case, harness, candidate, persons), by_id)
            if results[case.id].verdict != "passed":
                _begin_anew(harness, candidate)
        done(1)
    candidate.tell(Instruction(do="bye"))
    return Report(
        province=harness.province,
        roles=tuple(roles),
        results=tuple(results[case.id] for case in wanted),
        kit=kit_hash(),
        schemas=hash_of(sorted(AVRO.rglob("*.avsc"))),
        mapping=None if mapping is None else hash_of([mapping]),
    )


def _start(harness: Harness, candidate: Party) -> str | None:
    """Why the candidate does not run; None where it does."""
    hello = Instruction(do="hello", protocol=PROTOCOL, province=harness.province)
    for instruction in (hello, harness.start_instruction()):
        answer = candidate.tell(instruction)
        if not answer.ok:
            return f"{instruction.do}: {answer.error}"
    return None


def _begin_anew(harness: Harness, candidate: Party) -> None:
    """After a case that broke off somewhere: everybody runs, and the next one finds nothing under way."""
    harness.platform_runs = harness.delivers = True
    candidate.tell(Instruction(do="stop"))
    candidate.tell(harness.start_instruction())
    harness.settle()


def _not_run(case: Case, expected: Words, seen: Words = ("未运行", "not run")) -> CaseResult:
    return CaseResult(case=case, verdict="not_run", expected=expected, seen=seen)


def _result(case: Case, play: CasePlay, by_id: dict[str, Case]) -> CaseResult:
    try:
        play.play(steps_of(case, by_id))
    except NotMet as fault:
        return CaseResult(case=case, verdict="failed", expected=fault.expected, seen=fault.seen)
    except Unsupported as error:
        zh, en = f"驱动程序支持 {error}", f"the driver supports {error}"
        return _not_run(case, (zh, en))
    shown = "; ".join(f"{seen.kind}: {seen.outcome}" for seen in play.all_seen())
    expected: Words = ("；".join(zh for zh, _ in play.expected), "; ".join(en for _, en in play.expected))
    return CaseResult(case=case, verdict="passed", expected=expected, seen=(shown, shown))
