"""The watch: looks at the condition of every alert, now and then, and tells what stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TypeVar

from jinbao.bus.open_bus import open_bus
from jinbao.language.words import BilingualError
from jinbao.platform.outbox.log_key import policy_in
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.projections.unexplained import missing_statements, unexplained
from jinbao.platform.projections.unreceipted import unreceipted
from jinbao.platform.queries import first_received
from jinbao.platform.store.store import Store, StoreError, UnitOfWork
from jinbao.service.alerts import conditions, observation
from jinbao.service.alerts.alert import ALERTS, HOUR_US, MINUTE_US, Alert, Finding, Result, Unknown, thresholds_of
from jinbao.service.alerts.alerts_file import AlertsFile
from jinbao.service.alerts.history import Event, Standing
from jinbao.service.key_service.uses import refused_on
from jinbao.service.settings import Settings

EVERY_S = 15.0
"""How often a running program looks."""
STALE_US = 2 * MINUTE_US
"""What was looked at longer ago says nothing of now: whoever asks, looks."""
LEDGER_EVERY_US = HOUR_US
"""Ledger and bank entries are read whole, so they are looked at less often."""

READ_WHOLE: frozenset[Alert] = frozenset({"ledger_not_zero", "money_unexplained"})

SetAside = Callable[[], Mapping[str, observation.Held]]
"""Asks the adapters of this machine what they have set aside: province → what."""
NotLogged = Callable[[int], Mapping[str, observation.Held]]
"""Asks them which messages are `NOT_LOGGED` at an instant."""
_Seen = TypeVar("_Seen")


class AlertWatch:
    """Looks at the conditions of one nation. Threads may share it."""

    def __init__(self, settings: Settings, store: Store, set_aside: SetAside, not_logged: NotLogged) -> None:
        """Opens the file. Raises UserError, WrongFile."""
        self._settings = settings
        self._store = store
        self._set_aside, self._not_logged = set_aside, not_logged
        self.limits = thresholds_of(settings)
        self.file = AlertsFile(settings.data)

    def look(self, now_us: int, *, ledger: bool = True) -> list[Event]:
        """Look at every condition; the events that follow. `ledger`: also where it was looked at within the hour."""
        looked = self.file.looked().get("ledger_not_zero")
        due = ledger or looked is None or not 0 <= now_us - looked.at_us < LEDGER_EVERY_US
        asked = {alert: ask for alert, ask in self._questions(now_us).items() if due or alert not in READ_WHOLE}
        results = {alert: _answer(ask) for alert, ask in asked.items()}
        return self.file.note(results, self.limits, now_us, self._position())

    def current(self, now_us: int) -> Standing:
        """What stands now; looks first where the last look is no news any more."""
        looked = self.file.looked()
        if len(looked) < len(ALERTS) or now_us - looked["ingest_stopped"].at_us > STALE_US:
            self.look(now_us, ledger=False)
        return self.file.standing()

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _questions(self, now_us: int) -> dict[Alert, Callable[[], list[Finding]]]:
        see = self._see
        return {
            "ingest_stopped": self._ingest_stopped,
            "projection_behind": lambda: conditions.projection_behind(see(observation.behind)),
            "ledger_not_zero": lambda: conditions.ledger_not_zero(see(observation.wrong_ledger), now_us),
            "money_unexplained": lambda: conditions.money_unexplained(see(unexplained)),
            "statement_missing": lambda: conditions.statement_missing(see(missing_statements)),
            "disk_low": lambda: conditions.disk_low(observation.disk(self._settings.data), self.limits, now_us),
            "not_logged": lambda: conditions.not_logged(self._not_logged(now_us)),
            "quorum_missing": self._quorum_missing,
            "dead_letters": lambda: self._dead_letters(now_us - self.limits.dead_letter_news_us),
            "adapter_silent": self._adapter_silent,
            "set_aside": lambda: conditions.set_aside(self._set_aside()),
            "parked_old": lambda: conditions.parked_old(see(observation.parked)),
            "key_limit": lambda: conditions.key_limit(refused_on(self._settings.data, now_us)),
        }

    def _see(self, look: Callable[[UnitOfWork], _Seen]) -> _Seen:
        with self._store.read() as work:
            return look(work)

    def _ingest_stopped(self) -> list[Finding]:
        with closing(open_bus(self._settings.bus_url, make=False)) as bus:
            return conditions.ingest_stopped(observation.backlog(self._store, bus))

    def _quorum_missing(self) -> list[Finding]:
        policy = policy_in(self._settings.data)
        return conditions.quorum_missing(self._see(lambda work: observation.tail(work, policy)))

    def _dead_letters(self, since_us: int) -> list[Finding]:
        return conditions.dead_letters(self._see(lambda work: observation.letters(work, since_us)))

    def _adapter_silent(self) -> list[Finding]:
        raised = {
            province: one.since_us
            for (alert, province), one in self.file.standing().raised.items()
            if alert == "adapter_silent" and one.words != conditions.NEVER_HEARD  # which ends with its setting
        }
        delivered, heard, began = self._see(lambda work: (unreceipted(work), last_heard(work), first_received(work)))
        expected = dict.fromkeys(self._settings.expected_provinces.split(), began) if began is not None else {}
        return conditions.adapter_silent(delivered, heard, raised, expected)

    def _position(self) -> int | None:
        try:
            return self._see(followed_to)
        except StoreError:
            return None


def _answer(ask: Callable[[], list[Finding]]) -> Result:
    """What a condition says; unknown where what it needs does not answer."""
    try:
        return ask()
    except BilingualError as error:
        return Unknown(error.words)
    except (OSError, sqlite3.Error) as error:
        return Unknown((str(error), str(error)))
