"""A mapping that changes while its adapter runs: taken once it is whole and right, else the old one goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jinbao.language.words import Translator
from jinbao.regional_adapter.adapter_config import FilesConfig
from jinbao.service.current_mapping import LOOK_EVERY_S, CurrentMapping
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.province import Province

SET = Path(__file__).parents[2] / "examples" / "provinces" / "csv-gb18030"


class Running:
    """An adapter's mapping, its file, and a clock that only tests move."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "mapping.toml"
        shutil.copy(SET / "mapping.toml", self.file)
        self.text = self.file.read_text("utf-8")
        self.now_s = 0.0
        self.health = Health(Translator("en"))
        self.health.succeeded()
        config = FilesConfig(mapping=str(self.file))
        self.current = CurrentMapping(Province(folder, "41"), config, Watch(self.health, "text"), lambda: self.now_s)

    def write(self, old: str, new: str) -> None:
        assert old in self.text
        self.file.write_text(self.text.replace(old, new), "utf-8")

    def look(self, times: int = 3) -> list[bool]:
        changed = []
        for _ in range(times):
            self.now_s += LOOK_EVERY_S
            changed.append(self.current.changed())
        return changed


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def test_a_new_version_is_used_once_its_file_has_not_changed_between_two_looks(running: Running) -> None:
    assert running.look() == [False] * 3
    running.write("version = 1", "version = 2")
    assert running.look() == [False, True, False]
    assert running.current.mapping.version == 2
    assert (running.file.parent / "local" / "41" / "mappings" / "csv-gb18030-2.toml").is_file()
    assert running.health.ready()[0]


def test_a_version_with_mistakes_or_one_that_was_used_is_told_and_the_old_one_goes_on(running: Running) -> None:
    before = running.current.mapping
    for old, new in (
        ('unit = "yuan"', 'unit = "yan"'),
        ('unit = "yuan"', 'unit = "fen"'),
        ("version", "version version"),
    ):
        running.write(old, new)
        assert running.look() == [False] * 3
        assert (running.current.mapping, running.health.ready()[0]) == (before, False)
    running.file.unlink()
    assert running.look() == [False] * 3
    assert not running.health.ready()[0]
    running.write("version = 1", "version = 2")
    assert running.look() == [False, True, False]
    assert running.health.ready()[0]


def test_comments_are_no_other_mapping_and_a_wrong_one_at_the_start_is_a_users_mistake(
    running: Running, tmp_path: Path
) -> None:
    running.write("version = 1", "version = 1 # as before")
    assert running.look() == [False] * 3
    running.write("version = 1", "version = 0")
    with pytest.raises(UserError):
        CurrentMapping(Province(tmp_path, "41"), FilesConfig(mapping=str(running.file)), None)
