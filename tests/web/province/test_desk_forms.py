"""The forms of everything that the office can say: each has its words in both languages, units in its labels, and its
article; rates are typed as they are labelled.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jinbao.language.words import Language, Translator
from jinbao.presentation.message_labels import MESSAGES
from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.draft import Draft
from jinbao.regional_adapter.office.typed import given_of
from jinbao.rules.step_articles import step_articles
from jinbao.web.province.forms import FormField, form_view


def shown(action: str, language: Language) -> Iterator[FormField]:
    """Every field and cell of an action's form, empty as it begins."""
    draft = Draft(ACTIONS[action].form, {}, ACTIONS[action].choices)
    for field in form_view(Translator(language), action, draft, {}, []).fields:
        yield field
        yield from (cell for row in field.rows for cell in row)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_field_of_each_action_is_named_in_both_languages_with_its_unit(action: str):
    for zh, en in zip(shown(action, "zh"), shown(action, "en"), strict=True):
        last = zh.name.rpartition(".")[2]
        assert not zh.label.isascii(), zh.name
        assert "_" not in en.label, "the name in the program stands for a name"
        assert "." not in en.label.removeprefix("row 1 "), en.label
        units = {"amount": ("(元)", "(yuan)"), "percent": ("(%)", "(%)")}.get(zh.kind, ("", ""))
        assert units[0] in zh.label, zh.name
        assert units[1] in en.label, en.name
        assert "month" not in last or "月" in zh.label, zh.name
        assert all(choice.label for choice in (*zh.choices, *en.choices)), zh.name


def test_each_article_is_of_a_message_that_a_clerk_says():
    assert set(step_articles()) <= {form.KIND for form in FORMS.values()} <= set(MESSAGES)
    ordinary = (
        "issue-letter",
        "pass-review",
        "return-letter",
        "send-sheet",
        "order-payment",
        "report-funds",
        "complete",
    )
    for action in ("accept-application", *ordinary):
        draft = Draft(ACTIONS[action].form, {})
        assert form_view(Translator("zh"), action, draft, {}, []).article, action


def test_a_rate_is_typed_in_per_cent_and_said_in_basis_points():
    rows = [{"year": 2018, "account_rate_bp": 800}]
    draft = Draft(ACTIONS["send-sheet"].form, {"rows": rows})
    (held, _new) = next(
        field for field in form_view(Translator("zh"), "send-sheet", draft, {}, []).fields if field.rows
    ).rows
    texts = {cell.name: cell.text for cell in held}
    assert texts["rows.0.account_rate_bp"] == "8.00"
    assert given_of(draft, texts) == ({}, []), "nothing was changed"
    given, wrong = given_of(draft, texts | {"rows.0.account_rate_bp": "11"})
    assert (given["rows"][0]["account_rate_bp"], wrong) == (1100, [])
    assert [one.kind for one in given_of(draft, texts | {"rows.0.account_rate_bp": "x"})[1]] == ["percent"]
