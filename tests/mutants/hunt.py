"""`make mutants`: plants each mistake of the list, runs the test that must notice it, and says which one did.

Exit code 1 when a mistake passes unnoticed, when one of the tests fails without any mistake, or when the list no
longer fits the code.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planting import ROOT, VARIABLE, Mutant, StaleMutant, mutants

_PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "planting", "-p", "no:cacheprovider"]
_WITHOUT_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Installed plugins are a third of what it costs to start pytest, and none of these tests needs one."""
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


def run(tests: Iterable[str], mutant: Mutant | None) -> subprocess.CompletedProcess[str]:
    """The tests with one mistake planted, or with none."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    environ |= {"PYTHONPATH": str(Path(__file__).parent), **_WITHOUT_PLUGINS}
    if mutant is not None:
        environ[VARIABLE] = mutant.name
    return subprocess.run([*_PYTEST, *tests], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def noticed_by(mutant: Mutant) -> str | None:
    """The test that failed under the mistake; None where it passed unnoticed. Raises StaleMutant."""
    mutant.planted(mutant.file.read_text(encoding="utf-8"))
    done = run([mutant.test], mutant)
    if done.returncode not in (0, 1):
        raise StaleMutant(f"{mutant.name}: {mutant.test} cannot be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    found = _FAILED.search(done.stdout)
    return found[1] if done.returncode and found else None


def main() -> int:
    """Hunt all of them, or those named."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Which test notices which mistake")
    parser.add_argument("names", nargs="*", help="mutants of the list; all when none is named")
    wanted = parser.parse_args().names
    listed = [mutant for mutant in mutants() if not wanted or mutant.name in wanted]
    began = time.monotonic()
    clean = run(sorted({mutant.test for mutant in listed}), None)
    if clean.returncode:
        print(clean.stdout[-4000:])
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
