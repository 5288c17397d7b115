"""The two languages in which users are spoken to; which one is always an argument."""

from __future__ import annotations

from typing import Literal, TypeAlias

from jinbao.presentation.labels import Words

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def spoken_in(language: Language, words: Words) -> str:
    """The text in that language."""
    return words[LANGUAGES.index(language)]
