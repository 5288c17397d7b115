"""Rebuilding at the command line: the same rows again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.store.store import Store


@pytest.fixture
def own_folder(nation_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(nation_folder, tmp_path / "copy"))


def rows_of(folder: Path) -> dict[str, list[Any]]:
    with Store(f"sqlite:///{folder / 'platform.sqlite'}").read() as work:
        return {
            table.name: sorted(map(tuple, work.bulk.connection.execute(table.select())), key=repr) for table in TABLES
        }


def test_a_rebuild_makes_the_same_rows_and_tells_how_many(own_folder: Path, answer: Callable[..., Any]) -> None:
    live = rows_of(own_folder)
    with Store(f"sqlite:///{own_folder / 'platform.sqlite'}").write_models() as work:
        work.bulk.execute("UPDATE case_board SET state = 'spoilt'")
        work.bulk.execute("DELETE FROM ledger_balances")

    rebuilt = answer("projections", "rebuild", "--data", own_folder)

    assert rows_of(own_folder) == live
    assert rebuilt["rows"] == {name: len(rows) for name, rows in live.items()}
    assert rebuilt["events"] > rebuilt["rows"]["case_board"] > 0


def test_a_rebuild_is_told_in_plain_words(own_folder: Path, jinbao: Callable[..., Result]) -> None:
    result = jinbao("projections", "rebuild", "--data", own_folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "个事件重建" in result.stdout
    assert "case_board" in result.stdout
