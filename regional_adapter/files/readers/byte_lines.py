"""Lines of a file as bytes, a block at a time, whatever ends them: LF, CR LF, CR, or several of these.

No byte of a line end can be part of another character in UTF-8 or GB18030, so a line is found before it is decoded, and
a byte that no character has spoils its own line only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import UnreadableFileError

BLOCK_BYTES = 1 << 18
MAX_LINE_BYTES = 1 << 18
"""Of a longer line only the beginning is kept; no record of a form comes near it."""
_FIRST_IDEOGRAPH = "\u2e80"
_FIRST_BYTE = _FIRST_IDEOGRAPH.encode()[:1]
"""With which, or a greater one, an ideograph begins in UTF-8: few characters of GB18030 do."""
_ASCII = bytes(range(128))
_END_OF_TEXT = b"\x1a"
"""What DOS programs write at the end."""


class Block(NamedTuple):
    """Lines that follow one another, each with its end."""

    lines: list[bytes]
    is_last: bool
    """Whether the file ends with them; the last of them may then lack its end."""


def blocks_of(file: Path, last_line: int | None = None) -> Iterator[Block]:
    """The file's lines, to `last_line` where it is named; the last block may be empty. Raises UnreadableFileError."""
    before = 0
    for block in _blocks(file):
        if last_line is not None and before + len(block.lines) >= last_line:
            yield Block(block.lines[: last_line - before], True)
            return
        yield block
        before += len(block.lines)


def _blocks(file: Path) -> Iterator[Block]:
    rest = b""
    try:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                data = rest + block
                lines = data.splitlines(keepends=True)
                rest = b"" if data.endswith(b"\n") else lines.pop()[:MAX_LINE_BYTES]
                if lines:
                    yield Block(lines, False)
    except OSError as error:
        raise UnreadableFileError(file, *system_reason(error)) from None
    yield Block([rest] if rest.rstrip(_END_OF_TEXT) else [], True)


def lines_of(file: Path) -> Iterator[tuple[int, bytes]]:
    """The file's lines with their numbers. Raises UnreadableFileError where it cannot be read."""
    return enumerate((line for block in blocks_of(file) for line in block.lines), 1)


def is_utf8_instead(line: bytes, encoding: str) -> bool:
    """Whether bytes that should be GB18030 are UTF-8: they would decode to other Chinese characters without an error.

    Two or more ideographs, and nothing else that is not ASCII: by chance a row of GB18030 is so once in a million.
    """
    if encoding != "gb18030" or line.translate(None, _ASCII) < _FIRST_BYTE:
        return False
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if not character.isascii()]
    return len(foreign) > 1 and min(foreign) >= _FIRST_IDEOGRAPH


def has_its_end(line: bytes) -> bool:
    """Whether a line is whole."""
    return line.endswith((b"\n", b"\r"))
