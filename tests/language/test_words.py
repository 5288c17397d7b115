"""A language is an argument: two readers are answered at once, each in the own one."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

from jinbao.language.words import BilingualError, Language, Translator
from jinbao.presentation import case_labels, formatting, labels
from jinbao.service.errors import UserError

ROOT = Path(__file__).parents[2]


def test_an_error_is_told_in_the_language_of_whoever_is_answered() -> None:
    error = UserError("没有这个文件", "no such file")
    assert (Translator("zh").error(error), Translator("en").error(error)) == ("没有这个文件", "no such file")
    assert str(error) == "没有这个文件 / no such file"
    assert Translator("en").error(BilingualError("x.csv: Is a directory")) == "x.csv: Is a directory"
    assert Translator("zh").error(ValueError("plain")) == "plain"


def test_two_threads_render_the_same_view_in_two_languages_at_once() -> None:
    together, rendered = threading.Barrier(2), dict[Language, set[str]]()

    def render(language: Language) -> None:
        tr, lines = Translator(language), set[str]()
        for _ in range(200):
            together.wait()
            parts = (case_labels.state("confirmation"), labels.province("41"), formatting.days_left(3))
            lines.add(" ".join(map(tr.of, parts)))
        rendered[language] = lines

    threads = [threading.Thread(target=render, args=(language,)) for language in ("zh", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rendered == {"zh": {"转入地确认 河南 余 3 个工作日"}, "en": {"confirmation Henan 3 working days left"}}


@pytest.mark.parametrize("room", sorted(path.parent for path in ROOT.glob("*/py.typed")), ids=lambda p: p.name)
def test_no_module_keeps_a_translator_or_a_language(room: Path) -> None:
    kept = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in room.rglob("*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and any(isinstance(part, ast.Name) and part.id == "Translator" for part in ast.walk(node))
    ]
    assert kept == []
