"""The project's frame: every folder is packaged, typed and importable, and Python's own `platform` stays its own."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "language",
    "storage",
    "presentation",
    "rules",
    "keys",
    "transparency",
    "schemas",
    "bus",
    "dev",
    "fuzz",
    "platform",
    "regional_adapter",
    "service",
    "conformance",
    "simulator",
    "views",
    "web",
    "cli",
    "torture",
)
BUILT = {"__pycache__", "build", "dist"}


@pytest.fixture(scope="module")
def setuptools_table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    return table


def shipped() -> Iterator[Path]:
    """Every file of the rooms, relative to the root."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.is_file() and not BUILT & set(path.parts):
                yield path.relative_to(ROOT)


def test_every_folder_with_code_is_named_in_the_packaging(setuptools_table: dict[str, Any]) -> None:
    folders = {path.parent for path in shipped() if path.suffix == ".py"}
    names = {".".join(("jinbao", *folder.parts)): folder.as_posix() for folder in folders}
    assert set(setuptools_table["packages"]) == set(names)
    assert setuptools_table["package-dir"] == names


def test_no_other_folder_at_the_root_holds_a_package() -> None:
    others = {path.parent.name for path in ROOT.glob("*/__init__.py")} - set(ROOMS)
    assert others == set()
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
MIGRATIONS = "platform/store/migrations/"
"""Each says once how the tables were at its time, and is never changed."""


def code_files() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    return (ROOT / name for name in listed.stdout.split() if (ROOT / name).is_file())


def test_no_file_and_no_function_is_too_long_for_a_reader() -> None:
    long = []
    for file in code_files():
        text, name = file.read_text("utf-8"), str(file.relative_to(ROOT))
        if text.count("\n") > MOST_LINES:
            long.append(name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and not name.startswith(MIGRATIONS):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{name}: {node.name}")
    assert long == []


def test_type_checkers_find_every_room() -> None:
    for room in ROOMS:
        link = ROOT / ".typing" / "jinbao" / room
        assert link.is_symlink()
        assert os.readlink(link) == f"../../{room}"
        assert (ROOT / room / "py.typed").exists()


def test_pythons_own_platform_module_works_from_the_root() -> None:
    code = "import platform, jinbao.platform.store; print(platform.system())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, os.uname().sysname), done.stderr


def test_no_module_of_the_platform_shadows_the_standard_library() -> None:
    names = {path.stem for path in shipped() if path.parts[0] == "platform" and path.suffix == ".py"}
    assert names & set(sys.stdlib_module_names) <= {"__init__", "platform"}


def test_a_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns(*BUILT))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    build = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    with zipfile.ZipFile(next(tmp_path.glob("jinbao-*.whl"))) as wheel:
        packed = set(wheel.namelist())

    assert {f"jinbao/{path.as_posix()}" for path in shipped()} - packed == set()
