"""Versions of mappings that files were imported by: each is kept, and never means anything else again."""

from __future__ import annotations

import re
from pathlib import Path

from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, WrongMappingError, load_mapping
from jinbao.regional_adapter.files.mapping.shapes import Problem
from jinbao.storage.sqlite_file import make_private

_NOT_IN_NAMES = re.compile(r"[^\w.-]")


def keep_version(folder: Path, file: Path, mapping: Mapping) -> None:
    """Keep the mapping in `file` as its version's. Raises WrongMappingError where that version was used as another one.

    Comments and the order of keys do not matter.
    """
    kept = folder / f"{_NOT_IN_NAMES.sub('_', mapping.name)}-{mapping.version}.toml"
    if kept.exists():
        if load_mapping(kept) != mapping:
            zh = f"版本 {mapping.version} 用过后又改了，请用更大的版本号"
            en = f"version {mapping.version} was used and changed since: give a greater one"
            raise WrongMappingError([Problem("version", (zh, en), str(mapping.version + 1))])
        return
    draft = kept.with_name(kept.name + ".part")
    make_private(draft)
    draft.write_bytes(file.read_bytes())
    draft.replace(kept)
