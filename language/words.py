"""A text in Chinese and in English, and the translator that chooses one of the two for whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Words = tuple[str, str]
"""The same text in Chinese and in English."""


def words_of(text: str) -> Words:
    """The words of a text that is kept as "Chinese / English"; the same in both languages where it has one only."""
    zh, slash, en = text.partition(" / ")
    return (zh, en) if slash else (text, text)


class BilingualError(Exception):
    """An error that is told to a user, who is answered in the user's language; `str()` of it has both."""

    def __init__(self, zh: str, en: str = "") -> None:
        """`en` is left out where both languages write it alike, as a file's name and the system's own reason."""
        self.words: Words = (zh, en or zh)
        super().__init__(f"{zh} / {en}" if en and en != zh else zh)


class FieldError(BilingualError):
    """A field is wrong: `field` is its path, None for the whole, and `fault` what is wrong with it."""

    def __init__(self, field: str | None, fault: Words) -> None:
        self.field = field
        self.fault = fault
        where = f"{field}: " if field else ""
        super().__init__(where + fault[0], where + fault[1])


@dataclass(frozen=True, slots=True)
class Translator:
    """Chooses the text in one language. Handed on as an argument; no language is kept process-wide."""

    language: Language

    def __call__(self, zh: str, en: str) -> str:
        """The text of the two in this language."""
        return en if self.language == "en" else zh

    def of(self, words: Words) -> str:
        """The words in this language."""
        return self(*words)

    def error(self, error: Exception) -> str:
        """What an error says, in this language where it has both."""
        return self.of(error.words) if isinstance(error, BilingualError) else str(error)
