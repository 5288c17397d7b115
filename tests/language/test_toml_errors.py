"""What is wrong with a TOML file is said in the reader's language, with its place."""

from __future__ import annotations

import tomllib

import pytest

from jinbao.language.toml_errors import toml_reason


@pytest.mark.parametrize(
    ("content", "zh"),
    [
        (b"[a\nx", "第 1 行第 3 列不合语法"),
        (b"a = 1\nb = [1", "文件末尾不合语法"),
        ("a = '汉'".encode("gbk"), "应为 UTF-8 编码的文本"),
    ],
)
def test_the_place_is_said_and_no_english_word_is_in_the_chinese(content, zh):
    with pytest.raises(ValueError) as found:  # noqa: PT011 - both kinds of a file that is none
        tomllib.loads(content.decode("utf-8"))
    assert isinstance(found.value, tomllib.TOMLDecodeError | UnicodeDecodeError)
    assert toml_reason(found.value)[0] == zh
