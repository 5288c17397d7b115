"""The language in which the program speaks: Chinese, or English when asked by `--lang en` or JINBAO_LANG=en."""

from __future__ import annotations

import os
from typing import cast

from jinbao.presentation.language import LANGUAGES, Language

_current: Language = cast(Language, os.environ["JINBAO_LANG"]) if os.environ.get("JINBAO_LANG") in LANGUAGES else "zh"


def set_language(language: Language) -> None:
    """Speak this language from now on; commands are imported later, so their help texts follow it too."""
    global _current
    _current = language


def language() -> Language:
    """The language spoken now."""
    return _current


def tr(zh: str, en: str) -> str:
    """The text in the language spoken now."""
    return en if _current == "en" else zh
