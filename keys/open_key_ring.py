"""Opens the key ring of a data folder, and refuses to make a new one in the place of one that was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyRingRefused
from jinbao.keys.master_key import wrapping_keys
from jinbao.keys.ring_file import explained
from jinbao.storage.sqlite_file import make_private

RING, MASTER = "keys.sqlite", "master.key"
"""Names of the files in a data folder."""


def open_key_ring(
    folder: Path,
    *,
    seed: int | None = None,
    environ: Mapping[str, str] | None = None,
    expected: str | None = None,
) -> EmbeddedKeyRing:
    """The ring in `folder`: `keys.sqlite`, and `master.key` unless JINBAO_MASTER_KEY is set. Raises KeyRingError.

    `expected`: the identity of the ring that bus or adapter have worked with. A new ring is made only where nothing
    speaks of an earlier one: under another ring every person would have another relationship. One that a seed derives
    is the same again, and may be made again.
    """
    file, master = folder / RING, folder / MASTER

    def look() -> Sequence[bytes]:
        return wrapping_keys(master, environ)

    with explained(file):
        is_new = not file.exists() or file.stat().st_size == 0
        if is_new and seed is None:
            _need_no_earlier(file, master, expected)
        make_private(file)  # before the master key: one that lies alone has lost its ring
    ring = EmbeddedKeyRing(file, *wrapping_keys(master, environ, make=is_new), seed=seed, look_again=look)
    if expected not in (None, ring.identity):
        ring.close()
        raise KeyRingRefused(
            f"{file} 不是这条总线及其适配器一直使用的钥匙串，用它会让人换成另一个关系。"
            "请恢复原来的（jinbao keys restore FILE），或另选目录或总线",
            f"{file} is not the key ring that this bus and its adapters have worked with: its persons would have other "
            f"relationships. Put the right one back (jinbao keys restore FILE), or name another folder or bus",
        )
    return ring


def _need_no_earlier(file: Path, master: Path, expected: str | None) -> None:
    """Raise KeyRingRefused where a ring is missing that bus, adapters or a master key have worked with."""
    if expected is not None:
        trace = ("这条总线及其适配器用过钥匙串", "this bus and its adapters have worked with one")
    elif master.exists() and not file.exists():
        trace = (f"它的主密钥 {master} 还在", f"its master key {master} is there")
    else:
        return
    raise KeyRingRefused(
        f"没有钥匙串 {file}，而{trace[0]}；新建会让每个人换成另一个关系。"
        "请用备份恢复（jinbao keys restore FILE），或另选目录和总线",
        f"the key ring {file} is missing, though {trace[1]}; a new one would give every person another relationship. "
        "Put a backup back: jinbao keys restore FILE; or name a new folder and a new bus",
    )
