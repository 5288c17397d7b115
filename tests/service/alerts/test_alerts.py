"""Alerts: each is brought about on a real platform, comes once it has held, goes once it is over, and is never lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest
from support.bank_messages import booked, entry, opened
from support.platform_under_test import Platform
from support.told_transfer import DAY_US, HOUR_US, Transfer, instant

from jinbao.cli.alert_watch import alert_watch
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.ingest.dead_letters import dead_letters, replay
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.service.alerts.alert import MINUTE_US
from jinbao.service.alerts.alerts_file import NAME
from jinbao.service.alerts.watch import AlertWatch
from jinbao.service.key_service.uses import Use, Uses
from jinbao.service.settings import Settings
from jinbao.views.alerts import alerts_now
from jinbao.views.nation_overview import nation_overview


class Watched:
    """A platform, and the watch over it."""

    def __init__(self, folder: Path, *, follows: bool = True, **settings: int | str) -> None:
        self.platform = Platform(folder, follows=follows, expects_incidents=True)
        self.settings = Settings(
            data=folder,
            bus_url=f"embedded:///{folder / 'bus.db'}",
            **{"alert_disk_free_percent": 0, **settings},
        )
        self.watch = self.begin()

    def begin(self) -> AlertWatch:
        return alert_watch(self.settings, self.platform.store)

    def at(self, now_us: int) -> list[tuple[str, str, str | None]]:
        """Alert, state and province of what stands after a look at that time."""
        self.platform.now = now_us
        self.watch.look(now_us)
        return [(row.alert, row.state, row.province) for row in alerts_now(self.watch, now_us).alerts]

    def ends(self, now_us: int, alert: str, province: str | None = None) -> None:
        """That its condition is gone at that time, and the alert over five minutes later."""
        assert self.at(now_us) == [(alert, "clearing", province)]
        assert self.at(now_us + 4 * MINUTE_US) == [(alert, "clearing", province)]
        assert self.at(now_us + 5 * MINUTE_US) == []

    def close(self) -> None:
        self.watch.close()
        self.platform.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with closing(Watched(tmp_path)) as found:
        found.platform.run()
        yield found


def test_a_platform_at_work_raises_nothing(watched):
    now = watched.platform.now
    watched.platform.take(*Transfer().whole())
    for minutes in (0, 10, 60, 24 * 60):
        assert watched.at(now + minutes * MINUTE_US) == []
    assert watched.watch.file.history() == []


def test_ingest_that_has_stopped_is_told_after_five_minutes_and_until_it_takes_in_again(watched):
    platform, began = watched.platform, watched.platform.now + HOUR_US
    assert watched.at(began) == []
    platform.send(Transfer().apply())
    assert watched.at(began + 4 * MINUTE_US) == []
    assert watched.at(began + 5 * MINUTE_US) == [("ingest_stopped", "raised", None)]
    [row] = alerts_now(watched.watch, platform.now).alerts
    assert (row.level, row.since, row.runbook) == (
        "wakes",
        "2025-03-03T11:00:00+08:00",
        "docs/operations.md#ingest_stopped",
    )
    assert "2025-03-03 11:00" in row.text.zh
    assert "2025-03-03 11:00" in row.text.en
    platform.run()
    watched.ends(began + 9 * MINUTE_US, "ingest_stopped")


def test_a_restart_keeps_since_when_an_alert_stands_and_when_it_began_to_clear(watched):
    platform, began = watched.platform, watched.platform.now + HOUR_US
    watched.at(began)
    platform.send(Transfer().apply())
    watched.at(began + 5 * MINUTE_US)
    watched.watch.close()
    watched.watch = watched.begin()
    assert watched.at(began + HOUR_US) == [("ingest_stopped", "raised", None)]
    assert alerts_now(watched.watch, platform.now).alerts[0].since == "2025-03-03T11:00:00+08:00"
    platform.run()
    watched.at(began + HOUR_US + MINUTE_US)
    watched.watch.close()
    watched.watch = watched.begin()
    assert watched.at(began + HOUR_US + 6 * MINUTE_US) == []
    assert [(event.alert, event.change) for event in watched.watch.file.history()] == [
        ("ingest_stopped", "raised"),
        ("ingest_stopped", "gone"),
        ("ingest_stopped", "ended"),
    ]
    assert watched.watch.file.standing(began + 6 * MINUTE_US).raised, "what stood then"


def test_a_condition_that_comes_back_before_the_alert_has_ended_is_the_same_alert(watched):
    platform, began = watched.platform, watched.platform.now + HOUR_US
    watched.at(began)
    platform.send(Transfer(1).apply())
    watched.at(began + 5 * MINUTE_US)
    platform.run()
    assert watched.at(began + 6 * MINUTE_US) == [("ingest_stopped", "clearing", None)]
    platform.send(Transfer(2).apply())
    assert watched.at(began + 8 * MINUTE_US) == [("ingest_stopped", "raised", None)]
    assert alerts_now(watched.watch, platform.now).alerts[0].since == "2025-03-03T11:00:00+08:00"
    platform.run()
    watched.ends(began + 9 * MINUTE_US, "ingest_stopped")


def test_read_models_that_do_not_follow_are_told(tmp_path):
    with closing(Watched(tmp_path, follows=False)) as watched:
        platform = watched.platform
        platform.take(*Transfer().until_origin_review(), now=platform.now + HOUR_US)
        began = platform.now
        assert watched.at(began + 4 * MINUTE_US) == []
        assert watched.at(began + 5 * MINUTE_US) == [("projection_behind", "raised", None)]
        assert "case_board" in alerts_now(watched.watch, platform.now).alerts[0].text.en
        platform.national.projections.catch_up()
        watched.ends(began + 6 * MINUTE_US, "projection_behind")


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_balances"])
def test_a_ledger_that_does_not_balance_is_told_at_once(watched, table):
    platform = watched.platform
    platform.take(*Transfer().whole())
    file = next(tmp for tmp in platform.folder.glob("platform*projections*") if tmp.suffix == ".db")
    for fen in (1, -1):
        with closing(sqlite3.connect(file)) as db, db:
            db.execute(
                f"UPDATE {table} SET personal = personal + ? WHERE rowid = (SELECT MIN(rowid) FROM {table})", [fen]
            )
        if fen == 1:
            assert watched.at(platform.now + MINUTE_US) == [("ledger_not_zero", "raised", None)]
    watched.ends(platform.now + MINUTE_US, "ledger_not_zero")


def test_a_dead_letter_is_told_until_it_is_read_or_no_news_any_more(watched, monkeypatch):
    platform, began = watched.platform, watched.platform.now
    with monkeypatch.context() as broken:
        broken.setattr(PensionRelationship, "decide", lambda *args: 1 / 0)
        platform.take(Transfer().apply())
    assert watched.at(began + MINUTE_US) == [("dead_letters", "raised", None)]
    with platform.store.read() as work:
        found = dead_letters(work, limit=10)
    replay(platform.bus, found, "li.na")
    platform.run()
    watched.ends(began + 2 * MINUTE_US, "dead_letters")
    platform.send_raw(b"no message")
    platform.run()
    came = platform.now
    assert watched.at(came + 6 * DAY_US) == [("dead_letters", "raised", None)]
    watched.ends(came + 8 * DAY_US, "dead_letters")


def test_a_message_that_waits_for_three_days_is_told_until_it_is_taken(watched):
    platform, began = watched.platform, watched.platform.now
    transfer = Transfer()
    first, then = transfer.apply(), transfer.letter()
    platform.take(then)
    assert watched.at(began + 71 * HOUR_US) == []
    assert watched.at(began + 72 * HOUR_US) == [("parked_old", "raised", None)]
    platform.take(first, transfer.letter_received())
    watched.ends(began + 73 * HOUR_US, "parked_old")


def test_an_adapter_that_receipts_nothing_is_silent_until_it_is_heard(watched):
    platform, began = watched.platform, watched.platform.now
    transfer = Transfer()
    platform.take(transfer.apply(), transfer.letter())
    assert watched.at(began + 59 * MINUTE_US) == []
    assert watched.at(began + HOUR_US) == [("adapter_silent", "raised", "44")]
    platform.take(transfer.letter_deemed(), now=began + 2 * DAY_US)
    assert watched.at(began + 2 * DAY_US) == [("adapter_silent", "raised", "44")], "the platform's word is not its own"
    platform.take(transfer.letter_received())
    watched.ends(began + 2 * DAY_US + MINUTE_US, "adapter_silent", "44")


def test_a_province_in_service_that_was_never_heard_of_is_silent_until_it_is_heard(tmp_path):
    with closing(Watched(tmp_path, expected_provinces="41 44 32")) as watched:
        platform, began = watched.platform, watched.platform.now
        platform.run()
        assert watched.at(began + DAY_US) == [], "nothing has come from anybody yet"
        platform.take(Transfer().apply(), now=began + DAY_US)
        assert watched.at(began + DAY_US + 59 * MINUTE_US) == []
        later = began + DAY_US + HOUR_US
        assert watched.at(later) == [("adapter_silent", "raised", province) for province in ("32", "44")]
        platform.take(Transfer(person=2, origin="41", destination="32", application="JS-1").apply())
        platform.take(Transfer(person=3, origin="41", destination="44", application="GD-1").apply())
        assert [state for _, state, _ in watched.at(later + MINUTE_US)] == ["clearing"] * 2
        assert watched.at(later + 6 * MINUTE_US) == []


def test_what_an_adapter_has_set_aside_is_told_after_an_hour(watched):
    began = watched.platform.now
    (watched.settings.data / "adapters").mkdir()
    with closing(AdapterStore(watched.settings.data / "adapters" / "41.sqlite")) as store:
        store.set_aside.keep([SetAside("document", "7", "KEY_MISSING")], began)
        assert watched.at(began + 59 * MINUTE_US) == []
        assert watched.at(began + HOUR_US) == [("set_aside", "raised", "41")]
        store.set_aside.settle([kept.id for kept in store.set_aside.all()])
        watched.ends(began + 2 * HOUR_US, "set_aside", "41")


def test_a_disk_with_less_room_than_is_asked_for_is_told(watched):
    began, asked = watched.platform.now, watched.settings
    for percent, told in ((0, []), (99, [("disk_low", "raised", None)])):
        watched.watch.close()
        watched.settings = msgspec.structs.replace(asked, alert_disk_free_percent=percent)
        watched.watch = watched.begin()
        assert watched.at(began) == told
    watched.watch.close()
    watched.settings = asked
    watched.watch = watched.begin()
    watched.ends(began + MINUTE_US, "disk_low")


def test_what_cannot_be_looked_at_is_unknown_and_ends_nothing(watched):
    platform, began = watched.platform, watched.platform.now + HOUR_US
    watched.at(began)
    platform.send(Transfer().apply())
    watched.at(began + 5 * MINUTE_US)
    file = platform.folder / "bus.db"
    file.rename(file.with_suffix(".away"))
    both = [("ingest_stopped", "raised", None), ("ingest_stopped", "unknown", None)]
    assert watched.at(began + 6 * MINUTE_US) == both
    assert watched.at(began + DAY_US) == both
    assert "no such file" in alerts_now(watched.watch, platform.now).alerts[1].text.en
    file.with_suffix(".away").rename(file)
    assert watched.at(began + DAY_US) == [("ingest_stopped", "raised", None)]
    platform.run()
    watched.ends(began + DAY_US + MINUTE_US, "ingest_stopped")


def test_a_database_that_does_not_answer_leaves_everything_unknown_that_it_would_tell(watched):
    began = watched.platform.now
    file = watched.platform.folder / "platform.db"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("ALTER TABLE parked RENAME TO parked_away")
    assert watched.at(began) == [("parked_old", "unknown", None)]
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("ALTER TABLE parked_away RENAME TO parked")
    assert watched.at(began) == []


def test_nobody_changes_what_the_history_says(watched):
    watched.at(watched.platform.now)
    watched.platform.send_raw(b"no message")
    watched.platform.run()
    watched.at(watched.platform.now)
    with closing(sqlite3.connect(watched.settings.data / NAME)) as db:
        for statement in ("UPDATE alert_events SET at = 0", "DELETE FROM alert_events"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
                db.execute(statement)


def test_a_province_that_has_used_up_its_look_ups_is_told_until_the_day_is_over(watched):
    began = watched.platform.now
    with closing(Uses(watched.settings.data, durable=False)) as uses:
        with uses.asking() as asking:
            asking.record("44", "look_up", [Use(None, "ApplicationAccepted", "limit", times=3)], began)
        assert watched.at(began) == [("key_limit", "raised", "44")]
    watched.ends(began + DAY_US, "key_limit", "44")


def test_money_that_nothing_explains_is_told_after_an_hour_and_a_missing_statement_at_once(watched):
    platform = watched.platform
    began = platform.now = instant("2025-04-08")
    platform.take(opened(), booked(1, 500, entry(1, 70), first_day=date(2025, 4, 1), last_day=date(2025, 4, 8)))
    assert watched.at(began + HOUR_US - MINUTE_US) == []
    assert watched.at(began + HOUR_US + MINUTE_US) == [("money_unexplained", "raised", None)]
    with platform.store.read() as work:
        assert nation_overview(work, platform.now).unexplained_fen == 70
    while platform.national.reconciler.step(began + 2 * HOUR_US):
        platform.run()
    watched.ends(began + 2 * HOUR_US, "money_unexplained")
    with platform.store.read() as work:
        assert nation_overview(work, platform.now).unexplained_fen == 0
    later = instant("2025-04-11")
    while platform.national.reconciler.step(later):
        platform.run()
    assert watched.at(later) == [("statement_missing", "raised", "41")]
