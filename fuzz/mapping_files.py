"""Fuzz target: the mapping file itself. One that is taken must also read a sample without breaking."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from jinbao.fuzz.noise import damaged, noise
from jinbao.fuzz.province_files import EXAMPLES, TODAY
from jinbao.fuzz.target import FuzzInput, FuzzResult, InvariantBroken
from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError, load_mapping
from jinbao.regional_adapter.files.mapping_check import check_file

_WORDS = (
    '"csv"',
    '"xlsx"',
    '"xml"',
    '"dbf"',
    '"fixed-width"',
    '"json-lines"',
    '"utf-8"',
    '"gbk"',
    '"utf-16"',
    '""',
    '"\\u0000"',
    '"|"',
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "1.5",
    "nan",
    "true",
    "2025-01-01",
    "2025-01-01T00:00:00Z",
    "[]",
    "[[]]",
    "{}",
    "[1, 2]",
    '["YYYYMMDD"]',
    '{ field = "姓名" }',
    '"姓名"',
    '"金额(元)"',
)
"""Values that may stand where another one stood."""
_BOMBS = ("a = " + "[" * 2_000, ".".join("a" * 500) + " = 1\n", "a = " + "{b=" * 500)


class MappingFile:
    """TOML that says how a province writes."""

    name = "mapping"
    share = 1
    reads_file = True

    def draw(self, random: Random) -> FuzzInput:
        """An example's mapping with a value or name changed, a line doubled or dropped, damaged bytes, or noise."""
        data = random.choice(_examples())
        kind = random.random()
        if kind < 0.12:
            data = damaged(random, data)
        elif kind < 0.16:
            data = noise(random, data)
        elif kind < 0.17:
            data += random.choice(_BOMBS).encode()
        else:
            lines = data.decode().splitlines()
            for _ in range(random.choice((0, 1, 1, 2))):
                _change(random, lines)
            data = "\n".join(lines).encode()
        return FuzzInput(data, ".toml")

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """Load it, and read a sample by it."""
        try:
            mapping = load_mapping(file)
        except WrongMappingError as error:
            if not error.problems or not all(all(one.problem) for one in error.problems):
                raise InvariantBroken("a mapping is refused without a reason") from None
            return FuzzResult("rejected", past_decoding=any(one.path for one in error.problems))
        check_file(_sample(mapping.format), mapping, TODAY)
        return FuzzResult("accepted", past_decoding=True)


def _change(random: Random, lines: list[str]) -> None:
    at = random.randrange(len(lines))
    name, equals, value = lines[at].partition(" = ")
    match random.randrange(6):
        case 0:
            del lines[at]
            lines.append("")
        case 1:
            lines.insert(at, lines[at])
        case 2 if equals:
            place = random.randrange(len(name) + 1)
            lines[at] = f"{name[:place]}{random.choice('x一_.')}{name[place:]}{equals}{value}"
        case 3:
            other = random.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case _ if equals:
            lines[at] = f"{name}{equals}{random.choice(_WORDS)}"


@cache
def _examples() -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in sorted(EXAMPLES.glob("*/mapping.toml")))


@cache
def _sample(format_: str) -> Path:
    """A short file of the format."""
    name = {"csv": "csv-utf8", "xml": "xml-gb18030", "xls": "xlsx"}.get(format_, format_)
    return next(EXAMPLES.glob(f"{name}/bank-slips.*"))
