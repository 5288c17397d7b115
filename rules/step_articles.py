"""The article on which a step of a clerk rests, by the message that says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "step_articles.toml"


@lru_cache(maxsize=1)
def step_articles() -> Mapping[str, str]:
    """Article by message type, as the data files name articles; a step that is our own order has none."""
    found: Mapping[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["articles"]
    return found
