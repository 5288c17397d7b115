"""The file `alerts.sqlite`: the alerts' history, only appended to, and what the last look at each condition brought."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from jinbao.service.alerts.alert import Alert, Result, Thresholds
from jinbao.service.alerts.history import Event, Standing, changes, standing_after
from jinbao.service.errors import UserError
from jinbao.storage.sqlite_file import Layout, WrongFile, advice, open_file, transaction

NAME = "alerts.sqlite"
"""Below the data folder."""

_TABLES = """
CREATE TABLE alert_events (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, alert TEXT NOT NULL, province TEXT, change TEXT NOT NULL,
    since INTEGER NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL
);
CREATE TRIGGER alert_events_kept BEFORE UPDATE ON alert_events BEGIN SELECT RAISE(ABORT, 'only appended to'); END;
CREATE TRIGGER alert_events_all_kept BEFORE DELETE ON alert_events BEGIN SELECT RAISE(ABORT, 'only appended to'); END;
CREATE TABLE last_look (alert TEXT PRIMARY KEY, at INTEGER NOT NULL, position INTEGER, result BLOB NOT NULL);
"""
_LAYOUT = Layout((_TABLES,), application_id=0x4A42414C)  # "JBAL"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Result).decode


class Looked(NamedTuple):
    """What the last look at a condition brought."""

    at_us: int
    position: int | None
    """Of the log, which the read models held; None where the database did not answer."""
    result: Result


class AlertsFile:
    """The open file, which threads and processes share. Instants in it are microseconds since 1970 UTC."""

    def __init__(self, folder: Path) -> None:
        """Opens or makes it in the data folder. Raises UserError, WrongFile where it cannot be used."""
        path = folder / NAME
        try:
            self._db = open_file(path, _LAYOUT, synchronous="FULL", shared_by_threads=True)
        except WrongFile:
            raise
        except (OSError, sqlite3.Error) as error:
            zh, en = advice(error, when_damaged=("请移开，告警会重新判断", "move it aside; the alerts are judged anew"))
            raise UserError(f"{path}：{error}；{zh}", f"{path}: {error}; {en}") from None
        self._one_at_a_time = threading.Lock()

    def note(
        self, results: Mapping[Alert, Result], limits: Thresholds, now_us: int, position: int | None
    ) -> list[Event]:
        """Record what looking brought; the events that follow from it."""
        with self._one_at_a_time, transaction(self._db):
            standing = standing_after(self._events())
            last = self._db.execute("SELECT at FROM alert_events ORDER BY number DESC LIMIT 1").fetchone()
            now_us = max(now_us, last[0] if last else 0)
            found = list(changes(standing, results, limits, now_us))
            self._db.executemany(
                "INSERT INTO alert_events (at, alert, province, change, since, zh, en) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*event[:-1], *event.words) for event in found],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO last_look (alert, at, position, result) VALUES (?, ?, ?, ?)",
                [(alert, now_us, position, _encode(result)) for alert, result in results.items()],
            )
        return found

    def standing(self, until_us: int | None = None) -> Standing:
        """What stands now, or stood at an instant."""
        with self._one_at_a_time:
            return standing_after(self._events(until_us))

    def history(self) -> list[Event]:
        """All events, oldest first."""
        with self._one_at_a_time:
            return self._events()

    def looked(self) -> dict[Alert, Looked]:
        """What the last look at each condition brought."""
        with self._one_at_a_time:
            rows = self._db.execute("SELECT alert, at, position, result FROM last_look").fetchall()
        return {alert: Looked(at, position, _decode(result)) for alert, at, position, result in rows}

    def _events(self, until_us: int | None = None) -> list[Event]:
        sql = "SELECT at, alert, province, change, since, zh, en FROM alert_events"
        where, values = ("", ()) if until_us is None else (" WHERE at <= ?", (until_us,))
        rows = self._db.execute(f"{sql}{where} ORDER BY number", values)
        return [
            Event(at, alert, province, change, since, (zh, en)) for at, alert, province, change, since, zh, en in rows
        ]

    def close(self) -> None:
        """Close it."""
        with self._one_at_a_time:  # a connection that is closed under a thread takes the process with it
            self._db.close()
