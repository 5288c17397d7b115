"""Plants one mistake into one function while its module is imported; nothing on disk changes.

A mistake is named by the function and the change, never by a line, so that it stays true while the code around it
moves.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

LIST = Path(__file__).with_name("mutants.toml")
ROOT = Path(__file__).parents[2]


class StaleMutant(Exception):
    """The function or the text to be changed is no longer there, or not once only."""


@dataclass(frozen=True)
class Mutant:
    """One plausible mistake, and the test that notices it."""

    name: str
    function: str
    """Path of the file and the function in it, `platform/aggregates/money.py:kept`; a table is named likewise."""
    find: str
    put: str
    test: str
    """Node id of a test that fails with the mistake and passes without."""
    quick: bool = False
    """One of those that every run of the suite plants."""

    @property
    def file(self) -> Path:
        """The source file."""
        return ROOT / self.function.partition(":")[0]

    def planted(self, source: str) -> str:
        """The source with the mistake in it. Raises StaleMutant."""
        name = self.function.partition(":")[2]
        first, last = _span(ast.parse(source), name.split("."), self)
        lines = source.splitlines(keepends=True)
        body = "".join(lines[first - 1 : last])
        if body.count(self.find) != 1:
            raise StaleMutant(
                f"{self.name}: {self.function} holds {self.find!r} {body.count(self.find)} times, not once"
            )
        return "".join([*lines[: first - 1], body.replace(self.find, self.put), *lines[last:]])


def _span(tree: ast.Module, path: Sequence[str], mutant: Mutant) -> tuple[int, int]:
    """First and last line of the function, class or assigned table."""
    found: Any = tree
    for name in path:
        found = next((node for node in found.body if name in _names(node)), None)
        if found is None:
            raise StaleMutant(f"{mutant.name}: there is no {mutant.function}")
    return found.lineno, found.end_lineno


def _names(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()


def mutants() -> list[Mutant]:
    """The checked-in list."""
    return [Mutant(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]]


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutant: Mutant) -> None:
        super().__init__(fullname, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> Any:
        """Compiled from the changed source, past every cache of compiled code."""
        path = self.get_filename(fullname)
        source = self._mutant.planted(Path(path).read_text(encoding="utf-8"))
        return compile(source, path, "exec", dont_inherit=True)


class _Planter(importlib.abc.MetaPathFinder):
    """Asks the other finders where a module lies, and loads the one file in its changed form."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec with another loader; None for every other module."""
        if not fullname.startswith("jinbao.") or fullname.rpartition(".")[2] != self._mutant.file.stem:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _Planter) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.origin and Path(spec.origin).resolve() == self._mutant.file:
                return importlib.util.spec_from_file_location(
                    fullname, spec.origin, loader=_Loader(fullname, spec.origin, self._mutant)
                )
            if spec is not None:
                return None
        return None


def plant(mutant: Mutant) -> None:
    """From now on this process imports the mutant's file with the mistake in it."""
    assert PathFinder in sys.meta_path
    sys.meta_path.insert(0, _Planter(mutant))
