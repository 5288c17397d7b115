"""Wording: Chinese texts are set with full-width commas and colons, wherever the program says them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("bus", "cli", "dev", "keys", "platform", "regional_adapter", "rules", "schemas", "simulator", "views", "web")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,:]|,[\u3400-\u9fff]")


def texts(file: Path) -> Iterator[str]:
    """Every string of a module but its docstrings; what an f-string puts in stands as {}."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_chinese_texts_have_full_width_commas_and_colons() -> None:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    assert len(files) > 100
    wrong = [f"{file.relative_to(ROOT)}: {text}" for file in files for text in texts(file) if HALF_WIDTH.search(text)]
    assert wrong == []


def test_the_tables_of_texts_have_them_too() -> None:
    files = list((ROOT / "rules" / "data").rglob("*.toml"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    chinese = [line for line in lines if re.match(r"\w*zh = ", line)]
    assert len(chinese) > 50
    assert [line for line in chinese if HALF_WIDTH.search(line)] == []
