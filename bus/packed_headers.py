"""A record's headers in one piece, unpacked only when somebody asks: packed by us, or as Kafka's batches have them.

Ours is a MessagePack array, whose first byte is 128 or more. Kafka's (a count, then name and value after their lengths)
begins with a byte below that, as long as there are fewer than 64 headers; with more of them they are packed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

Headers = tuple[tuple[str, bytes], ...]
"""Name and value of each, in order; a name may come again."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Headers).decode
NO_HEADERS = _pack(())
_OURS = 128


def pack_headers(headers: Sequence[tuple[str, bytes]]) -> bytes:
    """Headers in one piece, as a record carries them: a batch of separate names and values would fill the caches."""
    return _pack(headers) if headers else NO_HEADERS


def keep_kafka_headers(piece: bytes) -> bytes:
    """What a Kafka record has after its value, as a record carries it. Raises ValueError where many are no headers."""
    if piece[0] < _OURS:
        return piece if piece != b"\0" else NO_HEADERS
    return pack_headers(_kafka_headers(piece))


def unpack_headers(packed: bytes) -> Headers:
    """The headers of such a piece. Raises ValueError where it is none, which a broker refuses."""
    return _unpack(packed) if packed[0] >= _OURS else _kafka_headers(packed)


def names_header(packed: bytes, name: str) -> bool:
    """False where no header has this name, without unpacking; True where one may have it."""
    return name.encode() in packed


def ends_with_its_only(packed: bytes, name: str, value: bytes) -> bool:
    """Whether the last header is this one, and no other has its name, without unpacking.

    Also True where the last value happens to end like that and no header has the name.
    """
    key = name.encode()
    header = _pack((name, value)) if packed[0] >= _OURS else _piece(key) + _piece(value)
    return packed.endswith(header) and packed.count(key) == 1


def value_of(packed: bytes, name: str) -> bytes | None:
    """The value of the only header of this name, mostly without unpacking; None where there is none, or several."""
    key = name.encode()
    found = packed.count(key)
    if found == 1:
        return _value_after(packed, packed.index(key), key)
    values = [value for other, value in unpack_headers(packed) if other == name] if found else []
    return values[0] if len(values) == 1 else None


_AFTER_KEY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
"""MessagePack's first byte of bytes → how many bytes their length takes."""


def _value_after(packed: bytes, at: int, key: bytes) -> bytes | None:
    """The bytes behind a name; None where they cannot be read, or what looks like a name is part of a value."""
    end = at + len(key)
    try:
        if packed[0] < _OURS:
            value, behind = piece_at(packed, end)
            is_name = packed.endswith(_piece(key), 0, end)
        else:
            width = _AFTER_KEY[packed[end]]
            start = end + 1 + width
            behind = start + int.from_bytes(packed[end + 1 : start])
            value = packed[start:behind]
            is_name = packed[at - 1] == 0xA0 | len(key)
    except (IndexError, KeyError, ValueError):
        return None
    return value if is_name and behind <= len(packed) else None


def number_at(b: bytes, p: int) -> tuple[int, int]:
    """A number as Kafka writes it, in zigzag of at most ten bytes, and where it ends."""
    n = b[p]
    p += 1
    if n > 127:
        n &= 127
        for shift in range(7, 70, 7):
            byte = b[p]
            p += 1
            n |= (byte & 127) << shift
            if byte < 128:
                break
        else:
            raise ValueError("a number that does not end")
    return (n >> 1) ^ -(n & 1), p


def piece_at(b: bytes, p: int) -> tuple[bytes, int]:
    """Bytes after their length, empty where there are none, and where they end."""
    n, p = number_at(b, p)
    return (b"", p) if n < 0 else (b[p : p + n], p + n)


def _kafka_headers(b: bytes) -> Headers:
    """Names that are no UTF-8, which brokers let pass, are told as far as they are."""
    try:
        count, p = number_at(b, 0)
        headers = []
        for _ in range(count):
            name, p = piece_at(b, p)
            value, p = piece_at(b, p)
            headers.append((name.decode(errors="replace"), value))
    except IndexError:
        raise ValueError("headers that end too early") from None
    if p != len(b):
        raise ValueError("bytes are left over after the headers")
    return tuple(headers)


def _piece(body: bytes) -> bytes:
    n, length = len(body) << 1, bytearray()
    while n > 127:
        length.append(n & 127 | 128)
        n >>= 7
    length.append(n)
    return bytes(length) + body
