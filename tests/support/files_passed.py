"""Counts the project's files through which a piece of work passes: those of which a function was called."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]


def files_passed(work: Callable[[], object]) -> list[str]:
    """Paths below the project's root, without the tests' own, in alphabetical order. For work in this one thread."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            found.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    paths = (Path(name).resolve() for name in found if name.endswith(".py"))
    own = (path.relative_to(ROOT) for path in paths if path.is_relative_to(ROOT))
    return sorted(str(path) for path in own if path.parts[0] not in ("tests", ".venv"))
