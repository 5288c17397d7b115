"""Labels of coded values: refusal, return and rejection codes with their kinds and severities, kinds of document."""

from __future__ import annotations

from jinbao.language.words import Words
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS
from jinbao.rules.reason_codes import REASON_CODES, ReasonKind, Severity

KINDS: dict[ReasonKind, Words] = {
    "refusal": ("转入地不予受理", "the destination refuses"),
    "return": ("转出地退回", "the origin returns"),
    "rejection": ("平台不予登记", "the platform does not take a message"),
    "dead_letter": ("无法识读", "a message cannot be read"),
}
SEVERITIES: dict[Severity, Words] = {
    "notice": ("提示", "nothing has to be done"),
    "correctable": ("可更正", "correct it and send it again"),
    "blocking": ("须另行处理", "it cannot go on this way"),
    "fault": ("故障", "damage or a program's error"),
}

_WAITS: Words = ("须先到的报文还没有到，到了即办理", "what must come first has not come yet; it is taken then")


def reason(code: str) -> Words:
    """Meaning of a reason code."""
    known = REASON_CODES.get(code)
    return (known.text_zh, known.text_en) if known else (code, code)


def why_not_taken(code: str, *, waits: bool) -> Words:
    """Why a message was not taken; while it waits, that is neither late nor refused."""
    return _WAITS if waits else reason(code)


def lump_sum_document(kind: str) -> Words:
    """Label of a kind of document for a lump sum."""
    known = DOCUMENT_KINDS.get(kind)
    return (known.zh, known.en) if known else (kind, kind)
