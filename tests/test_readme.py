"""The READMEs' first real transfer: four commands, run as they stand there, bring the case to its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md")
COMMANDS = re.compile(r"^```\n(jinbao run .*?)^```", re.DOTALL | re.MULTILINE)


def commands_of(readme: str) -> list[str]:
    """The lines of the first block that runs the program on files."""
    found = COMMANDS.search((ROOT / readme).read_text("utf-8"))
    assert found is not None, readme
    return found[1].splitlines()


def run_first_transfer(readme: str, folder: Path, before: str = "") -> str:
    """Run the README's commands in a folder that has nothing but the examples; what the last one printed."""
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "bin").mkdir()
    program = folder / "bin" / "jinbao"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jinbao.cli.main "$@"\n')
    program.chmod(0o755)
    told = {name: value for name, value in os.environ.items() if not name.startswith("JINBAO_")}
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    told |= {"PATH": path, "JINBAO_DATA": ".jinbao/first", "JINBAO_LANG": "en"}
    *commands, last = commands_of(readme)
    script = "\n".join([before, *(f"{{ {command.partition('#')[0]}; }} >&2" for command in commands), last])
    done = subprocess.run(["bash", "-ec", script], cwd=folder, env=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_first_transfer_takes_four_commands_and_no_sleep(readme: str) -> None:
    commands = commands_of(readme)
    assert len(commands) <= 4
    assert not any(word in command for command in commands for word in ("sleep", "&", ";", "|"))


def test_the_first_transfer_is_completed_by_the_readmes_commands(tmp_path: Path) -> None:
    assert commands_of(READMES[0])[-1] == commands_of(READMES[1])[-1]
    assert run_first_transfer(READMES[0], tmp_path).startswith("Guangdong → Henan  completed\n")
