"""The worked stories: each plays from its folder, and goes exactly as the timeline kept beside it says.

`JINBAO_WRITE_TIMELINES=1` writes the timelines anew, for a reader to compare.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.story_timeline import timeline_lines

from jinbao.simulator.stories.story_file import read_story
from jinbao.simulator.stories.story_play import play_story

OTHERS = Path(__file__).parent / "stories"
"""Stories that must not come to a good end."""
FOLDER = Path(__file__).parent.parent / "examples" / "stories"
STORIES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
DOCUMENT = Path(__file__).parent.parent / "docs" / "cases.md"


def test_the_clerks_page_tells_each_story() -> None:
    assert len(STORIES) == 12
    page = DOCUMENT.read_text(encoding="utf-8")
    for name in STORIES:
        assert f"jinbao case play examples/stories/{name}" in page


@pytest.mark.parametrize("name", STORIES)
def test_a_story_goes_as_the_timeline_beside_it_says_and_loses_no_fen(name: str, tmp_path: Path) -> None:
    performance = play_story(read_story(FOLDER / name), tmp_path)
    lines = "\n".join(timeline_lines(performance)) + "\n"
    kept = FOLDER / name / "timeline.txt"
    if os.environ.get("JINBAO_WRITE_TIMELINES"):
        kept.write_text(lines, encoding="utf-8")
    assert lines == kept.read_text(encoding="utf-8")
    assert sum(performance.ledger.values()) == 0
    assert performance.counts["parked"] == performance.counts["dead_letter"] == 0
    for ending in performance.endings:
        assert sum(ending.money.values()) == 0


@pytest.mark.parametrize("name", ["withheld-other-months", "withheld-though-nothing-found"])
def test_a_sheet_that_withholds_what_was_not_found_without_a_document_is_rejected(name: str, tmp_path: Path) -> None:
    performance = play_story(read_story(OTHERS / f"{name}.toml"), tmp_path)
    [sheet] = [played for played in performance.timeline if played.type == "InformationSheetSent"]
    assert (sheet.outcome, sheet.code, sheet.field) == ("rejected", "WITHHELD_DIFFERS", "withheld_months")
    [ending] = performance.endings
    assert (ending.row.state, ending.row.waiting_for) == ("transfer", "44")
    assert sum(performance.ledger.values()) == 0
