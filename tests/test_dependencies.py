"""Dependencies: each one is pinned, hashed and of a licence that somebody has read."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jinbao.dev import licences
from jinbao.dev.licences import LOCK, ROOT, UnknownLicence, licence_of, locked, page

RENEW = "run `make lock` and commit requirements.lock and docs/licences.md"


def test_every_dependency_of_the_project_is_in_the_lock_file_as_the_project_asks_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = dict(locked(LOCK.read_text()))
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        version = versions.get(canonicalize_name(wanted.name))
        assert version is not None, f"{text} is not in requirements.lock: {RENEW}"
        assert wanted.specifier.contains(version), f"{text}, but requirements.lock has {version}: {RENEW}"


def test_what_a_locked_package_needs_is_locked_too() -> None:
    versions = dict(locked(LOCK.read_text()))
    for name in versions:
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in versions, f"{name} needs {text}: {RENEW}"


def test_every_locked_package_has_hashes_and_no_place_to_come_from() -> None:
    lock = LOCK.read_text()
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) >= len(dict(locked(lock)))
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.partition(" ")[0]
    assert "://" not in lock
    assert not re.search(r"^\s*--(?!hash)", lock, re.MULTILINE)


def test_the_page_of_licences_is_what_the_lock_file_says() -> None:
    assert (ROOT / "docs" / "licences.md").read_text() == page(), RENEW


def test_a_licence_that_nobody_has_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(licences.KNOWN, "BSD-3-Clause")  # type: ignore[arg-type]
    with pytest.raises(UnknownLicence, match="click: read its licence"):
        licence_of("click")
