"""The plain idiom of the `eventsourcing` library, for comparison: decorated commands, one save and one board update an
event, its own recorder and JSON mapper, the board updated in a transaction of its own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import URL

EVENTS_A_CASE = 9
UpdateBoard = Callable[[tuple[str, str, str, str]], Any]


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


def naive_rate(environment: dict[str, str], update_board: UpdateBoard, events: int) -> float:
    """Events per second of load, command, save and board update, one event at a time."""
    nation = PlainNation(env=environment)
    start = time.perf_counter()
    done = 0
    while done < events:
        case = PlainTransfer(transfer=uuid4().hex, origin="44", destination="41", application=f"41-{done}")
        nation.save(case)
        update_board((case.transfer, case.state, "41", "2025-03-03"))
        done += 1
        for step in range(EVENTS_A_CASE - 1):
            found: PlainTransfer = nation.repository.get(case.id)
            found.move(f"state-{step}", f"document-{step}", 100, "2025-03-03T09:00:00")
            nation.save(found)
            update_board((found.transfer, found.state, "44", "2025-03-03"))
            done += 1
    spent = time.perf_counter() - start
    nation.close()
    return done / spent


BOARD = "CREATE TABLE board (transfer TEXT PRIMARY KEY, state TEXT, waiting_for TEXT, changed_at TEXT)"
UPSERT = (
    "INSERT INTO board VALUES (?, ?, ?, ?) ON CONFLICT (transfer) DO UPDATE SET state = excluded.state, "
    "waiting_for = excluded.waiting_for, changed_at = excluded.changed_at"
)


def naive_on_sqlite(folder: Path, events: int) -> float:
    """On files."""
    board = sqlite3.connect(folder / "naive_board.sqlite", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", BOARD):
        board.execute(statement)
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "naive.sqlite")}
    rate = naive_rate(environment, lambda row: board.execute(UPSERT, row), events)
    board.close()
    return rate


def naive_on_postgres(url: URL, events: int) -> float:
    """On a database of its own; the library's module for it needs psycopg 3."""
    board = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    board.autocommit = True
    cursor = board.cursor()
    cursor.execute(BOARD)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(url.database),
        "POSTGRES_HOST": str(url.host),
        "POSTGRES_PORT": str(url.port),
        "POSTGRES_USER": str(url.username),
        "POSTGRES_PASSWORD": str(url.password),
    }
    upsert = UPSERT.replace("?", "%s")
    rate = naive_rate(environment, lambda row: cursor.execute(upsert, row), events)
    board.close()
    return rate
