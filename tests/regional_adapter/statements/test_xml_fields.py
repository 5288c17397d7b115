"""Texts at known places: the same as asked for path by path, whatever the shape of the elements."""

from __future__ import annotations

from random import Random

from lxml import etree

from jinbao.regional_adapter.statements.xml_fields import Fields, Places

SPACE = "urn:test"
NAMES = ("Amt", "A", "B", "P")
WHERE = {"amount": "Amt", "one": "A", "two": "A/B", "either": "B/A|B"}
REPEATED = "A/Amt"


def tree(draw: Random, name: str, depth: int) -> str:
    below = draw.choice((0, 0, 1, 2, 3)) if depth else 0
    inside = "".join(draw.choice(("", " x ", "ü")) + tree(draw, draw.choice(NAMES), depth - 1) for _ in range(below))
    return f'<{name} Ccy="{draw.choice("XYZ")}">{inside}{draw.choice(("", "1", "8.85 "))}</{name}>'


def asked_one_by_one(element: etree._Element) -> tuple[dict[str, str], list[str]]:
    """The same by XPath."""

    def find(path: str) -> list[etree._Element]:
        return list(element.findall("/".join(f"{{{SPACE}}}{name}" for name in path.split("/"))))

    def text(one: etree._Element) -> str:
        return "".join(one.itertext()).strip()

    said = {}
    for name, paths in WHERE.items():
        first = next((found[0] for path in paths.split("|") if (found := find(path))), None)
        said[name] = "" if first is None else text(first)
    said["currency"] = amounts[0].get("Ccy", "") if (amounts := find("Amt")) else ""
    return said, list(filter(None, map(text, find(REPEATED))))


def test_places_are_read_as_if_each_was_asked_for() -> None:
    draw, places = Random(7), Places(REPEATED, **WHERE)
    fields = Fields(SPACE, places, "P", places)
    for _ in range(2_000):
        element = etree.fromstring(f'<Root xmlns="{SPACE}">{"".join(tree(draw, n, 3) for n in NAMES * 2)}</Root>')
        own, parts = fields.of(element)
        assert own == asked_one_by_one(element)
        assert parts == [asked_one_by_one(part) for part in element.findall(f"{{{SPACE}}}P")]


def test_an_element_without_any_of_them_says_nothing() -> None:
    fields = Fields(SPACE, Places(amount="Amt"))
    assert fields.of(etree.fromstring("<Root><Amt>1</Amt></Root>")) == (({"amount": "", "currency": ""}, []), [])


def test_a_long_batch_is_read_like_a_short_one() -> None:
    fields = Fields(SPACE, Places(amount="Amt"), "P", Places(amount="Amt"))
    parts = "".join(f"<P><Amt>{number}</Amt></P>" for number in range(1_000))
    _, found = fields.of(etree.fromstring(f'<Root xmlns="{SPACE}">{parts}</Root>'))
    assert [said["amount"] for said, _ in found] == [str(number) for number in range(1_000)]
