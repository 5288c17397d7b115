"""Alerts of the log: a message that is not in it, and an end without a quorum, each brought about and seen to go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.platform_under_test import Platform
from support.told_transfer import HOUR_US, Transfer

from jinbao.cli.alert_watch import alert_watch
from jinbao.platform.audit.log.proofs import prove_messages
from jinbao.platform.outbox.log_key import name_witnesses, open_log_key
from jinbao.platform.outbox.witnessing import Witnessing
from jinbao.schemas.headers import ID, uuid_text
from jinbao.service.alerts.alert import MINUTE_US
from jinbao.service.platform_metrics import PlatformMetrics
from jinbao.service.province import Province
from jinbao.service.settings import Settings
from jinbao.service.witnesses import ProvincesWitness, provinces_witness
from jinbao.views.alerts import alerts_now

NAMES = ("41", "44", "51", "61")
SECOND_US = 1_000_000


class Witnessed:
    """A platform whose log four adapters witness, and the watch over it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.platform = stack.enter_context(closing(Platform(folder, log_key=open_log_key(folder))))
        places = {name: Province(folder, name, durable=False) for name in NAMES}
        keys = {}
        for name, place in places.items():
            with closing(place.witness()) as witness:
                keys[f"province-{name}"] = witness.key.verifier
        policy, bus = name_witnesses(folder, keys), self.platform.bus
        self.witnessing = stack.enter_context(
            closing(Witnessing(bus, self.platform.store, policy, prove=prove_messages))
        )
        self.adapters: dict[str, ProvincesWitness] = {}
        for name, place in places.items():
            found = provinces_witness(stack, place, bus)
            assert found is not None
            self.adapters[name] = found
        settings = Settings(data=folder, bus_url=f"embedded:///{folder / 'bus.db'}", alert_disk_free_percent=0)
        self.watch = stack.enter_context(closing(alert_watch(settings, self.platform.store)))
        self.platform.run()
        self.hear()

    def hear(self, *present: str) -> None:
        for _ in range(4):
            self.witnessing.step()
            for name in present or NAMES:
                self.adapters[name].step(self.platform.now)
        self.witnessing.step()

    def at(self, now_us: int) -> list[tuple[str, str, str | None]]:
        """Alert, state and province of what stands after a look at that time."""
        self.platform.now = now_us
        self.watch.look(now_us)
        return [(row.alert, row.state, row.province) for row in alerts_now(self.watch, now_us).alerts]

    def texts(self) -> list[str]:
        return [row.text.en for row in alerts_now(self.watch, self.platform.now).alerts if row.text]


@pytest.fixture
def nation(tmp_path: Path) -> Iterator[Witnessed]:
    with ExitStack() as stack:
        yield Witnessed(tmp_path, stack)


def metrics_of(nation: Witnessed) -> dict[str, float]:
    platform = nation.platform
    metrics = PlatformMetrics(
        CollectorRegistry(), platform.store, platform.bus, platform.ingest.bus_time, nation.folder
    )
    return {metric.name: metric.samples[0].value for metric in metrics.collect() if metric.samples}


def test_a_policy_that_cannot_be_read_takes_only_its_own_figures_from_the_metrics(nation: Witnessed) -> None:
    before = metrics_of(nation)
    (nation.folder / "audit" / "policy").write_text("quorum nobody\n")
    own = {"jinbao_unwitnessed_seconds", "jinbao_unwitnessed_entries"}
    assert metrics_of(nation).keys() == before.keys() - own
    assert before["jinbao_platform_up"] == metrics_of(nation)["jinbao_platform_up"] == 1


def test_an_end_without_a_quorum_is_told_after_five_minutes_with_its_length_until_it_has_one(nation: Witnessed) -> None:
    began = nation.platform.now
    assert nation.at(began) == []
    nation.platform.take(Transfer(1).apply())
    nation.hear("41", "44")
    tail = nation.witnessing.unwitnessed()
    assert tail is not None
    assert nation.at(tail.since_us + 4 * MINUTE_US) == []
    later = tail.since_us + 5 * MINUTE_US
    assert nation.at(later) == [("quorum_missing", "raised", None)]
    assert f"{tail.entries} entries at its end" in nation.texts()[0]
    told = metrics_of(nation)
    assert told["jinbao_unwitnessed_entries"] == tail.entries
    assert told["jinbao_unwitnessed_seconds"] > 0
    nation.hear()
    assert nation.at(later + MINUTE_US) == [("quorum_missing", "clearing", None)]
    assert nation.at(later + 6 * MINUTE_US) == []


def test_a_message_that_is_not_in_the_log_is_told_after_a_minute_until_it_is(nation: Witnessed) -> None:
    began, message = nation.platform.now, Transfer(1).apply()
    nation.adapters["41"].observe("sent", ((ID, uuid_text(message.envelope.event_id)),))
    nation.hear()
    assert nation.at(began + 59 * SECOND_US) == []
    assert nation.at(began + 60 * SECOND_US) == [("not_logged", "raised", "41")]
    assert "NOT_LOGGED: 1 message sent" in nation.texts()[0]
    nation.platform.take(message, now=began + HOUR_US)
    nation.hear()
    assert nation.at(began + HOUR_US) == [("not_logged", "clearing", "41")]
    assert nation.at(began + HOUR_US + 5 * MINUTE_US) == []


def test_a_nation_without_witnesses_misses_no_quorum(tmp_path: Path) -> None:
    with closing(Platform(tmp_path, log_key=open_log_key(tmp_path))) as platform:
        platform.take(Transfer(1).apply())
        settings = Settings(data=tmp_path, bus_url=f"embedded:///{tmp_path / 'bus.db'}", alert_disk_free_percent=0)
        with closing(alert_watch(settings, platform.store)) as watch:
            watch.look(platform.now + 10 * MINUTE_US)
            assert alerts_now(watch, platform.now + 10 * MINUTE_US).alerts == []


def test_a_simulated_nation_whose_minutes_are_not_ours_is_told_neither(nation: Witnessed) -> None:
    with nation.platform.store.write() as work:
        work.mark_simulated()
    nation.adapters["41"].observe("sent", ((ID, uuid_text(Transfer(1).apply().envelope.event_id)),))
    nation.platform.take(Transfer(2).apply())
    nation.hear("41")
    assert nation.at(nation.platform.now + HOUR_US) == []
