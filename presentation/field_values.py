"""Words of the values that a clerk may choose for a field, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words
from jinbao.presentation import code_labels, labels
from jinbao.presentation.message_labels import MESSAGES, VALUES
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS
from jinbao.rules.reason_codes import REASON_CODES

_WORDS: Mapping[str, Mapping[str, Words]] = {
    "scheme": {"110": ("企业职工基本养老保险", "basic pension of enterprise employees")},
    "sex": {"1": ("男", "male"), "2": ("女", "female"), "9": ("未说明", "not stated")},
    "means": {
        "letter": ("信函", "letter"),
        "counter": ("窗口", "at the counter"),
        "telephone": ("电话", "telephone"),
        "message": ("短信", "text message"),
        "online": ("网上", "online"),
    },
    "reader": {"person": ("本人", "the person"), "heirs": ("继承人", "the heirs")},
    "account_kind": {"general": ("一般账户", "ordinary account"), "temporary": ("临时账户", "temporary account")},
}


def choice_words(field: str, code: str) -> Words:
    """What a value of a field is called; the code where it has no words."""
    if code in _WORDS.get(field, {}):
        return _WORDS[field][code]
    if field == "reason_code" and code in REASON_CODES:
        return code_labels.reason(code)
    if field == "document" and code in DOCUMENT_KINDS:
        return code_labels.lump_sum_document(code)
    if field == "about" and code in MESSAGES:
        return labels.message(code)
    zh = VALUES.get(field, {}).get(code, code)
    return zh, code.replace("_", " ")
