"""The clerk's page says what the rules compute."""

import json
import re
from pathlib import Path

from jinbao.rules.funds import compute_transfer
from jinbao.rules.funds_form import funds_answer, read_funds_form

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


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
