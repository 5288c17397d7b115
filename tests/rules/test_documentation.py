"""The clerk's page says what the rules compute, and its sample inputs come to what it says."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jinbao.cli.main import app
from jinbao.rules.funds import compute_transfer
from jinbao.rules.funds_form import funds_answer, read_funds_form

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"
SAMPLES = ROOT / "examples" / "rules"
COMMANDS = re.findall(r"^jinbao (rules .*examples/rules/.*)$", PAGE.read_text("utf-8"), re.MULTILINE)


def asked(*words: str) -> Any:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def funds(sample: str, *more: str) -> Any:
    return asked("rules", "funds", str(SAMPLES / f"{sample}.json"), "--json", *more)


def test_every_figure_of_the_worked_example_stands_on_the_page_in_both_languages() -> None:
    text = PAGE.read_text("utf-8")
    block = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert block is not None
    answer = funds_answer(compute_transfer(read_funds_form(block[1].encode())))
    chinese, _, english = text.partition("\n---\n")
    figures = [answer[name] for name in ("individual_total", "pooling_total", "total", "account_at_previous_year_end")]
    figures += [year[name] for year in answer["years"] for name in ("account_credit", "pooling")]
    assert json.loads(block[1])["years"]
    for language in (chinese, english):
        assert [figure for figure in figures if figure not in language] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_sample_of_the_page_is_answered(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert asked(*shlex.split(command))


def test_the_page_shows_every_sample_that_is_shipped() -> None:
    shown = {word for command in COMMANDS for word in command.split() if word.endswith(".json")}
    assert shown == {f"examples/rules/{file.name}" for file in SAMPLES.iterdir()}


@pytest.mark.parametrize(
    ("sample", "more", "figures"),
    [
        ("recorded-above-scale", [], {"account_at_previous_year_end": "3009.64", "total": "7329.64"}),
        ("recorded-below-scale", [], {"account_at_previous_year_end": "3009.64", "total": "7329.64"}),
        ("credited-later", [], {"account_at_previous_year_end": "4997.86", "current_year_principal": "2400.00"}),
        ("temporary-account-floor", [], {"pooling_total": "15592.62"}),
        ("temporary-account-floor", ["--province", "62"], {"pooling_total": "14400.00"}),
        ("temporary-account", [], {"pooling_total": "20790.17"}),
        ("temporary-account", ["--province", "62"], {"pooling_total": "19200.00"}),
        ("rate-not-yet-published", [], {"account_at_previous_year_end": "39455.14", "provisional": True}),
    ],
)
def test_a_sample_comes_to_what_the_page_says(sample: str, more: list[str], figures: dict[str, Any]) -> None:
    answer = funds(sample, *more)
    assert {name: answer[name] for name in figures} == figures
    chinese, _, english = PAGE.read_text("utf-8").partition("\n---\n")
    for figure in figures.values():
        assert figure is True or (figure in chinese and figure in english)


def test_the_samples_of_interest_and_overlap_come_to_what_the_page_says() -> None:
    interest = [year["account_interest"] for year in funds("base-changed-in-july")["years"]]
    assert sum(round(float(part) * 100) for part in interest) == 12370
    (overlap,) = funds("two-provinces-at-once")["overlaps"]
    assert (overlap["year"], overlap["first_month"], overlap["last_month"]) == (2018, 7, 12)
    assert overlap["provinces"] == ["44", "31"]
    check = funds("rate-not-yet-published")["plausibility"]
    assert (check["difference"], check["within_tolerance"]) == ("0.00", True)


@pytest.mark.parametrize(
    ("sample", "province", "rule"),
    [("benefit-place", "44", 3), ("benefit-place-hukou-moved", "32", 1), ("benefit-place-without-hukou", "31", 5)],
)
def test_a_sample_of_the_benefit_place_comes_to_what_the_page_says(sample: str, province: str, rule: int) -> None:
    answer = asked("rules", "benefit-place", str(SAMPLES / f"{sample}.json"), "--json")
    assert (answer["province"], answer["rule"]) == (province, rule)
