"""`jinbao adapter set-aside`: what an adapter could not work is listed, shown without content, and worked again."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from support.in_process import jinbao_in
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key
from jinbao.schemas.messages import IDENTITY_TOPIC, SUBMISSIONS_TOPIC, DeadlineMissed, Envelope, inbox_topic

CONFIG = Path(__file__).parents[3] / "examples" / "adapter-41.toml"


def _jinbao(*words: str, cwd: Path) -> Result:
    return jinbao_in(cwd, "--lang", "en", "adapter")(*words)


def _set_aside(folder: Path, *words: str) -> Result:
    return _jinbao("set-aside", *words, "--province", "41", "--data", "d", cwd=folder)


def _refuse(folder: Path, refuse: bool) -> None:
    """Let Henan's own system refuse whatever comes in, as a defect of it would."""
    db = sqlite3.connect(folder / "d" / "local" / "41.sqlite")
    if refuse:
        sql = "CREATE TRIGGER refuse BEFORE INSERT ON documents_in BEGIN SELECT RAISE(ABORT, 'no'); END"
    else:
        sql = "DROP TRIGGER refuse"
    db.execute(sql)
    db.commit()
    db.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose inbox of Henan holds a warning, and what is no message, with an escape sequence in it."""
    bus = EmbeddedBus(tmp_path / "d" / "bus.sqlite")
    bus.create_topics({SUBMISSIONS_TOPIC: 2, IDENTITY_TOPIC: 1, inbox_topic("41"): 1})
    warning = DeadlineMissed(
        envelope=Envelope(
            event_id=b"e" * 16,
            relationship_id=b"r" * 16,
            transfer_id=b"t" * 16,
            sender="00",
            operator="platform",
            local_document="-",
            occurred_at=1,
        ),
        clock="origin",
        clock_run=1,
        due=date(2025, 1, 2),
    )
    data = encode(warning)
    producer = bus.producer()
    producer.send(
        [
            OutgoingRecord(inbox_topic("41"), bus_key(b"r" * 16), data, headers_for(warning, data)),
            OutgoingRecord(inbox_topic("41"), b"k", b"\x1b[2Jsecret", (("ce_type", b"\x1b[2J"),)),
        ]
    )
    producer.close()
    bus.close()
    _jinbao("import", "nothing.csv", "--province", "41", "--data", "d", cwd=tmp_path)
    return tmp_path


def test_what_was_set_aside_is_listed_shown_and_worked_again(folder: Path) -> None:
    _refuse(folder, True)
    run = _jinbao("run", "--province", "41", "--config", str(CONFIG), "--data", "d", "--once", cwd=folder)
    assert run.exit_code == 0
    assert "set aside: 2" in run.stdout
    assert "IntegrityError at" in run.stderr

    listed = json.loads(_set_aside(folder, "list", "--json").stdout)["set_aside"]
    assert [(one["number"], one["code"], one["type"]) for one in listed] == [
        (1, "INTERNAL_ERROR", "DeadlineMissed"),
        (2, "UNDECODABLE", None),
    ]
    assert listed[0]["incident"] in run.stderr
    plain = _set_aside(folder, "list").stdout
    assert "the program failed on it" in plain
    assert "74747474-7474" in plain, "the case"
    shown = _set_aside(folder, "show", "2")
    assert "UNDECODABLE" in shown.stdout
    assert "\x1b" not in plain + shown.stdout
    assert "secret" not in plain + shown.stdout
    assert json.loads(_set_aside(folder, "show", "2", "--json").stdout)["bytes"] == 10
    in_folder = (folder / "d" / "local" / "41" / "搁置.csv").read_text("gb18030")
    assert "INTERNAL_ERROR" in in_folder

    again = _set_aside(folder, "retry")
    assert (again.exit_code, again.stdout) == (1, "0 worked, 2 still set aside\n")
    _refuse(folder, False)
    alone = _set_aside(folder, "retry", "1", "--json")
    assert (alone.exit_code, json.loads(alone.stdout)) == (0, {"worked": 1, "left": 0})
    assert [one["number"] for one in json.loads(_set_aside(folder, "list", "--json").stdout)["set_aside"]] == [2]
    assert _set_aside(folder, "show", "1").exit_code == 1


@pytest.mark.parametrize("words", [("show",), ("retry",), ("retry", "1")])
@pytest.mark.parametrize("number", ["0", "99999999999999999999", "x"])
def test_what_is_no_number_of_a_list_is_wrong_use(tmp_path: Path, words: tuple[str, ...], number: str) -> None:
    result = _set_aside(tmp_path, *words, number)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert "Invalid value" in result.stderr


@pytest.mark.parametrize("words", [("list",), ("show", "1"), ("retry",)])
def test_where_no_adapter_ran_there_is_one_line_and_no_new_file(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = _set_aside(tmp_path, *words)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "d").exists()
