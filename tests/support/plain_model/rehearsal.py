"""One story, told step by step to the real chain and to the plain model at once, and compared after each step."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinbao.platform.aggregates.law import Law
from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.projections.runner import Runner
from jinbao.simulator.stories.story_file import story_of
from jinbao.simulator.stories.story_play import StoryPlayer

FILE = Path("model.json")
COURSES = {
    "first": ("44", "41"),
    "second": ("32", "41"),
    "again": ("44", "41"),
    "elsewhere": ("44", "50"),
    "supplement": ("44", "41"),
    "reversal": ("41", "44"),
    "temporary": ("32", "41"),
    "unknown": ("44", "41"),
    "stray": ("44", "41"),
    "onward": ("41", "50"),
}
NAMELESS = "stray"
"""Money under nobody's name: its relationship holds nothing else."""
OFFERED = "TransferOffered"
WAYS_IN = {
    "supplement": OFFERED,
    "reversal": OFFERED,
    "temporary": OFFERED,
    "unknown": "UnassignedFundsReceived",
    "stray": "UnassignedFundsReceived",
}
AMENDED = "another release of the calendar"


def beginning(procedure: str) -> dict[str, Any]:
    """A story that tells nothing yet."""
    courses = {
        name: {
            "origin": origin,
            "destination": destination,
            "begun_by": "origin" if WAYS_IN.get(name) == OFFERED else "destination",
            "person": "nobody" if name == NAMELESS else "person",
        }
        for name, (origin, destination) in COURSES.items()
    }
    return {"name": "model", "procedure": procedure, "transfer": courses, "step": []}


class Rehearsal:
    """One story, told step by step to the real chain and to the model at once."""

    def __init__(self, model: Any, folder: Path, empty: Path, amended: Sequence[Any], procedure: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(empty, folder)
        self.told = beginning(procedure)
        self.story = story_of(self.told, FILE)
        self.model = model
        self.player = StoryPlayer(self.story, folder)
        self.amended = list(amended)
        self.ids: list[str] = []

    def tell(self, row: dict[str, Any]) -> None:
        """Let the chain and the model hear a step, and compare. Raises AssertionError, or StoryError for no message."""
        self.told["step"].append(row)
        step = story_of(self.told, FILE).steps[-1]
        expected = []
        for instant in self.player.sweeps(step.at):
            expected += self.model.evening(instant)
        if row.get("note_en") == AMENDED and self.amended:
            self.model.calendar = days = self.amended.pop(0)
            self.player.law = Law(self.player.law.procedures, days)
        played = self.player.take(step)
        key = row.get("again") or row.get("id")
        if key is not None:
            message = self.player.messages[key]
            expected += self.model.hear(message, step.at)
            if key not in self.ids:
                self.ids.append(key)
        heard = sorted(((p.type, p.outcome, p.code) for p in played), key=str)
        expected.sort(key=str)  # two relationships lie in two partitions, which are read in any order
        assert heard == expected, f"answers: the platform {heard}, the model {expected}"
        self.compare()

    def close(self) -> None:
        """Rebuilding the read models changes nothing, and the nation's books sum to zero."""
        try:
            before = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            Runner(self.player.store).rebuild()
            after = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            assert before == after, "rebuilding changes the read models"
            sums = "SELECT COALESCE(SUM(personal + pooling + unallocated), 0) FROM ledger_entries"
            assert self.select(sums) == [(0,)]
        finally:
            self.player.close()

    def compare(self) -> None:
        """Board, clocks and accounts of every case."""
        board, clocks, books = self.on_the_board(), self.running(), self.in_the_books()
        for name in self.people():
            relationship = self.story.id_of("person", name)
            for number, t in enumerate(self.model.person(relationship)["transfers"], start=1):
                case = (relationship, number)
                expected = {
                    "kind": t["kind"],
                    "state": t["state"],
                    "turn": self.model.turn(t),
                    "due": self.model.first_due(t),
                    "letter": t["letter"],
                    "sheet": t["sheet"],
                    "total": sum(t["split"] or (0,)),
                    "reason": t["board_reason"],
                    "owed": t["owed"],
                    "late": t["late"],
                }
                shown = board.pop(case)
                assert shown == expected, f"board of {name}, {number}: the platform {shown}, the model {expected}"
                mine = [
                    (c["clock"], c["run"], c["whose"], c["due"].isoformat(), c["outcome"], c["warned"], c["missed"])
                    for c in t["clocks"]
                ]
                running = clocks.pop(case, [])
                assert running == mine, f"clocks of {name}, {number}: the platform {running}, the model {mine}"
                booked, due = books.pop(case, {}), self.model.books(t)
                assert booked == due, f"accounts of {name}, {number}: the platform {booked}, the model {due}"
        assert not board
        assert not clocks
        assert not books

    def people(self) -> list[str]:
        return ["person", "right", "nobody"]

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        with self.player.store.read() as work:
            return [tuple(row) for row in work.bulk.connection.exec_driver_sql(sql)]

    def on_the_board(self) -> dict[tuple[bytes, int], dict[str, Any]]:
        sql = (
            "SELECT s.key, b.case_id & 4095, b.kind, b.state, b.waiting_for, b.due, b.letter_version, "
            "b.sheet_version, b.sheet_total, b.reason, b.awaiting, b.late_reports FROM case_board b "
            "JOIN streams s ON s.stream = b.case_id >> 12"
        )
        names = ("kind", "state", "turn", "due", "letter", "sheet", "total", "reason", "owed", "late")
        empty = {"letter": 0, "sheet": 0, "total": 0, "reason": "", "owed": ""}
        return {
            (r[0], r[1]): {n: empty[n] if v is None and n in empty else v for n, v in zip(names, r[2:], strict=True)}
            for r in self.select(sql)
        }

    def running(self) -> dict[tuple[bytes, int], list[tuple[Any, ...]]]:
        sql = (
            "SELECT s.key, c.case_id & 4095, c.clock, c.run, c.responsible, c.due, c.outcome, "
            "c.warned_at IS NOT NULL OR c.missed_at IS NOT NULL, c.missed_at IS NOT NULL FROM clocks c "
            "JOIN streams s ON s.stream = c.case_id >> 12 ORDER BY c.clock_id"
        )
        found: dict[tuple[bytes, int], list[tuple[Any, ...]]] = {}
        for r in self.select(sql):
            found.setdefault((r[0], r[1]), []).append((*r[2:7], bool(r[7]), bool(r[8])))
        return found

    def in_the_books(self) -> dict[tuple[bytes, int], dict[str, tuple[int, int, int]]]:
        sql = (
            "SELECT s.key, l.case_id & 4095, l.account, SUM(l.personal), SUM(l.pooling), "
            "SUM(l.unallocated) FROM ledger_entries l JOIN streams s ON s.stream = l.case_id >> 12 "
            "GROUP BY s.key, l.case_id, l.account"
        )
        found: dict[tuple[bytes, int], dict[str, tuple[int, int, int]]] = {}
        for relationship, number, account, *parts in self.select(sql):
            if any(parts):
                found.setdefault((relationship, number), {})[account] = tuple(parts)
        return found
