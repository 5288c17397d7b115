"""Notices of the register of keys: an agency sees a key in its name that it has not asked for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from support.platform_under_test import Platform
from support.signed_provinces import SignedProvinces, approved, revoked
from support.told_transfer import Transfer

from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.regional_adapter.exchange.key_watch import KeyWatch
from jinbao.regional_adapter.exchange.signing import new_key
from jinbao.service.key_watching import own_keys
from jinbao.service.province import Province
from jinbao.transparency.key_notice import KEYS_TOPIC, NoticedKey, key_notice
from jinbao.transparency.signing import new_log_key


def test_a_key_that_its_agency_did_not_ask_for_is_reported(tmp_path: Path) -> None:
    log, foreign = open_log_key(tmp_path), new_key("41").verifier
    with closing(Platform(tmp_path, log_key=log)) as platform:
        provinces = SignedProvinces(platform, log, "41", "44")
        place = Province(tmp_path, "41")
        place.signing_key_file.parent.mkdir()
        place.signing_key_file.with_name("41.signing-key.old").write_text(f"{provinces.keys['41']}\n")
        with closing(KeyWatch(platform.bus, "41", log.verifier, lambda: own_keys(place))) as watch:
            provinces.take("41", Transfer(1).apply())
            assert (watch.step(), watch.foreign) == (1, [])
            provinces.say(approved("41", foreign)[0])
            provinces.take("44", Transfer(2).apply())
            assert (watch.step(), watch.foreign) == (1, [str(foreign)])
            other = key_notice(new_log_key("jinbao"), 9, [NoticedKey("41", "approved", "key")])
            platform.producer.send([OutgoingRecord(KEYS_TOPIC, b"", each) for each in (other.encode(), b"\xff")])
            assert (watch.step(), watch.foreign) == (2, [str(foreign)]), "only the log's word counts"
            provinces.say(approved("41", foreign)[1], *revoked("41", foreign))
            provinces.take("44", Transfer(3).apply())
            assert (watch.step(), watch.foreign) == (1, [])
            provinces.take("44", Transfer(4).apply())
            assert watch.step() == 0, "nothing was said of keys since"
        with closing(KeyWatch(platform.bus, "44", log.verifier, set)) as stranger:
            stranger.step()
            assert stranger.foreign == [str(provinces.keys["44"].verifier)]


def test_neither_what_lies_behind_the_notice_nor_an_old_one_hides_a_foreign_key(tmp_path: Path) -> None:
    log, foreign = open_log_key(tmp_path), new_key("41").verifier
    with closing(Platform(tmp_path, log_key=log)) as platform:

        def send(*notices: bytes) -> None:
            platform.producer.send([OutgoingRecord(KEYS_TOPIC, b"", each) for each in notices])

        old = key_notice(log, 3, []).encode()
        send(old, key_notice(log, 9, [NoticedKey("41", "approved", str(foreign))]).encode(), b"nonsense")
        with closing(KeyWatch(platform.bus, "41", log.verifier, set)) as watch:
            watch.step()
            assert watch.foreign == [str(foreign)]
            send(old)
            watch.step()
            assert watch.foreign == [str(foreign)]
