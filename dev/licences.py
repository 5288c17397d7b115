"""Licences: the page docs/licences.md lists every package of requirements.lock and every asset with its licence.

`python -m jinbao.dev.licences` prints the page, `--check FILE` compares it. A licence that nobody has looked at yet
(not in `KNOWN`) is an error: whoever adds the package decides whether the project can use it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jinbao.dev.assets import assets

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
_PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?", re.MULTILINE)

KNOWN: Mapping[str, str] = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause": "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-2-Clause": "Apache-2.0 OR BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause": "Apache-2.0 OR BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "LGPL with exceptions": "LGPL-3.0-or-later with exceptions",
    "LGPL-2.1-or-later": "LGPL-2.1-or-later",
    "MIT": "MIT",
    "MIT AND PSF-2.0": "MIT AND PSF-2.0",
    "MIT-0": "MIT-0",
    "MIT License": "MIT",
    "MPL-2.0": "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OFL-1.1": "OFL-1.1",
    "PSF-2.0": "PSF-2.0",
}
"""What packages write about their licence: its SPDX name. All may be used by a program under Apache-2.0; those under
the LGPL or the MPL are linked unchanged, as their own packages; a font under the OFL is embedded in documents."""


class UnknownLicence(Exception):
    """A package whose licence nobody has looked at yet."""


def locked(lock: str) -> Iterator[tuple[str, str]]:
    """Name and version of each package that the lock file installs on this machine."""
    for found in _PINNED.finditer(lock):
        marker = found["marker"]
        if marker is None or Requirement(f"{found['name']} ; {marker.strip()}").marker.evaluate():  # type: ignore[union-attr]
            yield found["name"], found["version"]


def licence_of(package: str) -> str:
    """SPDX name of an installed package's licence. Raises UnknownLicence."""
    about = metadata.metadata(package)
    classifiers = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or () if c.startswith("License")]
    for written in (*(about.get_all("License-Expression") or ()), *(about.get_all("License") or ()), *classifiers):
        if written in KNOWN:
            return KNOWN[written]
    raise UnknownLicence(f"{package}: read its licence and add it to KNOWN in dev/licences.py")


def needed_to_run() -> set[str]:
    """Packages that the program itself needs, with all that these need; the others are tools of development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    found: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += [Requirement(text) for text in metadata.requires(name) or ()]
    return found


def page() -> str:
    """The page as Markdown. Raises UnknownLicence."""
    running = needed_to_run()
    rows = sorted(locked(LOCK.read_text(encoding="utf-8")), key=lambda row: (row[0] not in running, row[0]))
    lines = [
        "# Licences of what the program is built on",
        "",
        "Generated from requirements.lock and the packages' own metadata by `make lock`.",
        "",
        "| package | version | licence | needed to |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {version} | {licence_of(name)} | {'run' if name in running else 'develop'} |"
        for name, version in rows
    ]
    lines += [f"| {a.name} (a file: dev/assets.toml) | {a.version} | {a.licence} | {a.needed_to} |" for a in assets()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Print the page, or with `--check FILE` say whether the file is the page."""
    try:
        text = page()
    except UnknownLicence as error:
        print(error, file=sys.stderr)
        return 1
    match arguments:
        case []:
            print(text, end="")
            return 0
        case ["--check", file] if Path(file).read_text(encoding="utf-8") == text:
            return 0
        case ["--check", file]:
            print(f"{file} is not what requirements.lock says: run make lock", file=sys.stderr)
            return 1
    print("usage: python -m jinbao.dev.licences [--check FILE]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
