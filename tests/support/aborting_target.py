"""A fuzz target of which some inputs end or stop the process; importable in that process."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

from jinbao.fuzz.target import FuzzInput, FuzzResult


class Abort:
    """Two of its inputs end or stop the process."""

    name = "abort"
    share = 1
    reads_file = True

    def draw(self, random: Random) -> FuzzInput:
        return FuzzInput(bytes([random.randrange(6)]), ".bin")

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        if given.data == b"\0":
            os.abort()
        if given.data == b"\1":
            time.sleep(3_600)
        return FuzzResult("accepted")


def aborting() -> list[Abort]:
    return [Abort()]
