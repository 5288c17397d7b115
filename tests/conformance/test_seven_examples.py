"""The seven example sets: our adapter, driven by files in each province's own form, is certified with its mapping."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.conformance_kit import harness_in, not_passed
from support.in_process import jinbao_in

from jinbao.conformance.case_file import load_cases
from jinbao.conformance.forms_province import FormsProvince
from jinbao.conformance.kit import Report, run_cases
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping

FOLDER = Path(__file__).parents[2] / "examples" / "provinces"
SETS = [one["name"] for one in json.loads((FOLDER / "index.json").read_text("utf-8"))]
IN_FILES = ("application", "refusal", "rare-names", "receipt", "review", "sheet", "letter", "normal", "mismatch-top-up")
"""What registers, applies, decides and receives by every form; the rest is the adapter's, whatever the form."""


def report_of(name: str, folder: Path, *, whole: bool) -> tuple[Report, int]:
    """The report, and how many files the province has handed in."""
    mapping = FOLDER / name / "mapping.toml"
    cases = [case for case in load_cases() if whole or case.id.partition("-")[2] in IN_FILES]
    with (
        harness_in(folder) as harness,
        closing(FormsProvince(folder / name, "41", harness.bus, harness.ring, load_mapping(mapping))) as candidate,
    ):
        return run_cases(harness, candidate, cases, mapping=mapping), len(list(candidate.files.iterdir()))


@pytest.mark.parametrize("name", SETS)
def test_it_passes_what_is_said_in_its_forms(tmp_path: Path, name: str) -> None:
    report, files = report_of(name, tmp_path, whole=False)
    assert not_passed(report) == {}
    assert files > 25
    assert report.mapping is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_it_is_certified(tmp_path: Path, name: str) -> None:
    report, files = report_of(name, tmp_path, whole=True)
    assert not_passed(report) == {}
    assert report.certified
    assert files > 100


@pytest.mark.slow
def test_by_its_configuration_from_the_command_line(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    config = FOLDER / SETS[0] / "conformance.toml"
    done = jinbao_in(tmp_path, PATH=path)("adapter", "conformance", "--config", config, "--json")
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["mapping"]) == 64
