"""The key service's operator reads in its log which province has used up its look-ups."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from jinbao.language.words import Translator
from jinbao.service.alerts.key_limit_watch import limit_watched
from jinbao.service.health import Health, Watch
from jinbao.service.key_service.uses import Use, Uses
from jinbao.service.settings import Settings

NOW = 1_790_000_000_000_000


def test_the_log_says_which_province_is_at_its_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry, stop, watch = CollectorRegistry(), Event(), Watch(Health(Translator("zh")), "text")
    with closing(Uses(tmp_path, durable=False)) as uses, uses.asking() as asking:
        asking.record("44", "look_up", [Use(None, "ApplicationAccepted", "limit", times=3)], NOW)
    with limit_watched(Settings(data=tmp_path), registry, lambda: NOW, stop, watch):
        last = time.monotonic() + 20
        while not registry.get_sample_value("jinbao_key_look_ups_refused", {"province": "44"}):
            assert time.monotonic() < last
            time.sleep(0.01)
        stop.set()
    assert capsys.readouterr().err == "告警（44）今天向密钥服务的新查询已达上限，另有 3 次被拒\n"
