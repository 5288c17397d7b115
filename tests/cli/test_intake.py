"""The intake at the command line: what was not taken, of the nation, of a province, of a case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store

Run = Callable[..., Result]
Answer = Callable[..., Any]


@pytest.fixture
def not_taken(nation_folder: Path, answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer("intake", "list", "--data", nation_folder)["messages"]
    return found


def test_the_list_is_what_the_counts_count(
    nation_folder: Path, answer: Answer, not_taken: list[dict[str, Any]]
) -> None:
    with Store(f"sqlite:///{nation_folder / 'platform.sqlite'}").read() as work:
        counts = ingest_counts(work)
    assert len(not_taken) == counts["received"] - counts["accepted"] > 0
    for outcome in ("rejected", "parked", "duplicate", "dead_letter"):
        listed = answer("intake", "list", "--outcome", outcome, "--data", nation_folder)["messages"]
        assert len(listed) == counts[outcome]
        assert {message["outcome"] for message in listed} <= {outcome}


def test_a_province_sees_what_it_sent(nation_folder: Path, answer: Answer, not_taken: list[dict[str, Any]]) -> None:
    for province in {message["sender"] for message in not_taken} - {"00", None}:
        listed = answer("intake", "list", "--province", province, "--data", nation_folder)["messages"]
        assert listed == [message for message in not_taken if message["sender"] == province]


def test_a_rejection_names_its_code_in_both_languages_and_its_case(
    nation_folder: Path, answer: Answer, jinbao: Run, not_taken: list[dict[str, Any]]
) -> None:
    rejected = next(message for message in not_taken if message["outcome"] == "rejected")
    assert rejected["code"]
    assert rejected["received_at"].endswith("+08:00")
    assert rejected["text"]["zh"]
    page = jinbao("intake", "list", "--outcome", "rejected", "--data", nation_folder).stdout
    assert f"{rejected['code']} {rejected['text']['zh']}" in page
    case = answer("case", "show", rejected["transfer_id"], "--data", nation_folder)
    assert rejected in case["not_taken"]
    assert {message["transfer_id"] for message in case["not_taken"]} == {rejected["transfer_id"]}
    page = jinbao("case", "show", rejected["transfer_id"], "--data", nation_folder).stdout
    assert "未被接受的报文" in page
    assert rejected["text"]["zh"] in page


def test_the_list_speaks_english_and_says_when_it_is_cut(nation_folder: Path, jinbao: Run) -> None:
    page = jinbao("--lang", "en", "intake", "list", "--limit", 1, "--data", nation_folder).stdout
    assert "1 message, and more (--limit)" in page


@pytest.mark.parametrize("words", [("--outcome", "accepted"), ("--province", "99")])
def test_what_there_is_not_is_wrong_input(nation_folder: Path, jinbao: Run, words: tuple[str, str]) -> None:
    result = jinbao("intake", "list", *words, "--data", nation_folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert " ".join(words) in result.stderr
