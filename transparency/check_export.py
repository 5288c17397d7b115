"""Checker of an export: Python's standard library and `check_proof.py`, which lies beside it, and nothing else.

    python3 check_export.py DIR --policy POLICY

It holds every file against the manifest, makes the log's root anew of the exported entries, and holds that against the
checkpoint, its signatures against the policy. It prints JSON: exit 0 where all holds, 1 where something does not, 2
where it cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __package__:
    from jinbao.transparency.check_proof import (
        NotValid,
        Policy,
        leaf_hash,
        node_hash,
        parse_checkpoint,
        parse_note,
        parse_policy,
    )
else:
    from check_proof import (  # type: ignore[import-not-found, no-redef]
        NotValid,
        Policy,
        leaf_hash,
        node_hash,
        parse_checkpoint,
        parse_note,
        parse_policy,
    )

TILES, MANIFEST, WIDTH = "tiles", "manifest.json", 256


def exported_entries(folder: Path, size: int) -> Iterator[bytes]:
    """The entries of the bundles below a folder, in order. Raises NotValid, OSError."""
    for number in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - number * WIDTH)
        digits = f"{number:03d}"
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        *above, last = (digits[i : i + 3] for i in range(0, len(digits), 3))
        path = folder.joinpath("tile", "entries", *(f"x{part}" for part in above), last)
        data = (path if width == WIDTH else path.with_name(f"{last}.p") / str(width)).read_bytes()
        at = found = 0
        while at + 2 <= len(data) and found < width:
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            yield data[at + 2 : end]
            at, found = end, found + 1
        if at != len(data) or found != width:
            raise NotValid(f"条目集 {number} 长度不对", f"bundle {number} of entries has not the length that it should")


def root_of(entries: Iterator[bytes]) -> bytes:
    """The root over entries, which are read one by one."""
    complete: list[tuple[int, bytes]] = []
    for entry in entries:
        level, found = 0, leaf_hash(entry)
        while complete and complete[-1][0] == level:
            level, found = level + 1, node_hash(complete.pop()[1], found)
        complete.append((level, found))
    if not complete:
        return hashlib.sha256().digest()
    root = complete.pop()[1]
    while complete:
        root = node_hash(complete.pop()[1], root)
    return root


def check_export(folder: Path, policy: Policy) -> dict[str, Any]:
    """Hold an export against its manifest and a policy. `reason`: words in both languages, None where it is valid.

    `file`: the one in which it lies.

    Raises OSError and ValueError where files cannot be read.
    """
    found: dict[str, Any] = {"valid": False, "origin": None, "size": None, "root": None, "cosigned_by": [], "files": 0}
    found["file"] = None
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        for each in manifest["files"]:
            if _digest(folder / each["file"]) != each["sha256"]:
                found["file"] = each["file"]
                raise NotValid(f"{each['file']} 与清单不符", f"{each['file']} is not the one of the manifest")
            found["files"] += 1
        known = {MANIFEST, *(each["file"] for each in manifest["files"])}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            if name not in known and path.parent.name != "__pycache__":  # Python's own, of the two checkers
                found["file"] = name
                raise NotValid(f"清单中没有 {name}", f"{name} is not in the manifest")
        found["file"] = f"{TILES}/checkpoint"
        note = parse_note((folder / TILES / "checkpoint").read_text("utf-8"))
        checkpoint = parse_checkpoint(note.text)
        found |= {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        if not note.signed_by([policy.log(checkpoint.origin)]):
            raise NotValid("检查点没有日志的签名", "the checkpoint is not signed by its log")
        found["cosigned_by"] = policy.cosigned_by(note)
        if not policy.is_enough(found["cosigned_by"]):
            raise NotValid("见证签名不足", "too few witnesses have cosigned")
        found["file"] = TILES
        if root_of(exported_entries(folder / TILES, checkpoint.size)) != checkpoint.root:
            raise NotValid("条目与检查点的根不符", "the entries do not give the checkpoint's root")
        told = (manifest["origin"], manifest["size"], manifest["root"])
        if told != (checkpoint.origin, checkpoint.size, checkpoint.root.hex()):
            raise NotValid("清单与检查点不符", "the manifest does not name this checkpoint")
        return found | {"valid": True, "file": None, "reason": None}
    except NotValid as error:
        return found | {"reason": error.words}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def main() -> int:
    """The program: one export against one policy."""
    parser = argparse.ArgumentParser(description="Check an export of the log against its manifest and a policy.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policy", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        policy = parse_policy(arguments.policy.read_text("utf-8", "surrogateescape"))
        found = check_export(arguments.folder, policy)
    except (OSError, ValueError, KeyError, NotValid) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found | {"reason": found["reason"] and found["reason"][1]}, ensure_ascii=False))
    return 0 if found["valid"] else 1


if __name__ == "__main__":
    sys.exit(main())
