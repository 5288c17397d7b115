"""Holds the folder of schemas against its list of hashes, and every version against every other.

A committed file is released: it never changes again. What is to change comes as a new version, which old readers must
be able to read and whose readers must be able to read the old (full transitive compatibility).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinbao.schemas.registry import AVRO, Release, SchemaError, load_release, schema_files
from jinbao.schemas.resolution import invalid_defaults, obstacles

HASH_FILE = "released.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one file."""

    file: str
    reason: str


class NotReleasable(Exception):
    """New files cannot be released while something is wrong; `findings` says what."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{f.file}: {f.reason}" for f in findings))
        self.findings = findings


def check(folder: Path = AVRO) -> list[Finding]:
    """Everything wrong in the folder: changed, removed or unlisted files, versions that cannot live together."""
    try:
        listed = read_hash_file(folder)
    except SchemaError as error:
        return [Finding(error.file, error.text)]
    files = schema_files(folder)
    unlisted = [
        Finding(f, "not in the list of releases: run `jinbao schemas release`") for f in files if f not in listed
    ]
    return [*unlisted, *_other_findings(folder, files, listed)]


def release_new_files(folder: Path = AVRO) -> list[str]:
    """Add every unlisted file to the hash file and name them. Raises NotReleasable, and SchemaError."""
    listed = read_hash_file(folder)
    files = schema_files(folder)
    if findings := list(_other_findings(folder, files, listed)):
        raise NotReleasable(findings)
    added = [file for file in files if file not in listed]
    if added:
        entries = {**listed, **{file: _entry(folder, load_release(folder, file)) for file in added}}
        _write_hash_file(folder, [entries[file] for file in sorted(entries)])
    return added


def read_hash_file(folder: Path) -> dict[str, dict[str, Any]]:
    """Path of each released file: its entry; empty where there is no hash file yet. Raises SchemaError."""
    try:
        entries = json.loads((folder / HASH_FILE).read_bytes())
        return {entry["file"]: entry for entry in entries}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError):
        raise SchemaError(
            HASH_FILE, "不是已发布文件的清单：请恢复它", "not a list of released files: restore it"
        ) from None


def _other_findings(folder: Path, files: list[str], listed: Mapping[str, dict[str, Any]]) -> Iterator[Finding]:
    """All findings but unlisted files."""
    releases: list[Release] = []
    for file in files:
        try:
            release = load_release(folder, file)
        except SchemaError as error:
            yield Finding(file, error.text)
            continue
        releases.append(release)
        for path in invalid_defaults(release.schema):
            yield Finding(file, f"{path}: the default is no value of the field's type")
    known = {release.file: release for release in releases}
    for file, entry in listed.items():
        if file not in files:
            yield Finding(file, "a released file was removed: restore it")
        elif _sha256(folder, file) != entry.get("sha256"):
            yield Finding(file, "a released file was changed: restore it and add a new version instead")
        elif file in known and _entry(folder, known[file]) != entry:
            yield Finding(file, "the list of releases gives it another name, version or fingerprint: restore the list")
    yield from _version_findings(releases)


def _version_findings(releases: list[Release]) -> Iterator[Finding]:
    ordered = sorted(releases, key=lambda r: (r.name, r.version))
    for _, group in groupby(ordered, key=lambda r: r.name):
        versions = list(group)
        for index, newer in enumerate(versions):
            if newer.version != index + 1:
                yield Finding(newer.file, f"version {index + 1} is missing: versions count from 1 without a gap")
            for older in versions[:index]:
                yield from _pair_findings(older, newer)
    seen: dict[bytes, Release] = {}
    for release in ordered:
        first = seen.setdefault(release.fingerprint, release)
        if first is not release:
            yield Finding(
                release.file,
                f"has the same fingerprint as {first.file}: they differ only in what the bytes do not show "
                "(documentation, defaults, aliases, logical types)",
            )


def _pair_findings(older: Release, newer: Release) -> Iterator[Finding]:
    for reason in obstacles(older.schema, newer.schema):
        yield Finding(newer.file, f"cannot read what version {older.version} wrote: {reason}")
    for reason in obstacles(newer.schema, older.schema):
        yield Finding(newer.file, f"readers of version {older.version} cannot read it: {reason}")


def _entry(folder: Path, release: Release) -> dict[str, Any]:
    return {
        "file": release.file,
        "name": release.name,
        "version": release.version,
        "fingerprint": release.fingerprint.hex(),
        "sha256": _sha256(folder, release.file),
    }


def _sha256(folder: Path, file: str) -> str:
    return hashlib.sha256((folder / file).read_bytes()).hexdigest()


def _write_hash_file(folder: Path, entries: list[dict[str, Any]]) -> None:
    draft = folder / f"{HASH_FILE}.new"
    draft.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n", encoding="utf-8")
    os.replace(draft, folder / HASH_FILE)
