"""Labels of messages, facts, documents and provinces: on paper, on the screen, in lists."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words
from jinbao.presentation.message_labels import MESSAGES
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

DOCUMENT_TITLES: Mapping[str, str] = {
    **{name: zh for name, (zh, _) in MESSAGES.items()},
    "ContactLetterIssued": "联系函",
    "InformationSheetSent": "信息表",
}
"""Chinese title of a document by its kind; letter and sheet bear the names that the law gives them."""


def labelled(known: Mapping[str, Words], code: str) -> Words:
    """The words of a code, or the code itself where it has none."""
    return known.get(code, (code, code))


def message(name: str) -> Words:
    """Label of a message type, which is that of the fact that it becomes."""
    return labelled(MESSAGES, name)


def province(code: str) -> Words:
    """Short name of a party: one of the 32 provinces, or the platform itself."""
    if code == PLATFORM:
        return "全国平台", "platform"
    known = PROVINCES.get(code)
    return (known.short, known.name_en) if known else (code, code)


def _stored_name(message: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in message).lstrip("-")


FACTS: Mapping[str, Words] = {_stored_name(name): label for name, label in MESSAGES.items()}
"""By stored name of a fact, which is the name of its message in another form."""
