"""A bus has an identity: what was said first, whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.identity import KEY_RING, identity_of, known, settle
from jinbao.schemas.messages import IDENTITY_TOPIC


def test_a_bus_keeps_its_identity_and_another_has_another(tmp_path: Path) -> None:
    found = []
    for name in ("one", "one", "other"):
        with closing(EmbeddedBus(tmp_path / name)) as bus:
            bus.create_topics({IDENTITY_TOPIC: 1})
            found.append(identity_of(bus))
    assert found[0] == found[1] != found[2]


def test_of_many_who_speak_at_once_one_counts_for_all(tmp_path: Path) -> None:
    with closing(EmbeddedBus(tmp_path / "bus")) as bus:
        bus.create_topics({IDENTITY_TOPIC: 1})
        with ThreadPoolExecutor(8) as threads:
            heard = set(threads.map(lambda n: settle(bus, KEY_RING, f"{n:032x}"), range(16)))
        assert heard == {known(bus)[KEY_RING]}
