"""Fixed English texts (help, headings of pages) and their Chinese, kept in the gettext catalogue `catalogue/zh.po`.

A text that has values in it stands as a pair beside them instead, for `language.words.Translator` to choose from.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinbao.language.words import Language

CATALOGUE = Path(__file__).parent / "catalogue" / "zh.po"


def prose(text: str) -> str:
    """The text itself: marks it for Babel's extraction, which finds every text that the catalogue must have."""
    return text


def translated(text: str, language: Language) -> str:
    """The text in the language; as it is where the catalogue does not have it."""
    return text if language == "en" else _chinese().get(text, text)


@lru_cache(maxsize=1)
def _chinese() -> dict[str, str]:
    from babel.messages.pofile import read_po  # only when help or a page is shown

    with CATALOGUE.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, "zh") if entry.id}
