"""The plain idiom of the `eventsourcing` library, for comparison: decorated commands, one save and one board update an
event, its own SQLite recorder and JSON mapper, the board in a file of its own."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

EVENTS_A_CASE = 9


class PlainTransfer(Aggregate):
    """The same nine steps, without rules."""

    @event("Accepted")
    def __init__(self, transfer: str, origin: str, destination: str, application: str) -> None:
        self.transfer = transfer
        self.origin = origin
        self.destination = destination
        self.application = application
        self.state = "application_review"
        self.amount = 0

    @event("Moved")
    def move(self, state: str, document: str, amount: int, occurred_at: str) -> None:
        """One step on."""
        self.state = state
        self.amount = amount or self.amount


class PlainNation(Application[UUID]):
    """The library's application, file-based."""


def naive_rate(folder: Path, events: int) -> float:
    """Events per second of load, command, save and board update, one event at a time."""
    nation = PlainNation(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "naive.sqlite")})
    board = sqlite3.connect(folder / "naive_board.sqlite", isolation_level=None)
    board.execute("PRAGMA journal_mode = WAL")
    board.execute("PRAGMA synchronous = FULL")
    board.execute("CREATE TABLE board (transfer TEXT PRIMARY KEY, state TEXT, waiting_for TEXT, changed_at TEXT)")
    upsert = (
        "INSERT INTO board VALUES (?, ?, ?, ?) ON CONFLICT (transfer) DO UPDATE SET state = excluded.state, "
        "waiting_for = excluded.waiting_for, changed_at = excluded.changed_at"
    )
    start = time.perf_counter()
    done = 0
    while done < events:
        case = PlainTransfer(transfer=uuid4().hex, origin="44", destination="41", application=f"41-{done}")
        nation.save(case)
        board.execute(upsert, (case.transfer, case.state, "41", "2025-03-03"))
        done += 1
        for step in range(EVENTS_A_CASE - 1):
            found: PlainTransfer = nation.repository.get(case.id)
            found.move(f"state-{step}", f"document-{step}", 100, "2025-03-03T09:00:00")
            nation.save(found)
            board.execute(upsert, (found.transfer, found.state, "44", "2025-03-03"))
            done += 1
    spent = time.perf_counter() - start
    nation.close()
    board.close()
    return done / spent
