"""Errors of a province's own files: the user's choice, a full disk, or a damaged file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jinbao.language.words import Words
from jinbao.service.errors import Unavailable, UserError
from jinbao.storage.sqlite_file import DAMAGE, WrongFile, code, is_damaged

ADAPTERS = "adapters"
"""Folder of what the adapters remember."""


@contextmanager
def opening(file: Path) -> Iterator[None]:
    """Raise UserError for a file that cannot be opened."""
    try:
        yield
    except WrongFile:
        raise
    except (OSError, sqlite3.Error) as error:
        if code(error) in DAMAGE:
            raise _damaged([file]) from None
        raise UserError(f"{file}：无法使用：{error}", f"{file}: cannot be used: {error}") from None


@contextmanager
def working(folder: Path, files: Sequence[Path]) -> Iterator[None]:
    """Raise UserError where one of the open files is damaged, Unavailable where disk or rights are in the way."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        if code(error) in DAMAGE:
            raise _damaged([file for file in files if is_damaged(file)] or files) from error
        if not isinstance(error, OSError | sqlite3.OperationalError):
            raise
        raise Unavailable(
            f"{folder}：无法读写：{error}；请检查磁盘空间和权限",
            f"{folder}: cannot be read or written: {error}; check the disk's space and the rights",
        ) from error


def _damaged(files: Sequence[Path]) -> UserError:
    """What to do about each: what an adapter remembers can be derived again, the province's own system cannot."""
    told = [_about_store(file) if file.parent.name == ADAPTERS else _about_local_system(file) for file in files]
    return UserError("\n".join(zh for zh, _ in told), "\n".join(en for _, en in told))


def _about_store(file: Path) -> Words:
    return (
        f"{file} 已损坏：请停止该适配器，把此文件移开后再启动；其内容会重新推导，不会丢失业务",
        f"{file} is damaged: stop the adapter, move the file aside and start again; it derives again what it held",
    )


def _about_local_system(file: Path) -> Words:
    return (
        f"{file}（本省业务系统）已损坏：请停止该适配器，恢复备份后再启动",
        f"{file}, the province's own system, is damaged: stop the adapter, restore its backup and start again",
    )
