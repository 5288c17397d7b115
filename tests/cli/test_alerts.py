"""`jinbao alerts`: a nation without faults wakes nobody, and what stands is told in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.schemas.messages import SUBMISSIONS_TOPIC


def test_a_nation_without_faults_wakes_nobody(nation_folder: Path, answer: Callable[..., Any]) -> None:
    found = answer("alerts", "--data", nation_folder)
    assert [row for row in found["alerts"] if row["level"] == "wakes"] == []
    assert found["position"] == answer("projections", "status", "--data", nation_folder)["events"]


def test_what_stands_is_told_with_what_to_do(
    nation_folder: Path, tmp_path: Path, answer: Callable[..., Any], jinbao: Callable[..., Result]
) -> None:
    folder = shutil.copytree(nation_folder, tmp_path / "nation")
    long_ago = 1_700_000_000_000_000
    bus = EmbeddedBus(folder / "bus.sqlite", clock=lambda: long_ago)
    with closing(bus), closing(bus.producer()) as producer:
        producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k" * 16, b"nobody takes this in")])
    settings = ("--config", folder / "settings.toml")
    (folder / "settings.toml").write_text("alert_ingest_minutes = 0")
    [row] = answer(*settings, "alerts", "--data", folder)["alerts"]
    assert (row["alert"], row["level"], row["state"], row["province"]) == ("ingest_stopped", "wakes", "raised", None)
    assert row["text"]["en"].startswith("1 submission on the bus not taken in")
    section = row["runbook"].removeprefix("docs/operations.md#")
    assert f"### {section}\n" in (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    assert "收文停止" in jinbao("alerts", "--data", folder).stdout
    assert "ingest has stopped" in jinbao("--lang", "en", "alerts", "--data", folder).stdout
