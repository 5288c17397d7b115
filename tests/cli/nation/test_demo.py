"""The demo: runs to its end without a terminal, shows itself on one, stops on Ctrl-C and goes on where it was."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from fcntl import ioctl
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import Result

from jinbao.cli.nation.live_view import UPPER_HEIGHT, LiveView
from jinbao.language.words import Language, Translator
from jinbao.platform.aggregates.state import State
from jinbao.platform.store.store import Store
from jinbao.presentation.case_labels import state_short
from jinbao.simulator.nation import Nation
from jinbao.simulator.run_state import RunState
from jinbao.views.nation_snapshot import Snapshot, take_snapshot

SMALL = ("--transfers", "30", "--seed", "7", "--no-serve")
PATIENCE_S = 60.0
FIRST_PICTURE_S = 10.0
"""Three seconds on an idle machine; the tests' machine is not idle."""


class Screen:
    """A program on a pseudo-terminal; everything that it wrote so far is `text`, without escape sequences."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self._terminal = terminal
        self.process = process
        self.raw = b""

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.raw.decode("utf-8", "ignore"))

    def wait_for(self, pattern: str, seconds: float = PATIENCE_S) -> re.Match[str]:
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < until, f"{pattern} did not appear in {self.text[-3000:]}"
            self._read(0.2)
        return found

    def days(self) -> list[int]:
        """Every day that was shown; a busy machine skips some."""
        return [int(day) for day in re.findall(r"第 (\d+)/\d+ 个工作日", self.text)]

    def wait_for_day(self, number: int) -> None:
        """Until this day or a later one is shown."""
        until = time.monotonic() + PATIENCE_S
        while max(self.days(), default=0) < number:
            assert time.monotonic() < until, f"day {number} did not appear in {self.text[-3000:]}"
            self._read(0.2)

    def end(self) -> int:
        """Everything until the program ends; its exit code."""
        until = time.monotonic() + PATIENCE_S
        while self._read(0.2):
            assert time.monotonic() < until
        return self.process.wait(PATIENCE_S)

    def press_ctrl_c(self) -> None:
        os.write(self._terminal, b"\x03")

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return True
        try:
            got = os.read(self._terminal, 65_536)
        except OSError:
            return False
        self.raw += got
        return bool(got)


@contextmanager
def on_a_terminal(*words: object, columns: int = 80, rows: int = 24) -> Iterator[Screen]:
    """The program in a session of its own, whose terminal is the pseudo-terminal."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "JINBAO_LANG", "JINBAO_CONFIG")}
    take_terminal = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    code = f"{take_terminal}\nfrom jinbao.cli.main import main\nmain()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    try:
        yield Screen(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def day_of_run(folder: Path) -> int:
    state = RunState(folder)
    try:
        return state.load().day
    finally:
        state.close()


def test_headless_ends_by_itself_with_one_line_a_day_and_a_summary(
    tmp_path: Path, jinbao: Callable[..., Result]
) -> None:
    result = jinbao("demo", "--headless", "--days", 6, *SMALL, "--data", tmp_path / "d")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.findall(r"^2025-01-\d\d 周. +(\d+)/120 报文", result.stdout, re.M) == ["1", "2", "3", "4", "5", "6"]
    for text in ("转移申请", "合计 0.00", "已停在第 6/120 个工作日", "jinbao demo --data"):
        assert text in result.stdout


def test_headless_answers_in_json(tmp_path: Path, answer: Callable[..., Any]) -> None:
    result = answer("demo", "--headless", "--days", 5, *SMALL, "--data", tmp_path / "d")
    assert (result["days_done"], result["days"], result["finished"], result["day"]) == (5, 120, False, "2025-01-08")
    assert sum(result["outcomes"].values()) == result["transfers"] == 30
    assert result["money_fen"]["sum"] == 0


@pytest.mark.slow
def test_a_run_goes_on_where_it_was_and_comes_to_the_same_end(tmp_path: Path, answer: Callable[..., Any]) -> None:
    Nation.begin(tmp_path / "whole", seed=7, transfers=30, days=8).close()
    whole = answer("demo", "--data", tmp_path / "whole")
    parts = tmp_path / "parts"
    Nation.begin(parts, seed=7, transfers=30, days=8).close()
    first = answer("demo", "--days", 3, "--data", parts)
    second = answer("demo", "--data", parts)
    assert (first["days_done"], first["finished"]) == (3, False)
    assert (second["days_done"], second["finished"]) == (8, True)
    assert second["digest"] == whole["digest"] != first["digest"]


def test_a_run_that_is_over_says_so_and_may_begin_anew(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    folder = tmp_path / "d"
    Nation.begin(folder, seed=7, transfers=30, days=2).close()
    jinbao("demo", "--data", folder)
    again = jinbao("demo", "--days", 2, "--data", folder)
    assert again.exit_code == 0
    assert "此前推演已全部结束" in again.stdout
    anew = jinbao("demo", "--new", "--days", 3, *SMALL, "--data", folder)
    assert "已停在第 3/120 个工作日" in anew.stdout
    assert day_of_run(folder) == 3


def test_another_seed_than_the_folders_is_refused(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    folder = tmp_path / "d"
    jinbao("demo", "--days", 1, *SMALL, "--data", folder)
    for options in (("--seed", 8), ("--transfers", 31), ("--engines", "real")):
        result = jinbao("demo", *options, "--data", folder)
        assert result.exit_code == 2
        assert f"{options[0]} {options[1]}" in result.stderr
        assert "--new" in result.stderr
    assert not (folder / "dev").exists(), "no engine was started for it"
    assert jinbao("demo", "--days", 1, *SMALL, "--data", folder).exit_code == 0


def test_other_peoples_files_are_neither_used_nor_deleted(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    (tmp_path / "letter.txt").write_text("keep")
    result = jinbao("demo", "--new", "--days", 1, *SMALL, "--data", tmp_path)
    assert result.exit_code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_the_default_folder_lies_below_the_data_folder(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    assert jinbao("demo", "--days", 1, *SMALL).exit_code == 0
    assert (tmp_path / ".jinbao" / "demo" / "platform.sqlite").is_file()
    assert jinbao("case", "list", "--data", ".jinbao/demo").exit_code == 0


@pytest.mark.slow
def test_sigterm_without_a_terminal_ends_after_the_day(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    words = [sys.executable, "-m", "jinbao.cli.main", "demo", "--pace", "0.2", *SMALL, "--data", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "再次启动时继续" in rest
    assert day_of_run(folder) >= 1


def test_ctrl_c_on_a_terminal_stops_cleanly_and_the_next_start_continues(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    words = ("demo", *SMALL, "--days", "200", "--pace", "0.2", "--data", folder)
    with on_a_terminal(*words) as screen:
        screen.wait_for("正在准备|工作日", FIRST_PICTURE_S)
        screen.wait_for_day(3)
        screen.press_ctrl_c()
        assert screen.end() == 0
        stopped = int(screen.wait_for(r"已停在第 (\d+)/200 个工作日")[1])
        assert "Traceback" not in screen.text
        assert screen.raw.count(b"\x1b[?1049h") == screen.raw.count(b"\x1b[?1049l") == 1, "the screen is given back"
        assert b"\x1b[?25h" in screen.raw, "the cursor is shown again"
    assert day_of_run(folder) == stopped >= 3
    with on_a_terminal("demo", "--pace", "0.2", "--data", folder) as screen:
        screen.wait_for_day(stopped + 2)
        assert min(screen.days()) >= stopped
        screen.press_ctrl_c()
        assert screen.end() == 0
    assert day_of_run(folder) >= stopped + 2


@pytest.fixture(scope="module")
def snapshot(nation_folder: Path) -> Snapshot:
    store = Store(f"sqlite:///{nation_folder / 'platform.sqlite'}")
    taken = take_snapshot(store, day=date(2025, 2, 28), number=38, days=60, transfers=60)
    store.close()
    return taken


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_the_picture_fits_its_window_and_its_frames_are_aligned(
    snapshot: Snapshot, columns: int, rows: int, language: Language
) -> None:
    console = Console(width=columns, height=rows, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(LiveView(Translator(language), snapshot, "footer"), height=rows)
    lines = console.export_text().splitlines()
    assert len(lines) <= rows
    framed = [line for line in lines if line.startswith(("│", "╭", "╰"))]
    assert len(framed) > 20
    assert {cell_len(line) for line in framed} == {columns}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_is_counted_in_the_picture_even_on_the_smallest_window(
    snapshot: Snapshot, language: Language
) -> None:
    counts = {state.value: 1_000 + 7 * number for number, state in enumerate(State)}
    tr = Translator(language)
    console = Console(width=80, height=24, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(LiveView(tr, replace(snapshot, states=counts, others=1_234), "footer"), height=24)
    shown = console.export_text()
    for state in State:
        assert tr.of(state_short(state)) in shown
    left = [line[:40] for line in shown.splitlines() if line.startswith("│")]
    figures = [int(found[-1].replace(",", "")) for line in left if (found := re.findall(r"[\d,]+", line))]
    assert sum(figures[: UPPER_HEIGHT - 2]) == 2 * sum(counts.values()), "each state once, and once in a heading's sum"
    assert "1,234" in shown


def test_a_snapshot_agrees_with_itself(snapshot: Snapshot) -> None:
    assert snapshot.in_hand + snapshot.ended_cases == sum(snapshot.states.values()) == 60
    money = snapshot.money
    assert money.out == money.in_transit + money.in_ + money.returned + money.suspense
    assert money.sum == 0
    assert {row.month for row in snapshot.flows} == {"2025-02"}
    applied = [row.applied for row in snapshot.flows]
    assert applied == sorted(applied, reverse=True)
    positions = [row.position for row in snapshot.news]
    assert positions == sorted(positions, reverse=True)


@pytest.mark.slow
def test_the_pages_are_served_beside_and_move_with_the_nation(tmp_path: Path) -> None:
    small = ("--transfers", "300", "--pace", "0.5", "--days", "100", "--data", tmp_path / "d")
    with on_a_terminal("demo", *small, columns=200) as screen:
        address = screen.wait_for(r"http://127\.0\.0\.1:\d+")[0]
        password = screen.wait_for(r"密码 (\S+) · ministry clerk41")[1]
        with httpx.Client(base_url=address, timeout=30) as client:
            form = client.get("/login").text
            token = re.findall(r'name="csrf_token" value="(\w+)"', form)[0]
            fields = {"name": "ministry", "password": password, "next": "/", "csrf_token": token}
            assert client.post("/login", data=fields).status_code == 303
            before = client.get("/api/overview").json()
            screen.wait_for_day(max(screen.days()) + 9)
            now = client.get("/api/overview").json()
        assert now["as_of"][:10] > before["as_of"][:10]
        assert now["position"] > before["position"]
        screen.press_ctrl_c()
        assert screen.end() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
