"""What a terminal must not be told, and what names may hold all the same."""

import unicodedata

import pytest

from jinbao.rules.unprintable import has_unprintable, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x00b", "a\\x00b"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066a", "\\u2066a"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\tb\n", "a\\x09b\\x0a"),
    ],
)
def test_what_a_terminal_obeys_is_found_and_shown_written_out(text: str, shown: str) -> None:
    assert has_unprintable(text)
    assert printable(text) == shown
    assert not has_unprintable(printable(text))


def test_line_ends_stay_where_lines_are_printed() -> None:
    assert printable("a\tb\n\r\x1b", lines=True) == "a\tb\n\\x0d\\x1b"


@pytest.mark.parametrize("text", ["合成甲样本", "合成·买买提", "A B-1", "\ue863", "𠮷"])
def test_names_stay_as_they_are(text: str) -> None:
    assert not has_unprintable(text)
    assert printable(text) == text


def test_no_control_or_bidirectional_character_is_forgotten() -> None:
    for code in range(0x110000):
        character = chr(code)
        turns = unicodedata.bidirectional(character) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or turns:
            assert has_unprintable(character), hex(code)
