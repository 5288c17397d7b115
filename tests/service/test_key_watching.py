"""An adapter's health tells of foreign keys in the register, and forgets them once they are revoked."""

from __future__ import annotations

from jinbao.language.words import Translator
from jinbao.service.health import Health, Watch
from jinbao.service.key_watching import tell_foreign_keys


def test_health_is_well_again_once_a_foreign_key_is_revoked() -> None:
    health = Health(Translator("en"))
    health.succeeded()
    watch = Watch(health, "text").of("keys")
    for keys, is_told in (([], False), (["jinbao/41/x+0+y"], True), ([], False)):
        tell_foreign_keys(watch, "41", keys)
        assert ("jinbao/41/x+0+y" in (health.ready()[1])) == is_told
