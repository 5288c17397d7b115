"""Exports in the log, by the digest of their manifests; and an export held against the log that it came from."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

from jinbao.platform.audit.log.verify import Verified
from jinbao.platform.audit.statements.statements import said, say
from jinbao.platform.store.store import Store
from jinbao.transparency.check_export import MANIFEST, TILES, check_export
from jinbao.transparency.check_proof import Policy

KIND = "exported"
_READ_MODELS = "read-models/"
_CODES = {f"{TILES}/checkpoint": "BAD_SIGNATURE"}
"""File → what it is called where it does not hold."""


class Exported(msgspec.Struct, frozen=True):
    """An export as it is logged."""

    by: str
    manifest: str
    """SHA-256 of the manifest, hexadecimal; it names every file by its own."""
    position: int
    """Of the last event in it."""


def log_export(store: Store, manifest: bytes, by: str, position: int, now_us: int) -> None:
    """Make an entry of an export. Raises StoreError."""
    say(store, KIND, Exported(by, sha256(manifest).hexdigest(), position), now_us)


def hold_against(store: Store, folder: Path, policy: Policy, found: Verified) -> None:
    """Hold an export against itself, a policy and the log; what does not hold is added to what was found.

    That its checkpoint is one of this log is not asked here: whoever verifies passes it as a checkpoint that was kept.
    Raises StoreError; OSError and ValueError where the export cannot be read.
    """
    told = check_export(folder, policy)
    if told["reason"] is not None:
        file, (zh, en) = told["file"], told["reason"]
        code = "PROJECTION_DIFFERS" if file.startswith(_READ_MODELS) else _CODES.get(file, "ENTRY_CHANGED")
        found.add(found.size, code, f"导出 {folder}：{zh}", f"export {folder}: {en}")
        return
    digest = sha256((folder / MANIFEST).read_bytes()).hexdigest()
    with store.read() as work:
        if all(one.body.manifest != digest for one in said(work.bulk, KIND, Exported)):
            zh, en = f"导出 {folder}：日志中没有此清单", f"export {folder}: the log has no entry of this manifest"
            found.add(found.size, "ENTRY_MISSING", zh, en)
