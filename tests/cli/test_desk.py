"""`jinbao desk`: a case worked by two clerks as README shows it, and what is told of what cannot be done."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.bus.open_bus import open_bus
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.adapter_run import AdapterLine
from jinbao.service.metrics import new_registry
from jinbao.service.settings import load_settings

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]


def commands_of_the_readme() -> list[list[str]]:
    """The words of each command of README's section on two clerks, as they stand there."""
    section = (ROOT / "README.md").read_text("utf-8").split("## A case worked by two clerks")[1].split("\n## ")[0]
    lines = re.findall(r"^jinbao ([^>&#\n]+)", section.split("```")[1], re.MULTILINE)
    return [
        words for line in lines if (words := shlex.split(line))[:2] not in (["platform", "run"], ["adapter", "run"])
    ]


@pytest.fixture
def carry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """What runs beside the clerks: both adapters and the platform, until nothing is left."""
    monkeypatch.setenv("JINBAO_DATA", str(tmp_path / "data"))
    settings = load_settings(tmp_path / "data")
    with ExitStack() as stack:
        bus = stack.enter_context(closing(open_bus(settings.bus_url)))
        store = stack.enter_context(closing(Store(settings.database_url)))
        platform = stack.enter_context(closing(NationalPlatform(bus, store)))
        lines = []
        for province in ("41", "44"):
            config = load_adapter_config(ROOT / "examples" / "clerks" / f"adapter-{province}.toml", province)
            metrics = AdapterMetrics(new_registry(), province)
            lines.append(AdapterLine(stack, settings, config, bus, lambda what, headers: None, metrics))

        def run() -> None:
            idle = 0
            while idle < 2:
                done = sum(line.step() for line in lines) + platform.step(time.time_ns() // 1_000)
                idle = 0 if done else idle + 1

        run()
        yield run


def test_a_case_worked_by_two_clerks_as_the_readme_shows_it(
    jinbao: Run, answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINBAO_DATA", str(tmp_path / "data"))
    seen: dict[tuple[str, ...], str] = {}
    for words in commands_of_the_readme():
        words = [str(ROOT / word) if word.startswith("examples") else word for word in words]
        result = jinbao("--lang", "en", *words)
        assert result.exit_code == 0, f"{words}: {result.output}"
        seen[tuple(words[:3])] = result.output
    listed = seen["desk", "list", "--province"]
    assert "2025-41-0902-L1" in listed
    assert "it is this agency's turn" in listed
    case = answer("desk", "show", "2025-41-0902", "--province", "41")
    seen_by = answer("audit", "accesses", "--transfer", case["transfer"], "--limit", 1)["accesses"]
    assert [(one["way"], one["ground"], one["province"]) for one in seen_by] == [("command", "desk", "41")]
    assert (case["state"], case["group"], case["turn"]) == ("completed", "ended", None)
    told = [(d["document"], d["state"], d["stands"]) for d in case["sent"]]
    assert told == [
        ("ApplicationAccepted", "accepted", True),
        ("ContactLetterIssued", "accepted", True),
        ("ContactLetterIssued", "accepted", True),
        ("FundsReceived", "rejected", False),
        ("FundsReceived", "accepted", True),
        ("TransferCompleted", "accepted", True),
        ("PersonInformed", "accepted", True),
        ("EmployerInformed", "accepted", True),
    ]
    assert [d["fields"]["amount"] for d in case["sent"] if d["document"] == "FundsReceived"] == [384_012, 3_840_123]
    assert answer("desk", "list", "--province", "44") == []
    told = answer("desk", "list", "--province", "41")
    assert [(w["name"], w["why"][0]["code"]) for w in told] == [("2025-41-0901", "notice")], (
        "nobody told of the refusal"
    )
    refused = answer("desk", "show", "2025-41-0901", "--province", "41")
    assert (refused["state"], refused["sent"][-1]["fields"]["reason_code"]) == ("refused", "CERTIFICATE_INVALID")


def test_a_document_that_the_platform_refuses_waits_with_code_and_field(
    jinbao: Run, answer: Callable[..., Any], carry: Callable[[], None]
) -> None:
    who = ("--field", "origin=44", "--field", "personal.number=44000019880315001X", "--field", "personal.name=合成甲一")
    for number in ("A-1", "A-2"):
        assert jinbao("desk", "act", number, "accept-application", "--province", "41", *who).exit_code == 0
    carry()
    (first, second) = answer("desk", "list", "--province", "41")
    assert first["why"] == [{"code": "turn", "detail": ""}]
    assert second["why"] == [{"code": "rejected", "detail": "ApplicationAccepted LIVE_TRANSFER_EXISTS"}]
    assert "LIVE_TRANSFER_EXISTS" in jinbao("desk", "show", "A-2", "--province", "41").output


NEW = ("--field", "origin=44", "--field", "personal.name=合成甲一")
PERSON = ("--field", "personal.number=44000019880315001X", "--field", "personal.name=合成甲一")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "A-9"), "A-9: no such case"),
        (("act", "A-1", "complete"), "complete: cannot be done now; possible now: refuse-application, issue-letter"),
        (("act", "A-1", "refuse-application"), "reason_code, reason_text: fields are missing"),
        (
            ("act", "A-1", "refuse-application", "--field", "reason_code=NO"),
            "reason_code: the field is wrong: expected one of PENSION",
        ),
        (("act", "A-1", "withdraw", "--field", "reason=x"), "reason: the form has no such field"),
        (("act", "A-1", "withdraw", "--field", "reason"), "--field reason: expected name=value"),
        (("act", "A-9", "report-unknown-funds", "--field", "amount=12"), "amount=12: expected yuan with two decimals"),
        (("act", "A-3", "accept-application", "--field", "personal.number=hello", *NEW), "personal.number: the field"),
        (("act", "A-3", "accept-application", "--field", "origin=99", *PERSON), "origin: the field is wrong: "),
        (("act", "A-3", "accept-application", "--field", "origin=41", *PERSON), "origin: the field is wrong: "),
        (
            ("act", "A-3", "accept-application", "--field", "personal.number=440000198803150011", *NEW),
            "personal.number: the field is wrong: ",
        ),
        (("annul", "A-1", "7", "--reason", "x"), "7: the case has no such document; it has: 1"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_with_what_to_do(
    jinbao: Run, carry: Callable[[], None], words: tuple[str, ...], told: str
) -> None:
    who = ("--field", "origin=44", "--field", "personal.number=44000019880315001X", "--field", "personal.name=合成甲一")
    assert jinbao("desk", "act", "A-1", "accept-application", "--province", "41", *who).exit_code == 0
    result = jinbao("--lang", "en", "desk", *words, "--province", "41")
    assert result.exit_code == 2
    assert told in result.stderr
    chinese = jinbao("desk", *words, "--province", "41")
    assert re.search("[一-鿿]", chinese.stderr)


def test_a_province_whose_system_is_not_there_is_named(jinbao: Run) -> None:
    result = jinbao("--lang", "en", "desk", "list", "--province", "41")
    assert result.exit_code == 2
    assert "no local system of that province" in result.stderr
