"""Logs by structlog: one JSON object a line on stderr, with ids of transfers and never anybody's data.

A traceback is logged as classes, files, lines and functions: no local variables, and no texts of exceptions, since the
text of a database or a codec may hold what a message said.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from structlog.processors import ExceptionRenderer
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer

from jinbao.rules.unprintable import printable, printable_json
from jinbao.service.settings import LogKind

SAID_AGAIN_AFTER_S = 60.0
"""A library that cannot reach its server may say so thirty times a second; its line is logged once in so long."""
_MOST_REMEMBERED = 1_000
_NAME = "jinbao"
_plain = logging.getLogger(_NAME)
_log: BoundLogger = structlog.wrap_logger(
    _plain, wrapper_class=BoundLogger, processors=[ProcessorFormatter.wrap_for_formatter]
)
_Event = MutableMapping[str, Any]


def tell(event: str, /, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields: ids, codes, counts; no content of a message."""
    if _plain.isEnabledFor(level):
        _log.log(level, event, **fields)


def note(text: str) -> None:
    """Write a line for the operator on stderr, harmless to a terminal."""
    sys.stderr.write(printable(text, lines=True) + "\n")


@contextmanager
def logging_as(kind: LogKind) -> Iterator[None]:
    """Whatever the program or a library logs becomes a line on stderr: of JSON, or with `text` of its text alone."""
    handler = logging.StreamHandler(sys.stderr)
    root, levels = logging.getLogger(), (logging.getLogger().level, _plain.level)
    root.addHandler(handler)
    if kind == "text":
        handler.setFormatter(ProcessorFormatter(processors=[_traced, _text]))
        handler.setLevel(logging.WARNING)
        try:
            yield
        finally:
            root.removeHandler(handler)
        return
    handler.setFormatter(ProcessorFormatter(processors=[_traced, _described, _json]))
    handler.addFilter(_SaidOnce())
    root.setLevel(logging.WARNING)
    _plain.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        _plain.setLevel(levels[1])


def error_line(text: str) -> str:
    """One line that says why the program ends."""
    at = _instant(datetime.now(UTC))
    return _json(None, "", {"at": at, "level": "error", "logger": _NAME, "event": "ended", "error": text}) + "\n"


class _SaidOnce(logging.Filter):
    """Holds back a library's line (its text before the values are put in) that was said a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged: always where it is the program's own."""
        if record.name == _NAME:
            return True
        line = (record.name, str(record.msg))
        if record.created - self._said.get(line, -SAID_AGAIN_AFTER_S) < SAID_AGAIN_AFTER_S:
            return False
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[line] = record.created
        return True


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _described(logger: Any, name: str, event: _Event) -> _Event:
    """Time in UTC, level, logger, event, then the event's own fields."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    return {
        "at": _instant(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event"),
        **event,
    }


_render_exception = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def _traced(logger: Any, name: str, event: _Event) -> _Event:
    """A traceback as data under `exception`, and its class as `error`."""
    event = _render_exception(logger, name, event)
    if "exception" in event:
        _forget_texts(event["exception"])
        event["error"] = event["exception"][0]["exc_type"]
    return event


def _forget_texts(stacks: list[dict[str, Any]]) -> None:
    for stack in stacks:
        for key in ("exc_value", "exc_notes", "syntax_error"):
            stack.pop(key, None)
        for group in stack["exceptions"]:
            _forget_texts(group)


def _json(logger: Any, name: str, event: _Event) -> str:
    return printable_json(msgspec.json.encode(event, enc_hook=str))


def _text(logger: Any, name: str, event: _Event) -> str:
    """The event, harmless to a terminal; of an exception its class and place."""
    where = ""
    for stack in event.get("exception", ())[:1]:
        places = "".join(f", {frame['filename']}:{frame['lineno']}" for frame in stack["frames"][-1:])
        where = f" ({stack['exc_type']}{places})"
    return printable(f"{event['event']}{where}", lines=True)
