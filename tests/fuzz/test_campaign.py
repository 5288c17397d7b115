"""Fuzzing: one outcome an input, every reject code, nothing slow; and that a broken invariant is noticed and kept."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import get_args

import pytest
from support.aborting_target import aborting

from jinbao.fuzz.apart import fuzz_apart
from jinbao.fuzz.campaign import FuzzReport, fuzz, replay
from jinbao.fuzz.catalogue import targets
from jinbao.fuzz.target import FuzzInput, FuzzResult, InvariantBroken
from jinbao.regional_adapter.files import mapping_check
from jinbao.regional_adapter.files.form_rows import RejectCode

INPUTS = 20_000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> FuzzReport:
    return fuzz(targets(), INPUTS, 7, tmp_path_factory.mktemp("fuzz"), lambda _: None)


def test_every_input_has_one_outcome_in_time(report: FuzzReport) -> None:
    assert report.failures == []
    assert (report.inputs, report.outcomes.total()) == (INPUTS, INPUTS)
    assert report.slowest_ms < 1_000


def test_every_reject_code_is_reached_and_a_third_gets_past_decoding(report: FuzzReport) -> None:
    assert set(get_args(RejectCode)) <= set(report.codes)
    assert report.past_decoding >= INPUTS / 3


class Canary:
    """Its invariant never holds."""

    name = "canary"
    share = 1
    reads_file = True

    def draw(self, random: Random) -> FuzzInput:
        return FuzzInput(random.randbytes(4), ".bin", 3, 1)

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        raise InvariantBroken(f"{file.read_bytes() == given.data}, {given.spoiled} of {given.records}")


def test_an_invariant_that_never_holds_fails_and_is_kept_to_be_run_again(tmp_path: Path) -> None:
    found = fuzz([Canary()], 3, 1, tmp_path, lambda _: None)
    assert [one.reason for one in found.failures] == ["True, 1 of 3"] * 3
    assert found.outcomes == {"failed": 3}
    again = replay(Canary(), found.failures[1].file)
    assert [one.reason for one in again.failures] == ["True, 1 of 3"]
    assert found.failures[1].file.read_bytes() == Canary().draw(Random("1 canary 1")).data
    assert len(list(tmp_path.iterdir())) == 3


def test_an_input_that_ends_its_process_or_never_ends_fails_and_the_others_go_on(tmp_path: Path) -> None:
    found = fuzz_apart(aborting, 8, 7, tmp_path, lambda _: None, longest_s=3)
    kept = sorted(one.file.read_bytes() for one in found.failures)
    assert kept == [b"\0", b"\1"]
    assert (found.inputs, found.outcomes) == (8, {"accepted": 6, "failed": 2})


def test_a_reader_that_loses_a_record_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mapping_check._outcomes
    monkeypatch.setattr(mapping_check, "_outcomes", lambda *given: list(whole(*given))[:-1])
    found = fuzz([one for one in targets() if one.name == "csv-utf8"], 20, 1, tmp_path, lambda _: None)
    assert any("records read of" in one.reason for one in found.failures)


def test_the_same_seed_is_the_same_run_and_another_seed_another(tmp_path: Path) -> None:
    chosen = [one for one in targets() if one.name in ("json-lines", "intake")]
    first, again, other = (fuzz(chosen, 60, seed, tmp_path, lambda _: None) for seed in (1, 1, 2))
    assert (first.outcomes, first.codes) == (again.outcomes, again.codes)
    assert first.codes != other.codes
