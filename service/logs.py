"""Logs for machines: one JSON object a line on stderr, with ids of transfers and never anybody's data."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from jinbao.rules.unprintable import printable, printable_json

LogKind = Literal["text", "json"]
SAID_AGAIN_AFTER_S = 60.0
"""A library that cannot reach its server may say so thirty times a second; its line is logged once in so long."""
_MOST_REMEMBERED = 1_000
_FIELDS = "jinbao_fields"
_log = logging.getLogger("jinbao")


def tell(event: str, /, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields: ids, codes, counts; no content of a message."""
    _log.log(level, event, extra={_FIELDS: fields})


def note(text: str) -> None:
    """Write a line for the operator on stderr, harmless to a terminal."""
    sys.stderr.write(printable(text, lines=True) + "\n")


@contextmanager
def logging_as(kind: LogKind) -> Iterator[None]:
    """Whatever the program or a library logs becomes a line on stderr: of JSON, or with `text` of its text alone."""
    handler = logging.StreamHandler(sys.stderr)
    root, levels = logging.getLogger(), (logging.getLogger().level, _log.level)
    root.addHandler(handler)
    if kind == "text":
        handler.setFormatter(_Text())
        handler.setLevel(logging.WARNING)
        try:
            yield
        finally:
            root.removeHandler(handler)
        return
    handler.setFormatter(_JsonLines())
    handler.addFilter(_SaidOnce())
    root.setLevel(logging.WARNING)
    _log.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        _log.setLevel(levels[1])


def error_line(text: str) -> str:
    """One line that says why the program ends."""
    record = logging.makeLogRecord({"name": "jinbao", "levelno": logging.ERROR, "levelname": "ERROR", "msg": "ended"})
    setattr(record, _FIELDS, {"error": text})
    return _JsonLines().format(record) + "\n"


class _SaidOnce(logging.Filter):
    """Holds back a library's line (its text before the values are put in) that was said a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged: always where it is the program's own."""
        if record.name == _log.name:
            return True
        line = (record.name, str(record.msg))
        if record.created - self._said.get(line, -SAID_AGAIN_AFTER_S) < SAID_AGAIN_AFTER_S:
            return False
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[line] = record.created
        return True


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Time in UTC, level, logger, event, then the event's own fields."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return printable_json(msgspec.json.encode(line, enc_hook=str))


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """The event, harmless to a terminal."""
        return printable(super().format(record), lines=True)
