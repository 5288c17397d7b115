"""`jinbao fuzz`: what is printed, the exit codes, a kept failure run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jinbao.cli import fuzz as cli_fuzz
from jinbao.fuzz.campaign import fuzz
from jinbao.fuzz.province_files import ProvinceFile

Answer = Callable[..., Any]


def test_a_campaign_prints_its_figures(answer: Answer) -> None:
    said = answer("fuzz", "--target", "csv-utf8", "--n", 30, "--seed", 3)
    assert list(said) == ["inputs", "outcomes", "codes", "past_decoding", "slowest_ms", "failures"]
    assert (said["inputs"], sum(said["outcomes"].values()), said["failures"]) == (30, 30, [])


def test_a_failure_exits_1_and_its_command_runs_it_again(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(ProvinceFile, "run", broken)
        patch.setattr(cli_fuzz, "fuzz_apart", lambda targets, *given: fuzz(targets(), *given))  # broken here, not there
        said = answer("fuzz", "--target", "json-lines", "--n", 2, "--data", tmp_path, code=1)
        assert len(said["failures"]) == 2
        failure = said["failures"][0]
        assert Path(failure["file"]).is_file()
        words = failure["command"].split()[1:]
        assert answer(*words, code=1)["failures"][0]["file"] == failure["file"]
    assert answer(*words)["failures"] == []


@pytest.mark.parametrize(
    ("words", "named"),
    [(("--target", "csv-utf"), "csv-utf8"), (("--n", "0"), "--n"), (("--replay", "x"), "--target")],
)
def test_wrong_arguments_exit_2(jinbao: Callable[..., Any], words: tuple[str, ...], named: str) -> None:
    done = jinbao("fuzz", *words)
    assert done.exit_code == 2
    assert named in done.output
