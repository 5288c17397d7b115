"""The language of a command: decided once, from `--lang`, JINBAO_LANG or the settings file, and handed to its views."""

from __future__ import annotations

import os
from collections.abc import Sequence

import typer

from jinbao.language.words import LANGUAGES, Translator
from jinbao.service.errors import UserError
from jinbao.service.settings import FILE_VARIABLE, load_settings


def translator(ctx: typer.Context) -> Translator:
    """The translator of the command that runs, which the program has put into its context."""
    found: Translator | None = ctx.find_object(Translator)
    return found or Translator("zh")


def translator_of_errors(words: Sequence[str]) -> Translator:
    """For what is wrong before the settings are read: by `--lang` or JINBAO_LANG alone."""
    asked = _leading_options(words).get("--lang", os.environ.get("JINBAO_LANG"))
    return Translator(asked if asked in LANGUAGES else "zh")


def chosen_translator(words: Sequence[str]) -> Translator:
    """By `--lang`, else by the settings (JINBAO_LANG, then the settings file). Raises UserError."""
    options = _leading_options(words)
    asked = options.get("--lang")
    if asked in LANGUAGES:
        return Translator(asked)
    if asked is not None:
        known = ", ".join(LANGUAGES)
        raise UserError(f"--lang {asked}：应为 {known} 之一", f"--lang {asked}: expected one of {known}")
    file = {FILE_VARIABLE: options["--config"]} if "--config" in options else {}
    return Translator(load_settings(environ={**os.environ, **file}).lang)


def _leading_options(words: Sequence[str]) -> dict[str, str]:
    """`--name value` and `--name=value` pairs before the first word that is neither."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            break
        name, equals, value = word.partition("=")
        if name in ("--lang", "--config"):
            found[name] = value if equals else next(rest, "")
    return found
