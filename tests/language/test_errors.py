"""Errors that reach a user: each class carries both languages, and each place where one is raised gives both."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from jinbao.cli.exit_codes import user_errors
from jinbao.language.words import BilingualError, Translator
from jinbao.platform.store.store import Store, StoreError
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent for path in ROOT.glob("*/py.typed") if path.parent.name != "torture")
KINDS = {kind.__name__ for base in user_errors() for kind in (base, *base.__subclasses__())}


def calls(file: Path) -> list[ast.Call]:
    tree = ast.parse(file.read_text("utf-8"))
    return [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in KINDS
    ]


def test_every_class_of_error_that_is_told_to_a_user_carries_both_languages() -> None:
    assert [kind for kind in user_errors() if not issubclass(kind, BilingualError)] == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)
def test_what_is_raised_for_a_user_is_said_in_both_languages(room: Path) -> None:
    one_only = []
    for file in room.rglob("*.py"):
        for call in calls(file):
            texts = [part.value for arg in call.args for part in ast.walk(arg) if isinstance(part, ast.Constant)]
            words = [text for text in texts if isinstance(text, str) and any(c.isalpha() for c in text)]
            plain = all(
                text.strip(" :").startswith("--") or (text.isascii() and " " not in text.strip()) for text in words
            )
            if len(call.args) == 1 and words and not plain and not isinstance(call.args[0], ast.Starred):
                one_only.append(f"{file.relative_to(ROOT)}:{call.lineno}")
    assert one_only == []


def test_a_wrong_setting_and_a_wrong_database_are_told_in_the_language_asked_for(tmp_path: Path) -> None:
    (tmp_path / "jinbao.toml").write_text("batch_sise = 5\n")
    with pytest.raises(UserError) as unknown:
        load_settings(environ={"JINBAO_CONFIG": str(tmp_path / "jinbao.toml")})
    zh, en = (Translator(language).error(unknown.value) for language in ("zh", "en"))
    assert "没有设置项 'batch_sise'；是否指 batch_size？" in zh
    assert "unknown key 'batch_sise'; did you mean batch_size?" in en
    with pytest.raises(StoreError) as wrong:
        Store("nonsense")
    assert wrong.value.words[0].startswith("数据库地址读不懂")
    assert wrong.value.words[1].isascii()
