"""Parameters of auditors' tests, effective-dated: `data/audit_tests.toml`, all assumed (docs/assumptions.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "audit_tests.toml"


@lru_cache(maxsize=4)
def load_audit_parameters(on: date, path: Path = _FILE) -> Mapping[str, Mapping[str, Any]]:
    """Test → its parameters in force on a day, those of the first version before it."""
    versions = sorted(tomllib.loads(path.read_text("utf-8"))["version"], key=lambda one: one["valid_from"])
    found = [one for one in versions if one["valid_from"] <= on] or versions[:1]
    return {name: value for name, value in found[-1].items() if isinstance(value, dict)}
