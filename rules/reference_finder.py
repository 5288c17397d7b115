"""Payment references (ISO 11649) in what a bank wrote: in a field of their own or within a remark, however typed.

Lower case, full width, spaces, hyphens and breaks of the line change nothing. Only right check digits make a reference:
what is mistyped is never taken for the one that is most like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinbao.rules.payment_reference import is_payment_reference

MAX_CHARACTERS = 25
"""Of a reference: `RF`, two check digits, a body of 21."""

_SMALL = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NO_WIDTH = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0xFEFF))
_PLAIN = _SMALL | {code: _SMALL.get(ascii, ascii) for code, ascii in _FULL_WIDTH.items()} | _NO_WIDTH
"""Full width becomes ASCII, small letters capitals; what has no width is left out."""
_STRETCH = re.compile(r"[0-9A-Z]+(?:[\s\-\u2010-\u2015]+[0-9A-Z]+)*")
_WORD = re.compile(r"[0-9A-Z]+")
_BEGINNING = re.compile(r"R(?:$|F(?:$|[0-9](?:$|[0-9])))")


def find_payment_references(*texts: str) -> tuple[str, ...]:
    """The payment references that stand in the texts, in machine form, each once, in order.

    None reaches from one text into the next. Where one begins as another does, both are readings of the same place.
    A reference begins at a word's beginning and ends at a word's end, Chinese characters and punctuation end a word.
    """
    found: dict[str, None] = {}
    for text in texts:
        for stretch in _STRETCH.finditer(text.translate(_PLAIN)):
            words = _WORD.findall(stretch[0])
            for first in range(len(words)):
                found.update(dict.fromkeys(filter(is_payment_reference, _readings(words, first))))
    return tuple(found)


def _readings(words: list[str], first: int) -> Iterator[str]:
    """The first word, the first two together, and so on, as long as a reference may be."""
    reading = ""
    for place in range(first, len(words)):
        reading += words[place]
        if len(reading) > MAX_CHARACTERS or not _BEGINNING.match(reading):
            return
        yield reading
