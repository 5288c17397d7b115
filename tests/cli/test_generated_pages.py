"""`jinbao codes` and `jinbao states`, and the pages under docs/ that are made by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.cli import codes, states
from jinbao.platform.aggregates.state import State
from jinbao.rules.reason_codes import REASON_CODES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [("codes", codes.page), ("states", states.page)]


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_the_page_in_docs_is_what_the_code_says(name, page):
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_a_page_that_is_out_of_date_fails_the_check_and_says_how_to_write_it(jinbao, tmp_path, name, page):
    file = tmp_path / "page.md"
    assert jinbao(name, "--write", file).exit_code == 0
    assert file.read_text(encoding="utf-8") == page()
    assert jinbao(name, "--check", file).exit_code == 0
    file.write_text(page() + "\n", encoding="utf-8")
    result = jinbao(name, "--check", file)
    assert result.exit_code == 1
    assert f"jinbao {name} --write" in result.output


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_a_page_that_cannot_be_written_or_found_is_a_mistake_of_the_user(jinbao, tmp_path, name, page):
    assert jinbao(name, "--write", tmp_path / "no" / "page.md").exit_code == 2
    assert jinbao(name, "--check", tmp_path / "page.md").exit_code == 2


def test_the_codes_of_one_kind_or_all_are_told(jinbao, answer):
    assert {c["code"] for c in answer("codes")["codes"]} == set(REASON_CODES)
    returns = answer("codes", "--kind", "return")
    assert {c["kind"] for c in returns["codes"]} == {"return"}
    assert returns["edition"]["version"] == 5
    text = jinbao("--lang", "en", "codes", "--kind", "dead_letter").output
    assert "DIGEST_MISMATCH" in text
    assert "program's" in text, "in English; where a text is broken in its column is not the page's matter"
    assert jinbao("codes", "--kind", "other").exit_code == 2


def test_every_state_is_drawn_and_has_its_section():
    page = states.page()
    for state in State:
        assert f"    {state}: " in page
        assert f"\n## {state}: " in page


def test_the_cells_of_one_state_or_all_are_told(jinbao, answer):
    cells = answer("states", "--state", "completed")
    assert {cell["state"] for cell in cells} == {"completed"}
    [reversed_] = [c for c in cells if c["message"] == "TransferReversed" and c["cell"]["outcome"] == "accepted"]
    assert reversed_["given"] == "opposite transfer completed"
    assert len({cell["state"] for cell in answer("states")}) == 17
    assert "SHEET_FUNDS_MISMATCH" in jinbao("states", "--state", "mismatch").output
    assert jinbao("states", "--state", "nowhere").exit_code == 2
