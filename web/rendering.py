"""Rendering: templates, the words and formats they may use, and the language and theme of who reads.

A template is given the page's value as JSON has it (`value`), and writes no text of its own: prose is `_("English")`,
translated by the catalogue, codes go through a filter of `presentation/` labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request

from jinbao.language.words import LANGUAGES, Language, Translator, Words, words_of
from jinbao.presentation import (
    alert_labels,
    case_labels,
    code_labels,
    formatting,
    labels,
    ledger_labels,
    message_labels,
    office_labels,
    page_labels,
)
from jinbao.presentation.field_values import choice_words
from jinbao.presentation.prose import translated
from jinbao.rules.provinces import PROVINCES
from jinbao.views import law_forms
from jinbao.web.accounts.users import User
from jinbao.web.figures import band, figure, figures_of
from jinbao.web.page import Page
from jinbao.web.static_files import StaticFiles

TEMPLATES = Path(__file__).parent / "templates"
Theme: TypeAlias = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "jinbao_language", "jinbao_theme"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a request wants to be answered: the query first, then a cookie, then the settings."""

    language: Language
    theme: Theme
    asked: Mapping[str, str]
    """Cookies to be set, since the query has asked for another language or theme."""


def reading_of(request: Request, default: Language) -> Reading:
    """Language and theme of a request."""
    asked = {}
    language, theme = request.cookies.get(LANGUAGE_COOKIE), request.cookies.get(THEME_COOKIE)
    if (wanted := request.query_params.get("lang")) in LANGUAGES:
        language = asked[LANGUAGE_COOKIE] = str(wanted)
    if (wanted := request.query_params.get("theme")) in THEMES:
        theme = asked[THEME_COOKIE] = str(wanted)
    return Reading(
        next((known for known in LANGUAGES if known == language), default),
        next((known for known in THEMES if known == theme), "auto"),
        asked,
    )


class Rendering:
    """The templates of an application."""

    def __init__(self, folders: Sequence[Path], static: StaticFiles) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([TEMPLATES, *folders]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            _=_translated,
            static=static.link,
            languages=LANGUAGES,
            themes=THEMES,
            duration_units=formatting.DURATION_UNITS,
            provinces=list(PROVINCES),
            states=list(case_labels.STATES),
            bank_account_kinds=list(ledger_labels.BANK_ACCOUNTS),
            break_kinds=list(ledger_labels.BREAKS),
            break_states=list(ledger_labels.BREAK_STATES),
        )
        self._environment.filters.update({name: _in_language(words) for name, words in _LABELS.items()})
        self._environment.filters.update(
            band=band, instant=_instant, yuan=formatting.yuan, short_id=formatting.short_id, groupby_in_order=_grouped
        )

    def page(
        self,
        template: str,
        request: Request,
        reading: Reading,
        *,
        title: str,
        value: Any = None,
        asked: Any = None,
        user: User | None = None,
        menu: Sequence[Page] = (),
        csrf_token: str = "",
        live: str | None = None,
        may_get: Callable[[str], bool] = lambda path: False,
    ) -> str:
        """The HTML of a template; `asked` is what the query says, with its defaults; `may_get`: which pages lead on."""

        def link(**changes: object) -> str:
            """The page itself with some fields of its query changed; None leaves one out."""
            query = {**request.query_params, **changes}
            text = urlencode({name: part for name, part in query.items() if part is not None})
            return f"{request.url.path}?{text}" if text else request.url.path

        figures = figures_of(value)

        def show(path: str, element: str = "data") -> Markup:
            """A figure of the value; bound here, since one that takes Jinja's context costs ten times as much."""
            return figure(figures, path, element, reading.language)

        return self._environment.get_template(template).render(
            tr=Translator(reading.language),
            lang=reading.language,
            theme=reading.theme,
            path=request.url.path,
            link=link,
            title=title,
            value=value,
            asked=asked,
            figure=show,
            user=user,
            menu=menu,
            csrf_token=csrf_token,
            live=live,
            may_get=may_get,
        )


@jinja2.pass_context
def _translated(context: Context, text: str) -> str:
    return translated(text, context["lang"])


def _in_language(words: Callable[[Any], Words]) -> Callable[[Context, Any], str]:
    @jinja2.pass_context
    def label(context: Context, code: Any) -> str:
        found: str = context["tr"].of(words(code))
        return found

    return label


def _grouped(rows: Sequence[Any], key: str) -> list[tuple[Any, list[Any]]]:
    """Neighbouring rows that have the same under a key, in their order (Jinja's own `groupby` sorts)."""
    return [(found, list(group)) for found, group in groupby(rows, key=lambda row: row[key])]


def _instant(text: str) -> str:
    """An instant of JSON (ISO, Shanghai) as date and minute."""
    return text[:16].replace("T", " ")


def _article(text: str) -> Words:
    """An article of the law, written in the data files in English."""
    return formatting.article(Translator("zh"), text), text


_LABELS: Mapping[str, Callable[[Any], Words]] = {
    "province": labels.province,
    "province_mark": labels.province_mark,
    "message": labels.message,
    "state": case_labels.state,
    "result": lambda code: labels.labelled(case_labels.RESULTS, code),
    "clock": case_labels.clock,
    "clock_end": case_labels.clock_end,
    "fact": lambda code: labels.labelled(labels.FACTS, code),
    "account": ledger_labels.account,
    "sheet_figure": ledger_labels.figure,
    "break": lambda code: ledger_labels.BREAKS[code],
    "break_state": lambda code: ledger_labels.BREAK_STATES[code],
    "break_field": lambda code: ledger_labels.BREAK_FIELDS[code],
    "break_refusal": lambda code: ledger_labels.WORD_REFUSALS.get(code) or code_labels.reason(code),
    "bank_account": lambda code: ledger_labels.BANK_ACCOUNTS[code],
    "open_item": lambda code: ledger_labels.OPEN_ITEMS[code],
    "side_role": lambda code: ledger_labels.SIDE_ROLES[code],
    "payment_stands": lambda payment: ledger_labels.payment_stands(
        payment["announced"], payment["arrived"], payment["bounced"]
    ),
    "days_left": formatting.days_left,
    "duration": lambda seconds: (formatting.duration(seconds, "zh"), formatting.duration(seconds, "en")),
    "article": _article,
    "both": words_of,
    "in_both": lambda said: (said["zh"], said["en"]),
    "form_title": lambda name: law_forms.TITLES[name],
    "clock_stands": case_labels.clock_stands,
    "reason": code_labels.reason,
    "group": lambda code: labels.labelled(office_labels.GROUPS, code),
    "case_role": lambda code: labels.labelled(office_labels.ROLES, code),
    "pile": lambda code: labels.labelled(office_labels.PILES, code),
    "check": lambda code: labels.labelled(office_labels.CHECKS, code),
    "document_state": case_labels.document_state,
    "action": lambda code: labels.labelled(message_labels.ACTIONS, code),
    "why": lambda code: labels.labelled(office_labels.WHY, code),
    "alert": lambda code: labels.labelled(alert_labels.NAMES, code),
    "alert_level": lambda code: alert_labels.LEVELS[code],
    "alert_state": lambda code: alert_labels.STATES[code],
    "national_answer": lambda code: labels.labelled(page_labels.NATIONAL_ANSWERS, code),
    "role": lambda code: labels.labelled(page_labels.ROLES, code),
    "language": lambda code: page_labels.LANGUAGES[code],
    "theme": lambda code: page_labels.THEMES[code],
    "view_ground": lambda code: labels.labelled(page_labels.VIEW_GROUNDS, code),
    "person_value": lambda pair: choice_words(*pair) if pair[0] in ("id_type", "sex") else (pair[1], pair[1]),
    "person_field": lambda name: message_labels.field(f"personal.{name}"),
    "words": lambda pair: pair,
}
"""Filters: what a code is called."""
