"""Damage to an input's bytes, whatever its format, and bytes that never were one."""

from __future__ import annotations

from random import Random

_SPLICES = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b'"',
    b"\x1a",
    b"\xa8\xbc",
    b"\xfe\x59",
    b"\x81",
    b"<!DOCTYPE d [<!ENTITY x '9999'>]>",
    b"<!--",
    b"]]>",
    b"{",
    b'"a":1,',
    b"PK\x05\x06",
    b"9" * 300,
    b"\xed\xa0\x80",
)
_MOST_NOISE = 600
_ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "utf-8-sig")


def damaged(random: Random, data: bytes) -> bytes:
    """The bytes cut, flipped, spliced, doubled in part, or in another encoding."""
    at = random.randrange(len(data) + 1)
    match random.randrange(7):
        case 0:
            return data[:at]
        case 1 if data:
            flipped = bytearray(data)
            for _ in range(random.choice((1, 1, 2, 8))):
                flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
            return bytes(flipped)
        case 2:
            return data[:at] + random.choice(_SPLICES) + data[at:]
        case 3:
            end = at + random.randrange(1, 64)
            return data[:end] + data[at:]
        case 4:
            return data[:at] + data[at + random.randrange(1, 64) :]
        case 5:
            return data.replace(b"\r\n", random.choice((b"\n", b"\r", b"\n\r"))) + random.choice((b"", b"\n\n", b" "))
    return _reencoded(random, data)


def _reencoded(random: Random, data: bytes) -> bytes:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.encode(random.choice(_ENCODINGS), "replace")
    return data


def noise(random: Random, data: bytes) -> bytes:
    """Random bytes, behind the beginning of a real input or not."""
    kept = data[: random.randrange(64)] if random.random() < 0.5 else b""
    return kept + random.randbytes(random.randrange(_MOST_NOISE))
