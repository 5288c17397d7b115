"""The catalogue: each fixed text that the program marks is in it, in Chinese, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from jinbao.presentation.prose import CATALOGUE, prose, translated

ROOT = Path(__file__).parents[2]
ROOMS = [path.parent for path in ROOT.glob("*/py.typed")]


def found() -> list[str]:
    """Every text inside a call of `prose` in the rooms; what Babel cannot read raises."""
    return [
        str(text)
        for room in ROOMS
        for _, _, text, _, _ in extract_from_dir(str(room), [("**.py", "python")], keywords={"prose": None})
    ]


def found_in_templates() -> list[str]:
    """Every text inside a call of `_` in the templates of pages."""
    return [
        str(text)
        for _, _, text, _, _ in extract_from_dir(str(ROOT / "web"), [("**.html", "jinja2")], keywords={"_": None})
    ]


def test_every_marked_text_has_its_chinese_and_every_entry_is_used() -> None:
    with CATALOGUE.open("rb") as file:
        entries = {entry.id: entry.string for entry in read_po(file, "zh") if entry.id}
    assert set(entries) == {*found(), *found_in_templates()}
    assert [
        text for text, chinese in entries.items() if not chinese or chinese.isascii() != text.isascii() is False
    ] == []


def test_extraction_finds_a_text_in_every_form_in_which_the_program_writes_one() -> None:
    calls = [line for room in ROOMS for file in room.rglob("*.py") for line in file.read_text("utf-8").splitlines()]
    written = sum(line.count("prose(") - line.count("def prose(") for line in calls)
    assert len(found()) == written, "a call whose text is not a constant is left out without a word"


def test_a_text_that_the_catalogue_does_not_have_stays_as_it_is() -> None:
    assert translated("never marked", "zh") == "never marked"
    assert translated("Data folder", "en") == "Data folder"
    assert translated("Data folder", "zh") == "数据目录"
    assert prose("same") == "same"
