"""Errors that are written for the user, in Chinese and in English."""

from __future__ import annotations

from jinbao.presentation.language import Language, spoken_in


class BilingualError(Exception):
    """An error that says in both languages what is wrong, where, and what to do; in one, where both are the same."""

    def __init__(self, zh: str, en: str | None = None) -> None:
        super().__init__(zh if en is None or en == zh else f"{zh} / {en}")
        self.words = (zh, zh if en is None else en)


class UserError(BilingualError):
    """A mistake of the user's."""


class Unavailable(BilingualError):
    """Something on this machine cannot be used now and may be later, a full disk for one."""


def error_text(error: Exception, language: Language) -> str:
    """What an error says in a language."""
    return spoken_in(language, error.words) if isinstance(error, BilingualError) else str(error)
