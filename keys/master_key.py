"""The master key that wraps all others: from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jinbao.keys.key_ring import KeyRingRefused
from jinbao.storage.new_file import write_new

VARIABLE = "JINBAO_MASTER_KEY"
NEW_VARIABLE = "JINBAO_NEW_MASTER_KEY"
"""Holds the next one while it is changed (`jinbao.keys.rotation`)."""
MIN_BYTES = 32


def wrapping_keys(file: Path, environ: Mapping[str, str] | None = None, *, make: bool = False) -> tuple[bytes, ...]:
    """The 64-byte wrapping keys (AES-256-SIV) that may open the ring, each derived from a master key.

    The master key is the environment's JINBAO_MASTER_KEY (base64 of at least 32 bytes), else the file's, which is
    made with mode 0600 if `make`; a second one is the draft beside it, which a change of the master key left that was
    killed before its end. Raises KeyRingRefused.
    """
    text = (os.environ if environ is None else environ).get(VARIABLE)
    if text is not None:
        return (decoded(text, VARIABLE),)
    if make and not file.exists():
        create(file)
    found = []
    for each in (file, draft_of(file)):
        with suppress(FileNotFoundError):
            found.append(decoded(read_private(each), str(each)))
    if not found:
        raise KeyRingRefused(
            f"没有主密钥：请放回 {file}，或设置 {VARIABLE}",
            f"the master key is missing: put {file} back, or set {VARIABLE}",
        )
    return tuple(found)


def draft_of(file: Path) -> Path:
    """Where the next master key lies until everything is wrapped by it."""
    return file.with_name(f"{file.name}.next")


def decoded(text: str, where: str) -> bytes:
    """The wrapping key of a master key in base64; `where` it stands, for the message. Raises KeyRingRefused."""
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        master = b""
    if len(master) < MIN_BYTES:
        raise KeyRingRefused(
            f"{where} 应为至少 {MIN_BYTES} 字节的 base64：`openssl rand -base64 {MIN_BYTES}`",
            f"{where} must hold base64 of at least {MIN_BYTES} bytes: `openssl rand -base64 {MIN_BYTES}`",
        )
    return _wrapping_key(master)


def read_private(file: Path) -> str:
    """The file's text. Raises KeyRingRefused where others could read it."""
    with file.open("rb") as handle:
        mode = stat.S_IMODE(os.fstat(handle.fileno()).st_mode)
        if mode & 0o077:
            raise KeyRingRefused(
                f"{file} 的权限为 {mode:04o}，别人读得到；请运行 `chmod 600 {file}`",
                f"{file} has mode {mode:04o}: others could read it; run `chmod 600 {file}`",
            )
        return handle.read(4096).decode("ascii", "replace")


def create(file: Path) -> None:
    """Write a new master key: of two processes one wins, and both read it."""
    write_new(file, base64.b64encode(secrets.token_bytes(MIN_BYTES)) + b"\n")


def _wrapping_key(master: bytes) -> bytes:
    return HKDF(algorithm=SHA512(), length=64, salt=None, info=b"jinbao key ring").derive(master)
