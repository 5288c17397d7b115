"""Figures on a page: each is looked up in the page's own value by its path, so a page shows what its JSON says.

The path `provinces.41.missed` goes into the element of the list `provinces` whose leading texts are `41`; an element
with two, like a flow, is named `44-41`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, TypeAlias

from markupsafe import Markup, escape

from jinbao.language.words import Language
from jinbao.presentation import formatting

Figures: TypeAlias = dict[str, int | float | None]


def figures_of(value: Any) -> Figures:
    """Every number of a value, and what may be one and is not known, by its path."""
    return dict(_walk(value, ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, int | float | None]]:
    match value:
        case dict():
            for key, part in value.items():
                yield from _walk(part, f"{path}.{key}" if path else str(key))
        case list():
            for part in value:
                if name := _name_of(part):
                    yield from _walk(part, f"{path}.{name}")
        case bool() | str():
            return
        case _:
            yield path, value


def _name_of(element: Any) -> str:
    if not isinstance(element, dict):
        return ""
    return "-".join(takewhile(lambda part: isinstance(part, str), element.values()))


_SECONDS = {"_minutes": 60, "_seconds": 1}
"""Ending of a figure's name → the seconds in its unit."""


def shown(path: str, value: int | float | None, language: Language = "en", *, short: bool = False) -> str:
    """A figure for a reader: fen as yuan, minutes and seconds in words, numbers with thousands separators, a dash for
    what is not known. `short`: where there is little room.
    """
    if value is None:
        return "–"
    for ending, unit_s in _SECONDS.items():
        if path.endswith(ending):
            return formatting.duration(int(value) * unit_s, language, short=short)
    if isinstance(value, float):
        return f"{value:,.1f}"
    return formatting.yuan(value) if any(part.endswith("_fen") for part in path.split(".")) else f"{value:,}"


def band(value: int | float | None, bounds: Sequence[int]) -> int:
    """How many of the ascending bounds a figure has reached: the depth of its colour on a map or in a matrix."""
    return 0 if value is None else sum(value >= bound for bound in bounds)


def figure(figures: Figures, path: str, element: str = "data", language: Language = "en") -> Markup:
    """The figure as HTML that a script can keep up to date. Raises KeyError where the page's value has no such one.

    `element`: `tspan` within a drawing.
    """
    value = figures[path]
    plain = "" if value is None else value
    machine = f' value="{plain}"' if element == "data" else ""
    text = escape(shown(path, value, language, short=element == "tspan"))
    named = f'data-figure="{escape(path)}" data-value="{plain}"'  # a page has a thousand: Markup.format costs 50 ms
    return Markup(f"<{element}{machine} {named}>{text}</{element}>")
