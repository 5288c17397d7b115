"""Rows of a store in tests: an event to append, and what a query finds."""

from __future__ import annotations

from typing import Any

from jinbao.platform.store.store import Store


def an_event(position: int, stream: int, version: int, recorded_at: int = 1) -> tuple[Any, ...]:
    message = (b"s" * 16, "44", b"d" * 16, 0, position, None, 5, recorded_at, b"bytes", None)
    return (position, stream, version, "transfer-withdrawn", b"\x93\x00", *message)


def rows(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with store.read() as work:
        return [tuple(row) for row in work.bulk.execute(sql, *values)]
