"""The plain model of a person's transfers, and the calendars that it and the platform are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.plain_model.plain_model import PlainModel

from jinbao.rules import working_days
from jinbao.rules.working_days import WorkingDays, load_working_days


@pytest.fixture(scope="session")
def plain_model() -> type[PlainModel]:
    return PlainModel


@pytest.fixture(scope="session")
def calendar() -> WorkingDays:
    return load_working_days()


@pytest.fixture(scope="session")
def amended(tmp_path_factory: pytest.TempPathFactory) -> list[WorkingDays]:
    """Later releases of the calendar, each with two more days off, as in 2019 and 2020; the last takes them back."""
    shipped = Path(working_days.__file__).parent / "data" / "working_days.csv"
    table, found = shipped.read_text("utf-8"), []
    for number, days in enumerate(("2025-03-13,2025-03-14", "2025-04-08,2025-04-09", ""), start=1):
        file = tmp_path_factory.mktemp("calendar") / "amended.csv"
        table += f"{days},holiday,example,invented for this test\n" if days else ""
        text = table if days else shipped.read_text("utf-8")
        file.write_text(text.replace("# version: ", f"# version: amended-{number}-", 1), "utf-8")
        found.append(load_working_days(file))
    return found
