"""A nation whose provinces hand in files: whatever their forms, the same digest as without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.simulator.nation import Nation
from jinbao.simulator.own_files import DeliveryError
from jinbao.simulator.provinces_forms import MIXED, SQL, UnknownFormsError, names_of_forms


def _digest(folder: Path, transfers: int, days: int, forms: str | None) -> str:
    with Nation.begin(folder, seed=7, transfers=transfers, days=days, forms=forms) as nation:
        while not nation.finished:
            nation.run_day()
        assert not any(office.set_aside for office in nation.offices.values())
        written = {file.name.partition(".")[0] for file in folder.glob("local/*/forms/*")}
        assert written == set() if forms in (None, SQL) else written >= {"转移申请", "缴费历史", "办理决定"}
        return str(nation.summary()["digest"])


def test_a_nation_of_files_comes_to_the_same(tmp_path: Path) -> None:
    assert _digest(tmp_path / "files", 6, 22, "csv-utf8") == _digest(tmp_path / "none", 6, 22, None)
    decisions = [file.read_text("utf-8") for file in tmp_path.glob("files/local/*/forms/办理决定.csv")]
    assert any(";22;" in row and "-I1;" in row for file in decisions for row in file.splitlines()), (
        "a sheet, 发出信息表"
    )


@pytest.fixture(scope="module")
def without_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of 20 transfers in 40 days that nobody wrote into files."""
    return _digest(tmp_path_factory.mktemp("none"), 20, 40, None)


@pytest.mark.slow
@pytest.mark.parametrize("forms", names_of_forms())
def test_a_nation_of_one_form_comes_to_the_same(tmp_path: Path, forms: str, without_files: str) -> None:
    assert _digest(tmp_path, 20, 40, forms) == without_files


@pytest.mark.slow
def test_a_nation_of_all_forms_comes_to_the_same(tmp_path: Path) -> None:
    assert _digest(tmp_path, 60, 60, MIXED).startswith("2f7ac760ac9d")


@pytest.mark.slow
def test_a_reversal_that_files_say_is_said_once(tmp_path: Path) -> None:
    """The clerk of the opposite transfer decides on the first one, which is another case."""
    plan = {"seed": 7, "transfers": 2_000, "days": 250, "sample": [1_782]}
    with Nation.begin(tmp_path, forms="csv-utf8", **plan) as nation:  # type: ignore[arg-type]
        while nation.run.day < 149:
            nation.run_day()
        assert not any(office.set_aside for office in nation.offices.values())
        said = [d for office in nation.offices.values() for d in office.local.documents(kind="TransferReversed")]
        assert len(said) == 1
        assert str(nation.summary()["digest"]).startswith("c976ca2571f0"), "as without files"


@pytest.mark.slow
def test_a_nation_of_files_that_is_opened_again_each_week_goes_on(tmp_path: Path) -> None:
    Nation.begin(tmp_path, seed=7, transfers=60, days=60, forms="json-lines").close()
    finished = False
    while not finished:
        with Nation.resume(tmp_path) as nation:
            for _ in range(6):
                nation.run_day()
            finished = nation.finished
            digest = nation.summary()["digest"]
    assert digest.startswith("2f7ac760ac9d")


def test_forms_that_nobody_has_are_refused_with_the_names_of_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormsError, match="csv-gb18030, csv-utf8"):
        Nation.begin(tmp_path, seed=7, transfers=1, days=1, forms="ods")
    assert not list(tmp_path.iterdir())


def test_a_letter_whose_file_says_something_else_is_not_read(tmp_path: Path) -> None:
    """The letters of a day lie there until the next morning, when the origin reads them."""
    with Nation.begin(tmp_path, seed=7, transfers=6, days=22, forms="csv-utf8") as nation:
        letters: list[Path] = []
        while not letters:
            nation.run_day()
            letters = list(tmp_path.glob("local/*/in/联系函-*"))
        text = letters[0].read_text("utf-8")
        letters[0].write_text(text.replace("合成", "合咸", 1), "utf-8")
        with pytest.raises(DeliveryError, match="in 1: what was read"):
            nation.run_day()
