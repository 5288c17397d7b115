"""Turns an Avro schema into a Python function that reads a record's bytes, written out field by field.

A general reader asks at every value which schema it has, and for every byte of a number calls its stream; that takes
twice as long. Only what our messages use is known here, and the text comes from released schemas, never from a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Datum = dict[str, Any]
Read = Callable[[bytes], Datum]

_LONGEST_VARINT = 10
_BYTES_OF_AN_INSTANT = 8
_BYTES_OF_A_YEAR_AND_MONTH = 3
_KNOWN = ("null", "boolean", "int", "long", "string", "bytes", "record", "enum", "fixed", "array")


class UnknownToReader(TypeError):
    """A schema holds a type that no message of ours has: it must be read by a general reader."""


def reader(schema: Any, start: int) -> Read:
    """A function from a message's bytes to its record, whose own bytes begin at `start` and fill the rest.

    `schema`: a record without logical types, its named types defined once each. The function raises IndexError or
    ValueError where the bytes do not follow the schema to their end. Raises UnknownToReader.
    """
    writer = _Writer()
    value = writer.read(schema, 1)
    source = "\n".join(
        [
            "def read(b):",
            f" p = {start}",
            *writer.lines,
            " if p != len(b): raise ValueError('bytes are missing or left over')",
            f" return {value}",
        ]
    )
    scope: dict[str, Any] = {"number": _number, "length": _length, "blocks": _blocks}
    exec(compile(source, f"<reader of {schema['name']}>", "exec"), scope)
    read: Read = scope["read"]
    return read


class _Writer:
    """Writes statements that move `p` through the bytes `b`; each value read gets a variable of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._named: dict[str, Any] = {}
        self._variables = 0

    def read(self, schema: Any, depth: int) -> str:
        """Write what reads a value of the schema; returns the expression of the value."""
        if isinstance(schema, list):
            return self._union(schema, depth)
        if isinstance(schema, str):
            schema = self._named.get(schema.rpartition(".")[2], {"type": schema})
        kind = schema["type"]
        if kind not in _KNOWN:
            raise UnknownToReader(f"a schema of type {kind}")
        if "name" in schema:
            self._named[schema["name"].rpartition(".")[2]] = schema
        value: str = getattr(self, f"_{kind}")(schema, depth)
        return value

    def _write(self, depth: int, *lines: str) -> None:
        self.lines += [" " * depth + line for line in lines]

    def _variable(self) -> str:
        self._variables += 1
        return f"v{self._variables}"

    def _null(self, _schema: Any, _depth: int) -> str:
        return "None"

    def _boolean(self, _schema: Any, depth: int) -> str:
        v = self._variable()
        self._write(depth, f"{v} = (False, True)[b[p]]", "p += 1")
        return v

    def _long(self, _schema: Any, depth: int) -> str:
        return self._number(_BYTES_OF_AN_INSTANT, depth)

    def _int(self, _schema: Any, depth: int) -> str:
        return self._number(_BYTES_OF_A_YEAR_AND_MONTH, depth)

    def _number(self, most: int, depth: int) -> str:
        """A number in zigzag; so many bytes are added up on the spot, seven bits each, longer ones by a call."""
        v = self._variable()
        self._write(depth, f"{v} = b[p]", "p += 1")
        for n in range(1, most):
            more = 1 << 7 * n  # what the mark that another byte follows adds
            self._write(depth, f"if {v} >= {more}:")
            depth += 1
            self._write(depth, f"{v} += (b[p] << {7 * n}) - {more}", "p += 1")
        self._write(depth, f"if {v} >= {1 << 7 * most}: {v}, p = number(b, p - {most})")
        return f"({v} >> 1) ^ -({v} & 1)"

    def _length(self, depth: int) -> str:
        v = self._variable()
        self._write(depth, f"{v} = b[p]", "p += 1")
        self._write(depth, f"if {v} & 129: {v}, p = length(b, p - 1)", f"else: {v} >>= 1")
        return v

    def _bytes(self, _schema: Any, depth: int) -> str:
        v = self._length(depth)
        self._write(depth, f"{v} = b[p : (p := p + {v})]")
        return v

    def _string(self, schema: Any, depth: int) -> str:
        return f"{self._bytes(schema, depth)}.decode()"

    def _fixed(self, schema: Any, depth: int) -> str:
        v = self._variable()
        self._write(depth, f"{v} = b[p : (p := p + {int(schema['size'])})]")
        return v

    def _enum(self, schema: Any, depth: int) -> str:
        return f"{tuple(schema['symbols'])!r}[{self._length(depth)}]"

    def _record(self, schema: Any, depth: int) -> str:
        fields = [f"{field['name']!r}: {self.read(field['type'], depth)}" for field in schema["fields"]]
        v = self._variable()
        self._write(depth, f"{v} = {{{', '.join(fields)}}}")
        return v

    def _union(self, branches: list[Any], depth: int) -> str:
        v, which = self._variable(), self._length(depth)
        for index, branch in enumerate(branches):
            self._write(depth, f"{'el' if index else ''}if {which} == {index}:")
            value = self.read(branch, depth + 1)
            self._write(depth + 1, f"{v} = {value}")
        self._write(depth, "else: raise ValueError('no such branch')")
        return v

    def _array(self, schema: Any, depth: int) -> str:
        v = self._variable()
        counts, n = self._variable(), self._variable()
        self._write(depth, f"{v} = []", f"{n}, p = blocks(b, p)", f"while {n}:")
        self._write(depth + 1, f"for {counts} in range({n}):")
        item = self.read(schema["items"], depth + 2)
        self._write(depth + 2, f"{v}.append({item})")
        self._write(depth + 1, f"{n}, p = blocks(b, p)")
        return v


def _number(b: bytes, p: int) -> tuple[int, int]:
    """A variable-length number of at most 64 bits, still in zigzag, and where it ends."""
    number = shift = 0
    for end in range(p, p + _LONGEST_VARINT):
        byte = b[end]
        number |= (byte & 127) << shift
        if byte < 128:
            if number >> 64:
                break
            return number, end + 1
        shift += 7
    raise ValueError("a number of more than 64 bits")


def _length(b: bytes, p: int) -> tuple[int, int]:
    """A length or an index, and where it ends."""
    number, p = _number(b, p)
    if number & 1:
        raise ValueError("a negative length")
    return number >> 1, p


def _blocks(b: bytes, p: int) -> tuple[int, int]:
    """How many items the next block of an array has, 0 after the last, and where they begin."""
    number, p = _number(b, p)
    if number & 1:  # a negative count: the block's size in bytes follows
        _, p = _length(b, p)
    return (number + 1) >> 1, p
