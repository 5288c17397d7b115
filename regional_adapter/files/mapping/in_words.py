"""The words that a coded field of a form that is read may hold, for a mapping's `codes` and `constants`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from jinbao.regional_adapter.files.decision_records import DECISION, decision_words
from jinbao.regional_adapter.files.form_rows import CORRECTION_REASONS, ID_TYPES, YES_NO
from jinbao.regional_adapter.files.mapping.shapes import Found, Problem, joined, nearest

_SHOWN = 6
"""Most words that a mistake lists beside the nearest one."""


@cache
def _words() -> Mapping[str, Collection[str]]:
    yes_no = dict.fromkeys(("调动", "是否停保", "临时账户"), YES_NO)
    return {"证件类型": ID_TYPES, "更正原因": CORRECTION_REASONS, DECISION: decision_words(), **yes_no}


def check_word(path: str, field: str, word: object, found: Found) -> None:
    """Add a mistake where the field can never be read as the word; of other fields every row says it."""
    words = _words().get(field)
    if words and isinstance(word, str) and word.strip() and word not in words:
        zh, en = f"字段“{field}”没有“{word}”这个值", f"the field {field} has no value {word}"
        if len(words) <= _SHOWN:
            zh, en = f"{zh}，应为 {'、'.join(words)} 之一", f"{en}, only {', '.join(words)}"
        found.append(Problem(path, (zh, en), nearest(word, words)))


def check_codes(path: str, field: str, rule: Mapping[str, Any], found: Found) -> None:
    """Add each code of a column that stands for no word of its field."""
    codes = rule.get("codes")
    if isinstance(codes, dict):
        for code, word in codes.items():
            check_word(joined(joined(path, "codes"), code), field, word, found)
