"""`make mutants`: plants each mistake of the list, runs the test that must notice it, and says which one did.

Exit code 1 when a mistake passes unnoticed, when one of the tests fails without any mistake, or when the list no
longer fits the code.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from planting import ROOT, Mutant, StaleMutant, mutants, plant

_PYTEST = ["-q", "-x", "-p", "no:cacheprovider"]
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["pytest", "hypothesis", "sqlalchemy", "eventsourcing.application", "structlog", "typer"])
"""Each run begins in a copy of a process that has imported what is not ours: that is most of what a start costs."""
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


def run(tests: Iterable[str], mutant: Mutant | None) -> tuple[int, str]:
    """Exit code and output of the tests with one mistake planted, or with none."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as output:
        process = _WARM.Process(target=_pytest, args=(list(tests), mutant, output.name))
        process.start()
        process.join()
        return process.exitcode or 0, output.read()


def _pytest(tests: list[str], mutant: Mutant | None, output: str) -> None:
    """Run the tests in this process, without installed plugins, which none of them needs."""
    with open(output, "w") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(ROOT)
    if mutant is not None:
        plant(mutant)
    sys.exit(int(pytest.main([*_PYTEST, *tests])))


def noticed_by(mutant: Mutant) -> str | None:
    """The test that failed under the mistake; None where it passed unnoticed. Raises StaleMutant."""
    mutant.planted(mutant.file.read_text(encoding="utf-8"))
    code, output = run([mutant.test], mutant)
    if code not in (0, 1):
        raise StaleMutant(f"{mutant.name}: {mutant.test} cannot be run:\n{output[-4000:]}")
    found = _FAILED.search(output)
    return found[1] if code and found else None


def main() -> int:
    """Hunt all of them, or those named."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Which test notices which mistake")
    parser.add_argument("names", nargs="*", help="mutants of the list; all when none is named")
    wanted = parser.parse_args().names
    listed = [mutant for mutant in mutants() if not wanted or mutant.name in wanted]
    began = time.monotonic()
    code, output = run(sorted({mutant.test for mutant in listed}), None)
    if code:
        print(output[-4000:])
        return 1
    escaped = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for mutant, test in zip(listed, threads.map(noticed_by, listed), strict=True):
            escaped += test is None
            print(f"{mutant.name:60} {test or 'NOT NOTICED by ' + mutant.test}", flush=True)
    print(f"{len(listed)} mistakes, {escaped} not noticed, {time.monotonic() - began:.0f} s")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
