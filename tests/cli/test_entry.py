"""The program's entry: Ctrl-C at any moment of its start ends it with 130 and without a word."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPTED_AT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["jinbao", *{words!r}]
from jinbao.cli.entry import main
main()
"""
UNRAISABLE_AT = """
import os, signal, sys, weakref

class Thing:
    pass

def interrupt(_):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):
        pass

class Dropping:
    def find_spec(self, name, path=None, target=None):
        if name == "jinbao.cli.codes":
            thing = Thing()
            keep = weakref.ref(thing, interrupt)
            del thing

sys.meta_path.insert(0, Dropping())
sys.argv = ["jinbao", "codes"]
from jinbao.cli.entry import main
main()
"""


LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""As in the foreground, wherever these tests run."""


def interrupted(code: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("module", ["jinbao.cli.main", "typer", "msgspec", "jinbao.cli.codes", "rich.console"])
def test_ctrl_c_while_the_program_starts_ends_it_without_a_word(module: str) -> None:
    code = INTERRUPTED_AT.format(module=module, words=["codes", "--help"])
    assert interrupted(LISTENING + code) == (130, "", "")


def test_ctrl_c_where_python_could_only_print_it_ends_the_program_too() -> None:
    assert interrupted(LISTENING + UNRAISABLE_AT) == (130, "", "")


def test_a_program_in_the_background_leaves_ctrl_c_alone() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    done = interrupted(code + INTERRUPTED_AT.format(module="typer", words=["--version"]))
    assert (done[0], done[1].split()[0], done[2]) == (0, "jinbao", "")
