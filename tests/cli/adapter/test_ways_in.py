"""`jinbao adapter run` takes in what lies in the watched folder, by the mapping that the configuration names."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import UUID

import pytest
from support.in_process import jinbao_in
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.files.ways_in import table_way, watched_folder
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.service import current_mapping
from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.adapter_run import AdapterLine
from jinbao.service.metrics import new_registry
from jinbao.service.settings import load_settings

EXAMPLES = Path(__file__).parents[3] / "examples"
SET = EXAMPLES / "provinces" / "csv-gb18030"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place where an adapter can run, with a configuration that watches a folder."""
    monkeypatch.setattr(watched_folder, "POLL_S", 0.01)
    monkeypatch.setattr(table_way, "POLL_S", 0.01)
    bus = EmbeddedBus(tmp_path / "d" / "bus.sqlite")
    bus.create_topics({SUBMISSIONS_TOPIC: 2, inbox_topic("41"): 1, IDENTITY_TOPIC: 1})
    bus.close()
    shutil.copy(SET / "mapping.toml", tmp_path)
    _configure(tmp_path, 'mapping = "mapping.toml"\nwatch = true')
    return tmp_path


def _configure(folder: Path, lines: str) -> None:
    text = (EXAMPLES / "adapter-41.toml").read_text("utf-8")
    (folder / "adapter-41.toml").write_text(text.replace("write = true", f"write = true\n{lines}"), "utf-8")


def _run(folder: Path) -> Result:
    words = ("adapter", "run", "--province", "41", "--config", "adapter-41.toml", "--once", "--data", "d", "--json")
    return jinbao_in(folder)(*words)


def test_files_laid_into_the_folder_are_taken_in_and_become_messages(folder: Path) -> None:
    hand_in = folder / "d" / "local" / "41" / "hand-in"
    hand_in.mkdir(parents=True)
    shutil.copy(SET / "applications.csv", hand_in)
    (hand_in / "wrong.csv").write_text("1\n", "utf-8")
    done = _run(folder)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["done"] > 3
    assert [f.name for f in hand_in.iterdir() if f.is_file()] == []
    assert (hand_in / "done" / "applications.csv").is_file()
    assert (hand_in / "rejects" / "wrong.csv").is_file()
    assert (folder / "d" / "local" / "41" / "mappings" / "csv-gb18030-1.toml").is_file()
    assert "applications" not in done.stderr, "names of files stay out of the log"


def test_rows_of_the_provinces_own_table_are_taken_in_and_one_that_is_away_stops_nothing(folder: Path) -> None:
    _configure(folder, 'mapping = "mapping.toml"\ntables = "sqlite:///own/province.sqlite"')
    assert _run(folder).exit_code == 0
    (folder / "own").mkdir()
    with closing(sqlite3.connect(folder / "own" / "province.sqlite")) as db:
        db.executescript(jinbao_in(folder)("adapter", "tables", "--dialect", "sqlite").stdout)
        with (SET / "applications.csv").open(encoding="gb18030", newline="") as stream:
            rows = [(row["业务流水号"], json.dumps(row)) for row in csv.DictReader(stream)]
        db.executemany("INSERT INTO jinbao_in (form, record_key, fields) VALUES ('转移申请', ?, ?)", rows)
        db.commit()
        done = _run(folder)
        assert (done.exit_code, json.loads(done.stdout)["done"] > 3) == (0, True), done.stderr
        assert db.execute("SELECT outcome FROM jinbao_in").fetchall() == [("accepted",)] * 3


def test_a_mapping_with_mistakes_or_a_used_version_that_changed_is_a_users_mistake(folder: Path) -> None:
    assert _run(folder).exit_code == 0
    text = (folder / "mapping.toml").read_text("utf-8")
    (folder / "mapping.toml").write_text(text.replace('unit = "yuan"', 'unit = "fen"'), "utf-8")
    changed = _run(folder)
    assert (changed.exit_code, changed.stderr.count("\n")) == (2, 1)
    (folder / "mapping.toml").write_text(text.replace('unit = "yuan"', 'unit = "yan"'), "utf-8")
    wrong = _run(folder)
    assert (wrong.exit_code, "values.unit" in wrong.stderr) == (2, True)


def test_what_comes_back_leaves_by_the_same_mapping(folder: Path) -> None:
    fields = {"clock": "ORIGIN_REVIEW", "clock_run": 1, "due": "2025-04-01"}
    missed = IncomingDocument(UUID(int=7), "DeadlineMissed", UUID(int=1), UUID(int=2), "00", "", 0, 0, fields)
    with closing(EmbeddedLocalSystem(folder / "d" / "local" / "41.sqlite", "41", durable=False)) as local:
        local.deliver([missed])
    assert _run(folder).exit_code == 0
    (file,) = (folder / "d" / "local" / "41" / "in").iterdir()
    with file.open(encoding="gb18030", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (file.name[:3], row["文书"], row["到期日"], row["报文号"]) == (
        "期限-",
        "期限已过",
        "2025-04-01",
        str(UUID(int=7)),
    )


def test_a_running_adapter_reads_by_the_mappings_next_version_without_a_restart(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_mapping, "LOOK_EVERY_S", 0.0)
    settings, config = load_settings(folder / "d"), load_adapter_config(folder / "adapter-41.toml", "41")
    hand_in = folder / "d" / "local" / "41" / "hand-in"
    metrics = AdapterMetrics(new_registry(), "41")
    with ExitStack() as stack, closing(EmbeddedBus(folder / "d" / "bus.sqlite")) as bus:
        line = AdapterLine(stack, settings, config, bus, lambda what, headers: None, metrics)
        text = (folder / "mapping.toml").read_text("utf-8")
        changed = text.replace("version = 1", "version = 2").replace('"业务流水号"', '"流水"')
        (folder / "mapping.toml").write_text(changed, "utf-8")
        content = (
            (SET / "applications.csv").read_bytes().replace("业务流水号".encode("gb18030"), "流水".encode("gb18030"))
        )
        line.step()
        line.step()
        (hand_in / "applications.csv").write_bytes(content)
        for _ in range(20):
            line.step()
            time.sleep(0.01)
    assert (hand_in / "done" / "applications.csv").is_file()
    assert (folder / "d" / "local" / "41" / "mappings" / "csv-gb18030-2.toml").is_file()
