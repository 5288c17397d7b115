"""A bus whose time jumped: the platform says so and waits, and an operator says how its messages count."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.national_platform import topics
from jinbao.presentation import formatting
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

Jinbao = Callable[..., Result]
WHO = ("--operator", "王值班", "--reason", "总线时钟已校准")


@pytest.fixture
def folder(tmp_path: Path, jinbao: Jinbao) -> Path:
    """A platform on whose bus lies one message of 2035 (unreadable, which is no matter)."""
    assert jinbao("platform", "init", "--data", tmp_path / "data").exit_code == 0
    with closing(EmbeddedBus(tmp_path / "data" / "bus.sqlite", clock=lambda: 2_057_000_000_000_000)) as bus:
        bus.create_topics(topics())
        with closing(bus.producer()) as producer:
            producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k" * 16, b"garbage")])
    return tmp_path / "data"


def test_intake_stops_and_the_command_says_where_and_since_when(
    folder: Path, jinbao: Jinbao, answer: Callable[..., Any]
) -> None:
    result = jinbao("platform", "run", "--once", "--data", folder)
    assert (result.exit_code, "2035-03-09" in result.stderr, "confirm-time" in result.stderr) == (1, True, True)
    shown = jinbao("platform", "confirm-time", "--data", folder)
    assert (shown.exit_code, "2035-03-09" in shown.stdout, "--received-at" in shown.stdout) == (0, True, True)
    found = answer("platform", "confirm-time", "--data", folder)
    assert [record["offset"] for record in found["in_doubt"]] == [0]
    assert (found["confirmed"], found["more"]) == ([], False)


def test_confirmed_it_is_taken_as_received_then_and_the_confirmation_stays(
    folder: Path, jinbao: Jinbao, answer: Callable[..., Any]
) -> None:
    now = time.time_ns() // 1_000
    when = formatting.instant(now - 3_600_000_000)
    made = answer("platform", "confirm-time", "--data", folder, "--received-at", when, *WHO)
    assert made["number"] == 1
    assert answer("platform", "run", "--once", "--data", folder)["ingest"]["dead_letter"] == 1
    shown = jinbao("platform", "confirm-time", "--data", folder).stdout
    assert "没有时间存疑的报文" in shown
    assert f"王值班  按 {when} 收到算  总线时钟已校准" in shown
    letters = answer("dead-letters", "list", "--data", folder)["dead_letters"]
    assert letters[0]["received_at"].startswith(when.replace(" ", "T"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--bus-is-right", "--received-at", "2026-01-01 10:00", *WHO), "--received-at"),
        (("--received-at", "2999-01-01 10:00", *WHO), "2999-01-01"),
        (("--bus-is-right",), "--operator"),
        (("--bus-is-right", "--operator", "a\x1b[2J", "--reason", "r"), "--operator"),
        (("--bus-is-right", "--operator", "a", "--reason", " "), "--reason"),
        (("--received-at", "yesterday", *WHO), "--received-at"),
    ],
)
def test_an_unclear_confirmation_is_refused(folder: Path, jinbao: Jinbao, options: tuple[str, ...], told: str) -> None:
    result = jinbao("platform", "confirm-time", "--data", folder, *options)
    assert (result.exit_code, told in result.stderr) == (2, True)
    assert "Traceback" not in result.output
