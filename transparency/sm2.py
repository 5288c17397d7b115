"""SM2 keys with SM3 (GM/T 0003, GM/T 0004) for agencies' batches, beside Ed25519; an extra: `pip install jinbao[sm]`.

The log's own key and the witnesses' stay Ed25519, for the tools that others have. An SM2 key's vkey text has type 0xff,
which C2SP leaves to names of one's own, and `PREFIX` before the 64 bytes of the point. A signature has 64 bytes, r and
s, as Ed25519's has; the signer's id is the standard's own, `1234567812345678`. Trees stay those of RFC 6962, over
SHA-256.
"""

from __future__ import annotations

import base64
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinbao.transparency.check_proof import (
    LOG_SIGNATURE,
    NotValid,
    VerifierKey,
    decode_base64,
    is_name,
    parse_key,
)
from jinbao.transparency.signing import SigningKey, key_of_text, verify_fast

OWN_KIND = 0xFF
PREFIX = b"jinbao/sm2-sm3\n"
_POINT, _HALF, _SECRET = 64, 32, 32


def is_sm2(public: bytes) -> bool:
    """Whether a verifier key's bytes are those of an SM2 key."""
    return len(public) == len(PREFIX) + _POINT and public.startswith(PREFIX)


def is_there() -> bool:
    """Whether the library is installed."""
    return find_spec("gmssl_pyx") is not None


def need_library() -> Any:
    """The library. Raises NotValid where it is not installed."""
    if not is_there():
        raise NotValid("SM2 需要 gmssl-pyx：请安装 jinbao[sm]", "SM2 needs the library gmssl-pyx: install jinbao[sm]")
    return import_module("gmssl_pyx")


class Sm2SigningKey:
    """As `SigningKey`, of the kind SM2 with SM3."""

    def __init__(self, name: str, secret: bytes, point: bytes) -> None:
        """Raises NotValid where the library is not installed."""
        assert is_name(name)
        self._library, self._secret, self._point = need_library(), secret, point
        self.verifier = VerifierKey(name, OWN_KIND, PREFIX + point)

    def __str__(self) -> str:
        material = base64.b64encode(bytes([OWN_KIND]) + PREFIX + self._secret + self._point).decode()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.key_id.hex()}+{material}"

    def sign_bytes(self, message: bytes) -> bytes:
        """The 64 bytes of a signature over just this message."""
        return _raw(self._library.sm2_sign(self._secret, self._point, message))


AgencyKey = SigningKey | Sm2SigningKey
"""A key by which an agency signs its batches."""


def new_sm2_key(name: str) -> Sm2SigningKey:
    """A new key. Raises NotValid where the library is not installed."""
    point, secret = need_library().sm2_key_generate()
    return Sm2SigningKey(name, secret, point)


def read_agency_key(path: Path) -> AgencyKey:
    """The key of a file, of either kind. Raises OSError, and NotValid where it holds none."""
    text = path.read_text("utf-8").strip()
    parts = text.split("+", 4)
    with_kind = decode_base64(parts[-1])
    if with_kind[:1] != bytes([OWN_KIND]) or len(parts) != 5 or not is_name(parts[2]):
        return key_of_text(text, path)
    material = with_kind[1 + len(PREFIX) :]
    if with_kind[1:].startswith(PREFIX) and len(material) == _SECRET + _POINT:
        key = Sm2SigningKey(parts[2], material[:_SECRET], material[_SECRET:])
        if key.verifier.key_id.hex() == parts[3]:
            return key
    raise NotValid(f"{path} 不是签名私钥", f"{path} holds no signing key")


def parse_agency_key(text: str) -> VerifierKey:
    """A vkey's text, of an Ed25519 key that signs itself or of an SM2 key. Raises NotValid."""
    name, _, rest = text.partition("+")
    key_id, _, material = rest.partition("+")
    data = decode_base64(material)
    if data[:1] == bytes([OWN_KIND]) and is_sm2(data[1:]) and is_name(name):
        key = VerifierKey(name, OWN_KIND, data[1:])
        if key.key_id.hex() != key_id:
            raise NotValid(f"公钥的编号与内容不符：{text}", f"the key's id is not that of its bytes: {text}")
        return key
    key = parse_key(text)
    if key.kind != LOG_SIGNATURE:
        raise NotValid("公钥用途不符", "the key is of another kind")
    return key


def verify_agency(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a batch's signature holds, by a key of either kind. Raises NotValid where SM2's library is missing."""
    if not is_sm2(public):
        return verify_fast(public, signature, message)
    library = need_library()
    try:
        return bool(library.sm2_verify(public[len(PREFIX) :], message, _der(signature)))
    except (ValueError, library.GmsslInnerError, library.InvalidValueError):
        return False


def _raw(der: bytes) -> bytes:
    """r and s, 32 bytes each, of the SEQUENCE of two INTEGERs that the library gives."""
    found, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        found += der[at + 2 : at + 2 + length].lstrip(b"\0").rjust(_HALF, b"\0")
        at += 2 + length
    return found


def _der(raw: bytes) -> bytes:
    """The same back. Raises ValueError."""
    if len(raw) != 2 * _HALF:
        raise ValueError("a signature of SM2 has 64 bytes")
    body = b""
    for number in (raw[:_HALF], raw[_HALF:]):
        digits = number.lstrip(b"\0") or b"\0"
        digits = b"\0" + digits if digits[0] & 0x80 else digits
        body += b"\x02" + bytes([len(digits)]) + digits
    return b"\x30" + bytes([len(body)]) + body
