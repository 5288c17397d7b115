"""A whole person's transfers, driven at random through the real chain and held against the plain model after each step.

What is compared: every answer (outcome and code), states and turns, the board's row, every clock, every account. A
failure prints the story that led there; `jinbao case play FILE` replays it. JINBAO_MODEL_EXAMPLES and
JINBAO_MODEL_STEPS let it run longer than in `make test`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from support.plain_model.drawn_fields import Dice
from support.plain_model.machine import KINDS, Machine
from support.plain_model.rehearsal import FILE, Rehearsal
from support.plain_model.shorter_story import disagreement, shortest
from support.plain_model.walk import Walk

from jinbao.platform.aggregates.law import Law
from jinbao.platform.national_platform import law_in_force
from jinbao.simulator.stories.story_file import StoryError, story_of
from jinbao.simulator.stories.story_play import StoryPlayer

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("JINBAO_MODEL_EXAMPLES", "25"))
STEPS = int(os.environ.get("JINBAO_MODEL_STEPS", "35"))
KINDS += ["fitting"] * 8 + ["days pass", "days pass", "again", "other under its id", "of the person", "stop", "amended"]


@pytest.fixture
def rehearse(plain_model: Any, calendar: Any, amended: list[Any], tmp_path: Path) -> Callable[[str], Rehearsal]:
    empty = tmp_path / "empty"
    empty.mkdir()
    StoryPlayer(story_of({"name": "model", "transfer": {}, "step": []}, FILE), empty).close()
    return lambda procedure: Rehearsal(plain_model(calendar, procedure), tmp_path / "folder", empty, amended, procedure)


def test_a_whole_person_goes_as_the_plain_model_says(
    rehearse: Callable[[str], Rehearsal], tmp_path_factory: pytest.TempPathFactory
) -> None:
    class Wired(Machine):
        pass

    Wired.rehearse = staticmethod(rehearse)
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        print_blob=False,
        database=None,
    )
    try:
        run_state_machine_as_test(Wired, settings=profile)
    except Exception as error:
        told = dict(Wired.last_told)
        again = partial(rehearse, told["procedure"])
        if disagreement(again(), told["step"]) is None:
            raise
        steps, wrong = shortest(again, list(told["step"]))
        story = json.dumps({**told, "step": steps}, ensure_ascii=False, indent=1)
        file = tmp_path_factory.mktemp("counter-example") / "story.json"
        file.write_text(story, encoding="utf-8")
        raise AssertionError(f"{wrong}\n{story}\nreplay it: jinbao case play {file}") from error


def test_a_counter_example_is_made_short(rehearse: Callable[[str], Rehearsal], monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is wrong about returns, and a long story with one return in it."""
    long = [
        {"at": "2025-03-03", "id": "a", "say": "ApplicationAccepted", "transfer": "second"},
        {"at": "2025-03-03", "id": "b", "say": "ApplicationAccepted", "transfer": "first"},
        {"at": "2025-03-04", "id": "c", "say": "ContactLetterIssued", "transfer": "first"},
        {"at": "2025-03-04", "id": "d", "say": "ContactLetterReceived", "transfer": "first"},
        {"at": "2025-03-05", "id": "e", "say": "PersonInformed", "transfer": "first", "about": "TransferReturned"},
        {
            "at": "2025-03-05",
            "id": "f",
            "say": "TransferReturned",
            "transfer": "first",
            "reason_code": "BANK_DATA_INVALID",
        },
        {"at": "2025-03-06", "id": "g", "say": "ContactLetterIssued", "transfer": "second"},
    ]
    again = partial(rehearse, "national-2009")
    stage = again()
    kind = type(stage.model)
    stage.player.close()
    monkeypatch.setattr(kind, "_hear_transfer_returned", lambda *_: "STATE_CONFLICT")
    steps, wrong = shortest(again, long)
    assert [row["id"] for row in steps] == ["b", "c", "d", "f"]
    assert "TransferReturned" in wrong


TURNS = """
UnassignedFundsAssigned: accepted | UnassignedFundsAssigned: MONEY_OF_ANOTHER_CASE
FundsReceived: parked in transfer | FundsRemitted: PAYMENT_UNKNOWN
FundsRemitted: accepted in closed | FundsRemitted: accepted in completed | FundsReturned: accepted in closed
FundsReturned: accepted in letter_issued | ReturnedFundsReceived: accepted in letter_issued
ReturnedFundsReceived: accepted in transfer | FundsReturned: accepted in transfer
PaymentBounced: accepted from 41 | PaymentBounced: accepted in closed | PaymentBounced: ROLE_NOT_ALLOWED
InformationSheetSent: REVERSAL_DIFFERS | InformationSheetSent: accepted of reversal | TransferReversed: accepted
TransferOffered: MONEY_MOVED_ON | OverlapCleared: MONEY_MOVED_ON
InformationSheetSent: CONTRIBUTIONS_DIFFER | InformationSheetSent: accepted of temporary_collection
ContributionsRecorded: parked | InformationSheetSent: SHEET_MONTHS_WRONG
ClockRedated: accepted | FundsRemitted: INFORMATION_ONLY | reported late
information-only | ministry-platform-2013 | national-2009
"""
WALKS, WALK_STEPS = 150, 40


def test_every_turn_of_money_and_law_is_drawn(plain_model: Any, calendar: Any, amended: list[Any]) -> None:
    """The same stories every time, told to the model alone."""
    turns: set[str] = set()

    class Walking(Machine):
        @staticmethod
        def rehearse(procedure: str) -> Walk:
            law = Law(law_in_force(procedure).procedures, calendar)
            return Walk(plain_model(calendar, procedure), law, amended, procedure, turns)

    for number in range(WALKS):
        dice, walking = Dice(number), Walking()
        walking.begin(seed=number)
        for _ in range(WALK_STEPS):
            with suppress(StoryError):
                walking.act(kind=dice.draw(KINDS), seed=dice.randrange(2**32))
        walking.teardown()
    wanted = {turn.strip() for line in TURNS.strip().splitlines() for turn in line.split("|")}
    missing = wanted - turns
    assert not missing, ", ".join(sorted(missing))
