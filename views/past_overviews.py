"""The nation on past days: the overview as it stood at the end of each, folded from the log and kept."""

from __future__ import annotations

import threading
import time
import zlib
from datetime import date, timedelta

import msgspec

from jinbao.platform.projections.past import Past
from jinbao.platform.projections.scratch import remove_abandoned
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import end_of_day
from jinbao.service.alerts.watch import AlertWatch
from jinbao.views.alerts import alerts_then
from jinbao.views.nation_overview import Overview, first_day, nation_overview

_MOST_DAYS = 2_000
"""Overviews kept, the oldest forgotten first; some kilobytes each."""


class PastOverviews:
    """The overviews of one log's past days. What has been folded is kept, so that going back costs nothing."""

    def __init__(self, store: Store, watch: AlertWatch) -> None:
        """Removes first what a server that was killed has left of its own."""
        remove_abandoned()
        self._store = store
        self._watch = watch
        self._past: Past | None = None
        self._next = date.min
        """The first day that has not been folded."""
        self._days: dict[date, bytes] = {}
        self._turn = threading.Lock()
        self._moment: Past | None = None
        """The log up to an instant within a day: the last one that was looked at."""
        self._moment_us = 0

    def on(self, day: date, *, within_s: float) -> Overview | None:
        """The overview at the end of a day that has passed; None where it takes longer, and goes on when asked again.

        Raises StoreError, CalendarError.
        """
        deadline = time.monotonic() + within_s
        if not self._turn.acquire(timeout=within_s):
            return None
        try:
            self._need_same_log()
            self._follow_last_day(day)
            while day not in self._days and time.monotonic() < deadline:
                self._fold_on(day)
            kept = self._days.get(day)
        finally:
            self._turn.release()
        return None if kept is None else msgspec.json.decode(zlib.decompress(kept), type=Overview)

    def at(self, instant_us: int, *, within_s: float) -> Overview | None:
        """The overview at an instant that has passed, microseconds since 1970 UTC; None as in `on`.

        Going forward costs what lies between, going back begins anew. Raises StoreError, CalendarError.
        """
        deadline = time.monotonic() + within_s
        if not self._turn.acquire(timeout=within_s):
            return None
        try:
            self._need_same_log()
            if self._moment is None or instant_us < self._moment_us:
                self._forget_moment()
                self._moment = Past(self._store)
            self._moment_us = instant_us
            while self._moment.advance(instant_us):
                if time.monotonic() >= deadline:
                    return None
            with self._moment.reading() as work:
                return nation_overview(work, instant_us, alerts_then(self._watch, instant_us))
        finally:
            self._turn.release()

    def _forget_moment(self) -> None:
        if self._moment is not None:
            self._moment.close()
        self._moment = None

    def _need_same_log(self) -> None:
        if self._moment is not None and not self._moment.has_followed():
            self._forget_moment()
        if self._past is not None and not self._past.has_followed():
            self.close()

    def _follow_last_day(self, day: date) -> None:
        """What an ingest that was behind has taken in since of the day that was folded last."""
        if self._past is not None and day == self._next - timedelta(days=1) and self._past.advance(end_of_day(day) - 1):
            self._days.pop(day, None)
            self._next = day

    def _fold_on(self, day: date) -> None:
        """One step towards a day: a batch of the log, or the overview of a day whose log is whole."""
        if self._past is None or day < self._next:
            self.close()
            self._past = Past(self._store)
            with self._store.read() as work:
                self._next = min(day, first_day(work) or day)
        until = end_of_day(self._next) - 1
        if self._past.advance(until):
            return
        with self._past.reading() as work:
            overview = nation_overview(work, until, alerts_then(self._watch, until))
        self._days[self._next] = zlib.compress(msgspec.json.encode(overview), 1)
        self._next += timedelta(days=1)
        if len(self._days) > _MOST_DAYS:
            del self._days[next(iter(self._days))]

    def close(self) -> None:
        """Forget everything."""
        if self._past is not None:
            self._past.close()
        self._past = None
        self._forget_moment()
        self._days.clear()
