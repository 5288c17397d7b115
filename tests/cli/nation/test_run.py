"""`jinbao run`: takes files in and runs platform and adapters together; what is wrong with either is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_cases_go_on_until_the_money_is_ordered_and_a_second_run_finds_nothing(
    tmp_path: Path, answer: Callable[..., Any]
) -> None:
    files = (EXAMPLES / "applications-41.csv", EXAMPLES / "history-44.csv")
    words = ("--adapters", EXAMPLES, "--data", tmp_path / "data")
    first = answer("run", *files, *words)
    assert [report["taken"] for report in first["imported"]] == [3, 10]
    assert first["ingest"]["received"] == first["ingest"]["accepted"] == 21
    assert [adapter["province"] for adapter in first["adapters"]] == ["41", "44"]
    assert len(first["adapters"][0]["waiting"]) == 3, "for the money"
    again = answer("run", *files, *words)
    assert [report["taken"] for report in again["imported"]] == [0, 0]
    assert again["ingest"] == first["ingest"]
    assert [adapter["done"] for adapter in again["adapters"]] == [0, 0]


def test_what_waits_is_told_in_one_language(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    files = (EXAMPLES / "applications-41.csv", EXAMPLES / "history-44.csv")
    zh, en = "等待到账", "waiting for the money"
    for language, said, other in (("zh", zh, en), ("en", en, zh)):
        result = jinbao("--lang", language, "run", *files, "--adapters", EXAMPLES, "--data", tmp_path / language)
        assert (result.exit_code, said in result.stdout, other in result.stdout) == (0, True, False), result.output


def test_a_bad_row_is_reported_after_the_others_were_worked(tmp_path: Path, answer: Callable[..., Any]) -> None:
    header, first, *rest = (EXAMPLES / "applications-41.csv").read_text("gb18030").splitlines()
    bad = tmp_path / "applications.csv"
    bad.write_text("\n".join([header, first.replace("2025-41-0001", ""), *rest]) + "\n", "gb18030")
    done = answer("run", bad, "--adapters", EXAMPLES, "--data", tmp_path / "data", code=1)
    assert [(report["taken"], len(report["bad"])) for report in done["imported"]] == [(2, 1)]
    assert done["ingest"]["accepted"] > 0


def test_a_folder_without_adapters_is_named(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    for language, told in (("zh", "没有 adapter-PP.toml"), ("en", "holds no adapter-PP.toml")):
        result = jinbao("--lang", language, "run", "--adapters", tmp_path, "--data", tmp_path / "data")
        assert (result.exit_code, str(tmp_path) in result.stderr, told in result.stderr) == (2, True, True)
    assert not (tmp_path / "data").exists()
