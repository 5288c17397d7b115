"""Keys that sign notes: the log's own Ed25519 key, and witnesses' with the time at which they saw a checkpoint.

Witnesses sign with type 0x04 (Ed25519), not 0x06 (ML-DSA-44): the tools that auditors have (`torchwood`, litewitness)
and a checker of nothing but the standard library know the first; a line of the second beside it is passed over, as the
format asks, so it can be added before the first is given up.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jinbao.transparency.check_proof import (
    COSIGNATURE,
    LOG_SIGNATURE,
    NotValid,
    VerifierKey,
    decode_base64,
    is_name,
)


class SigningKey:
    """A private key of that name and kind. Its file holds one line, `PRIVATE+KEY+name+id+base64`, as Go's notes do."""

    def __init__(self, name: str, seed: bytes, kind: int = LOG_SIGNATURE) -> None:
        """`seed`: 32 bytes."""
        assert is_name(name)
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, kind, self._key.public_key().public_bytes_raw())

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.verifier.kind]) + self._seed).decode()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.key_id.hex()}+{material}"

    def sign_bytes(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature over just this message."""
        return self._key.sign(message)

    def line(self, text: str, time_s: int = 0) -> str:
        """The signature line over a note's text. `time_s`: when a witness saw it, seconds since 1970 UTC."""
        time = time_s.to_bytes(8) if self.verifier.kind == COSIGNATURE else b""
        message, _ = self.verifier.signed_message(text, time)
        signed = self.verifier.key_id + time + self._key.sign(message)
        return f"— {self.verifier.name} {base64.b64encode(signed).decode()}\n"

    def sign(self, text: str, time_s: int = 0) -> str:
        """The signed note of a text that ends with a newline."""
        return f"{text}\n{self.line(text, time_s)}"


def new_log_key(prefix: str) -> SigningKey:
    """A log's new key. Its name, the log's origin, ends with what no other log has, whatever their seeds."""
    return SigningKey(f"{prefix}/{os.urandom(8).hex()}", os.urandom(32))


def read_key(path: Path) -> SigningKey:
    """The key of a file. Raises OSError, and NotValid where it holds none."""
    return key_of_text(path.read_text("utf-8").strip(), path)


def key_of_text(text: str, path: Path) -> SigningKey:
    """The key that the text of that file is. Raises NotValid."""
    parts = text.split("+", 4)
    material = decode_base64(parts[-1])
    if parts[:2] == ["PRIVATE", "KEY"] and len(parts) == 5 and len(material) == 33 and is_name(parts[2]):
        key = SigningKey(parts[2], material[1:], material[0])
        if key.verifier.key_id.hex() == parts[3]:
            return key
    raise NotValid(f"{path} 不是签名私钥", f"{path} holds no signing key")


@lru_cache(maxsize=256)
def verify_fast(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature holds, by the `cryptography` library: for many of them.

    Remembered for a while: 32 adapters in one process hold the same checkpoint against the same signature.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
