"""Files that an auditor hands to `jinbao audit`: policies, checkpoints, proofs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinbao.language.system_errors import system_reason
from jinbao.service.errors import UserError
from jinbao.transparency.check_proof import NotValid, Policy, parse_policy


def text_of(path: Path) -> str:
    """A small file's text. Raises UserError."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}：不是文本文件", f"{path}: not a text file") from None
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error


def policy_of(path: Path) -> Policy:
    """The log and witnesses that a policy file trusts. Raises UserError."""
    try:
        return parse_policy(text_of(path))
    except NotValid as error:
        zh, en = error.words
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder of this user's own, in which nothing lies yet, to write to. Raises UserError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder}：不是空目录", f"{folder}: the folder is not empty")
        yield
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{folder}：{zh}", f"{folder}: {en}") from error
