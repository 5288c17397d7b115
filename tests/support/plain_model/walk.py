"""A story told to the plain model alone, in a hundredth of the time: which turns are drawn at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from support.plain_model.rehearsal import AMENDED, FILE, beginning

from jinbao.platform.aggregates.law import Law
from jinbao.simulator.stories.story_file import story_of
from jinbao.simulator.stories.story_play import StoryPlayer
from jinbao.simulator.stories.story_writer import StoryWriter


class Walk:
    """A story told to the model alone, in a hundredth of the time: which turns are drawn at all."""

    sweeps = StoryPlayer.sweeps

    def __init__(self, model: Any, law: Law, amended: Sequence[Any], procedure: str, turns: set[str]) -> None:
        self.told = beginning(procedure)
        self.story = story_of(self.told, FILE)
        self.player = self
        self.model, self.law, self.amended, self.turns = model, law, list(amended), turns
        self.writer, self.messages = StoryWriter(self.story), {}
        self.ids: list[str] = []
        self.now = 0

    def tell(self, row: dict[str, Any]) -> None:
        """Let the model hear a step, and note every turn that it brings."""
        step = story_of({"name": "model", "step": [{"at": "2025-03-01"}, row]}, FILE).steps[-1]
        self.told["step"].append(row)
        for instant in self.sweeps(step.at):
            self.note(self.model.evening(instant))
        self.now = max(step.at, self.now + 1)
        if row.get("note_en") == AMENDED and self.amended:
            self.model.calendar = days = self.amended.pop(0)
            self.law = Law(self.law.procedures, days)
        if "say" in row or "again" in row:
            message = self.writer.write(step)
            self.messages[row.get("again") or row["id"]] = message
            self.ids += [] if "again" in row or row["id"] in self.ids else [row["id"]]
            t = self.model.transfer(message.envelope.relationship_id, message.envelope.transfer_id)
            state, kind = (t["state"], t["kind"]) if t else ("", "")
            self.note(self.model.hear(message, self.now), state, kind, message.envelope.sender)
            if t and t["late"]:
                self.turns.add("reported late")

    def note(self, rows: list[tuple[str, str, str | None]], state: str = "", kind: str = "", sender: str = "") -> None:
        for name, outcome, code in rows:
            self.turns |= {f"{name}: {outcome}", f"{name}: {code}", f"{name}: {outcome} in {state}"}
            self.turns |= {f"{name}: {outcome} of {kind}", f"{name}: {outcome} from {sender}"}

    def close(self) -> None:
        self.turns.add(self.told["procedure"])
