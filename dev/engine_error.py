"""Error of a local engine: it cannot be started or reached."""

from __future__ import annotations

from jinbao.language.words import BilingualError


class EngineError(BilingualError):
    """A local engine cannot be started or reached; the message says which, why and what to do."""


class EngineMissing(EngineError):
    """A program that is needed is not installed; the message names the Debian package that has it."""
