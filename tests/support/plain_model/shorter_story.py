"""A story in which model and platform disagree, made as short as it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.plain_model.rehearsal import Rehearsal

from jinbao.simulator.stories.story_file import StoryError


def disagreement(rehearsal: Rehearsal, steps: list[dict[str, Any]]) -> str | None:
    """What goes wrong when these steps are told, or None where nothing does."""
    try:
        for row in steps:
            rehearsal.tell(row)
    except StoryError:
        rehearsal.player.close()
        return None
    except Exception as error:
        rehearsal.player.close()
        return f"{type(error).__name__}: {error}"
    try:
        rehearsal.close()
    except AssertionError as error:
        return str(error)
    return None


def shortest(rehearse: Callable[[], Rehearsal], steps: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Steps left out, many at once and then one by one, as long as something still goes wrong."""
    found = disagreement(rehearse(), steps) or ""
    size = max(1, len(steps) // 2)
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            wrong = disagreement(rehearse(), fewer)
            if wrong is None:
                start += size
            else:
                steps, found = fewer, wrong
        size //= 2
    return steps, found
