"""`jinbao adapter`: exit codes, JSON, and a running adapter that stops when it is told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.in_process import jinbao_in
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.schemas.messages import IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic

EXAMPLES = Path(__file__).parents[3] / "examples"
COMMAND = [sys.executable, "-m", "jinbao.cli.main", "adapter"]
CONFIG = str(EXAMPLES / "adapter-41.toml")


def _jinbao(*words: str, cwd: Path) -> Result:
    return jinbao_in(cwd, "adapter")(*words)


def _topics(folder: Path) -> None:
    bus = EmbeddedBus(folder / "bus.sqlite")
    bus.create_topics({SUBMISSIONS_TOPIC: 2, inbox_topic("41"): 1, IDENTITY_TOPIC: 1})
    bus.close()


def test_a_good_file_exits_0_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    words = ("import", str(EXAMPLES / "applications-41.csv"), "--province", "41", "--data", "d", "--json")
    first, again = _jinbao(*words, cwd=tmp_path), _jinbao(*words, cwd=tmp_path)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert json.loads(first.stdout) == {
        "file": "applications-41.csv",
        "form": "转移申请",
        "rows": 3,
        "taken": 3,
        "unchanged": 0,
        "bad": [],
    }
    assert json.loads(again.stdout)["unchanged"] == 3


def test_a_file_with_a_bad_row_exits_1_and_names_line_and_column(tmp_path: Path) -> None:
    text = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030")
    (tmp_path / "f.csv").write_text(text.replace("2025-03-03", "2025-02-30", 1), encoding="gb18030")
    words = ("import", "f.csv", "--province", "41", "--data", "d")

    result = _jinbao(*words, "--json", cwd=tmp_path)
    report = json.loads(result.stdout)

    assert result.exit_code == 1
    assert report["taken"] == 2
    (bad,) = report["bad"]
    assert (bad["file"], bad["line"], bad["column"]) == ("f.csv", 2, "申请日期")
    assert bad["reason_zh"] != bad["reason_en"]
    assert "申请日期" in _jinbao(*words, cwd=tmp_path).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("import", "missing.csv", "--province", "41"),
        ("import", "utf8.csv", "--province", "41"),
        ("import", str(EXAMPLES / "history-44.csv"), "--province", "41"),
        ("import", str(EXAMPLES / "history-44.csv"), "--province", "71"),
        ("import", "empty.csv"),
        ("run", "--province", "44", "--config", CONFIG, "--once"),
        ("run", "--province", "41", "--config", "bad.toml", "--once"),
        ("run", "--province", "41", "--config", "missing.toml", "--once"),
        ("run", "--province", "41", "--config", CONFIG, "--once"),
    ],
)
def test_an_unusable_input_exits_2_with_one_line_and_no_trace(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "utf8.csv").write_text((EXAMPLES / "applications-41.csv").read_text(encoding="gb18030"), "utf-8")
    header = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030").splitlines()[0]
    (tmp_path / "empty.csv").write_text(header, "gb18030")
    (tmp_path / "bad.toml").write_text('province = "41"\n[agency]\nname = "x"\n', "utf-8")

    result = _jinbao(*words, "--data", "d", cwd=tmp_path)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("jinbao: ")
    assert len(result.stderr.splitlines()) == 1


def test_where_no_row_can_be_read_the_first_is_told_and_why(tmp_path: Path) -> None:
    header, row = (EXAMPLES / "applications-41.csv").read_text(encoding="gb18030").splitlines()[:2]
    unreadable = row.replace("2025-41-0001", "2025-41-\x00")
    (tmp_path / "f.csv").write_text(f"{header}\n{unreadable}\n", "gb18030")
    result = _jinbao("import", "f.csv", "--data", "d", cwd=tmp_path)
    assert result.exit_code == 2
    assert "第 2 行，申请编号：含有控制字符" in result.stderr
    (tmp_path / "f.csv").write_text(header, "gb18030")
    assert "没有数据行" in _jinbao("import", "f.csv", "--data", "d", cwd=tmp_path).stderr


def test_the_province_may_be_left_to_the_file(tmp_path: Path) -> None:
    result = _jinbao("import", str(EXAMPLES / "history-44.csv"), "--data", "d", cwd=tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / "d" / "local" / "44.sqlite").exists()


def test_run_once_sends_what_was_imported_and_ends(tmp_path: Path) -> None:
    data = str(tmp_path)
    _topics(tmp_path)
    _jinbao("import", str(EXAMPLES / "applications-41.csv"), "--province", "41", "--data", data, cwd=tmp_path)

    result = _jinbao("run", "--province", "41", "--config", CONFIG, "--data", data, "--once", "--json", cwd=tmp_path)

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["province"] == "41"
    bus = EmbeddedBus(tmp_path / "bus.sqlite")
    assert sum(bus.end_offsets(SUBMISSIONS_TOPIC).values()) == 6
    bus.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_adapter_stops_cleanly_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    _topics(tmp_path)
    words = ["run", "--province", "41", "--config", CONFIG, "--data", str(tmp_path), "--json"]
    running = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    store = tmp_path / "adapters" / "41.sqlite"
    deadline = time.monotonic() + 30
    while not store.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    running.send_signal(number)
    out, err = running.communicate(timeout=30)

    assert running.returncode == 0, err
    assert json.loads(out) == {"province": "41", "done": 0, "waiting": [], "set_aside": 0}
