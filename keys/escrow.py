"""Escrow of the master key: three holders have a share each, any two give it back, one alone knows nothing of it.

Shamir's scheme of degree one over the integers modulo 2^521 - 1: a share is a point of a line whose height at 0 is the
master key. The other coefficient is random, so one point fits every master key as well.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jinbao.keys.key_ring import KeyRingRefused
from jinbao.keys.master_key import VARIABLE, decoded, draft_of, read_private, wrapping_keys
from jinbao.keys.open_key_ring import MASTER, RING
from jinbao.keys.ring_file import connect, explained, fitting, master_generation, present
from jinbao.language.words import Words

HOLDERS, NEEDED = 3, 2
PRIME = 2**521 - 1
LONGEST_MASTER = 64
"""Bytes of a master key that fits below the prime, behind a byte that keeps its zeroes."""
_SHARE = re.compile(
    r"jinbao master key share 1\nset ([0-9a-f]{16})\nmaster key ([0-9]{1,9})\nholder ([123])\n"
    r"value ([0-9a-f]{132})\ncheck ([0-9a-f]{16})\n?"
)


class Share(NamedTuple):
    """What one holder keeps."""

    group: str
    """Random; shares that were made together have the same."""
    master_key: int
    """Number of the ring's master key."""
    holder: int
    value: int

    def __str__(self) -> str:
        text = f"jinbao master key share 1\nset {self.group}\nmaster key {self.master_key}\nholder {self.holder}\n"
        text += f"value {self.value:0132x}\n"
        return f"{text}check {_check(text)}\n"


def _check(text: str) -> str:
    """Tells a slip of the pen; it says nothing that the share does not."""
    return sha256(text.encode()).hexdigest()[:16]


def escrow(folder: Path, environ: Mapping[str, str] | None = None) -> list[Share]:
    """Shares of the master key in force, new ones each time. Raises KeyRingError where it does not open the ring."""
    environ = os.environ if environ is None else environ
    ring = folder / RING
    if not ring.is_file():
        raise KeyRingRefused(f"{ring}：没有钥匙串", f"{ring}: there is no key ring")
    with explained(ring), closing(connect(ring)) as db:
        master, generation = _master_in_force(folder, environ), master_generation(db)
        if present(db, [decoded(master, str(folder / MASTER))]) is None:
            raise KeyRingRefused(
                f"{ring} 用此主密钥打不开：请给出最近换成的主密钥",
                f"{ring} does not open with this master key: give the one that it was last changed to",
            )
    secret = base64.b64decode(master)
    if len(secret) > LONGEST_MASTER:
        raise KeyRingRefused(
            f"主密钥长于 {LONGEST_MASTER} 字节，不能托管：请先更换",
            f"the master key is longer than {LONGEST_MASTER} bytes and cannot be escrowed: change it first",
        )
    value = int.from_bytes(b"\x01" + secret)
    slope, group = secrets.randbelow(PRIME), secrets.token_hex(8)
    return [Share(group, generation, holder, (value + slope * holder) % PRIME) for holder in range(1, HOLDERS + 1)]


def _master_in_force(folder: Path, environ: Mapping[str, str]) -> str:
    """Its base64. Raises KeyRingRefused where there is none, or a change of it was left half done."""
    wrapping_keys(folder / MASTER, environ)
    if VARIABLE in environ:
        return environ[VARIABLE].strip()
    if draft_of(folder / MASTER).exists():
        raise KeyRingRefused(
            "主密钥的更换尚未完成：请先运行 jinbao keys rotate",
            "a change of the master key was not finished: run jinbao keys rotate first",
        )
    return read_private(folder / MASTER).strip()


def read_share(text: str, where: str) -> Share:
    """A share as it was written. Raises KeyRingRefused."""
    found = _SHARE.fullmatch(text.replace("\r\n", "\n"))
    if found is None:
        raise _refused(where, ("不是主密钥份额", "not a share of a master key"))
    group, generation, holder, value, _ = found.groups()
    share = Share(group, int(generation), int(holder), int(value, 16))
    if str(share).split() != text.split() or share.value >= PRIME:
        raise _refused(where, ("抄写有误，校验不符", "it was copied with a slip: its check does not fit"))
    return share


def _refused(where: str, words: Words) -> KeyRingRefused:
    return KeyRingRefused(f"{where}：{words[0]}", f"{where}: {words[1]}")


def recover(folder: Path, shares: Sequence[Share]) -> Path:
    """Put the master key back as `master.key`, once it opens the ring that lies there. Raises KeyRingError."""
    ring, file = folder / RING, folder / MASTER
    if len({share.holder for share in shares}) < NEEDED or len({share.group for share in shares}) != 1:
        raise KeyRingRefused("需要同一次托管的两份不同份额", "two different shares are needed, of the same escrow")
    if file.exists():
        raise KeyRingRefused(f"{file} 已在：请先移开", f"{file} is there: move it aside first")
    if not ring.is_file():
        raise KeyRingRefused(f"{ring}：没有钥匙串", f"{ring}: there is no key ring")
    text = _master_of(shares)
    with explained(ring), closing(connect(ring)) as db:
        if text is None or fitting(db, [decoded(text, "escrow")]) is None:
            raise KeyRingRefused(
                f"份额属于第 {shares[0].master_key} 个主密钥，打不开 {ring}（第 {master_generation(db)} 个）",
                f"the shares are of master key number {shares[0].master_key} and do not open {ring}, "
                f"which has number {master_generation(db)}",
            )
    with explained(ring), os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(f"{text}\n")
        handle.flush()
        os.fsync(handle.fileno())
    return file


def _master_of(shares: Sequence[Share]) -> str | None:
    """The line through two points, at 0; None where that is no master key."""
    one, other = sorted({share.holder: share for share in shares}.values(), key=lambda share: share.holder)[:NEEDED]
    over = pow(other.holder - one.holder, -1, PRIME)
    value = (one.value * other.holder - other.value * one.holder) * over % PRIME
    data = value.to_bytes((value.bit_length() + 7) // 8)
    if data[:1] != b"\x01":
        return None
    try:
        return base64.b64encode(data[1:]).decode()
    except binascii.Error:
        return None
