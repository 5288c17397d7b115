"""What the operating system refuses is told in both languages, wherever a user may meet it."""

from __future__ import annotations

import errno
import os

import pytest

from jinbao.language.system_errors import at, system_reason


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EISDIR, errno.EADDRINUSE])
def test_a_known_reason_is_chinese_in_chinese(number: int) -> None:
    zh, en = system_reason(OSError(number, os.strerror(number)))
    assert en == os.strerror(number)
    assert not zh.isascii()
    assert en not in zh


def test_an_unknown_reason_keeps_the_systems_words() -> None:
    assert system_reason(OSError(errno.ENOTTY, "Odd")) == ("系统错误：Odd", "Odd")
    assert at("in.csv", ("没有权限", "denied")) == ("in.csv：没有权限", "in.csv: denied")
