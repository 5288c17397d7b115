"""The one error of this room."""

from __future__ import annotations


class EngineError(Exception):
    """A local engine cannot be found, started or reached; the message says which, why and what to do."""
