"""Help and usage errors in the language of the command.

Texts of help are found in the catalogue; typer's own headings and messages, which are English only, are replaced here,
and only while one of them is shown. A message that is not in the table stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.exceptions import TyperException

from jinbao.language.words import Translator
from jinbao.presentation.prose import prose, translated
from jinbao.rules.unprintable import printable

_MESSAGES: tuple[tuple[str, str], ...] = (
    (r"Missing argument (.+)\.", r"缺少参数 \1"),
    (r"Missing option (.+)\.", r"缺少选项 \1"),
    (r"Missing command\.", r"缺少命令"),
    (r"No such command ('.+?')\.", r"没有命令 \1"),
    (r"No such command ('.+?')\. Did you mean (.+)\?", r"没有命令 \1，是否指 \2？"),
    (r"No such option: (\S+)", r"没有选项 \1"),
    (r"No such option: (\S+) \(Possible options: (.+)\)", r"没有选项 \1，是否指 \2？"),
    (r"Got unexpected extra argument\(s\) \((.+)\)", r"多余的参数：\1"),
    (r"Option (.+) requires an argument\.", r"选项 \1 须带一个值"),
    (r"Option (.+) does not take a value\.", r"选项 \1 不带值"),
    (r"Invalid value for (.+): Input should be a valid integer.*", r"\1 的值应为整数"),
    (r"Invalid value for (.+): Input should be a valid number.*", r"\1 的值应为数字"),
    (r"Invalid value for (.+): Input should be greater than or equal to (.+)", r"\1 的值应不小于 \2"),
    (r"Invalid value for (.+): Input should be less than or equal to (.+)", r"\1 的值应不大于 \2"),
    (r"Invalid value for (.+): (?:File|Path|Directory) (.+) does not exist\.", r"\1：\2 不存在"),
    (r"Invalid value for (.+): File (.+) is a directory\.", r"\1：\2 是文件夹"),
    (r"Invalid value for (.+): [Dd]ir(?:ectory)? (.+) is a file\.", r"\1：\2 是文件，不是文件夹"),
    (r"Invalid value for (.+): (?:Value error, )?(.+) is not one of (.+)\.", r"\1 的值 \2 应为 \3 之一"),
)
"""Pattern of a whole message, and its Chinese."""

_HELP_OPTION = prose("Show this message and exit.")
"""typer's own text of the option `--help`, here for the catalogue."""


def translate_help(command: Any, tr: Translator) -> None:
    """Let a command, and those below it, show their help in the translator's language."""
    usage, show = command.get_usage, command.format_help

    def translated_usage(ctx: Any) -> str:
        return str(usage(ctx)).replace("Usage: ", tr("用法：", "Usage: "), 1)

    def translated_help(ctx: Any, formatter: Any) -> None:
        for part in (command, *command.get_params(ctx), *_commands(command)):
            for name in ("help", "short_help"):
                if text := getattr(part, name, None):
                    setattr(part, name, translated(text, tr.language))
        with _headings(tr):
            show(ctx, formatter)

    command.get_usage, command.format_help = translated_usage, translated_help
    for inner in _commands(command):
        translate_help(inner, tr)


def show_usage_error(error: TyperException, tr: Translator) -> None:
    """Tell a wrong command line on stderr; of a missing sub-command the help has been shown already."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return
    message = printable(error.format_message(), lines=True)
    told: Any = TyperException(message if tr.language == "en" else _in_chinese(message))
    told.ctx = getattr(error, "ctx", None)
    with _headings(tr):
        from typer import rich_utils

        rich_utils.rich_format_error(told)


def _commands(command: Any) -> list[Any]:
    return list(getattr(command, "commands", {}).values())


@contextmanager
def _headings(tr: Translator) -> Iterator[None]:
    """typer's headings in the translator's language, put back when what is shown is written."""
    from typer import rich_utils  # a tenth of a second: only when something of it is shown

    wanted = {
        "ARGUMENTS_PANEL_TITLE": tr("参数", "Arguments"),
        "OPTIONS_PANEL_TITLE": tr("选项", "Options"),
        "COMMANDS_PANEL_TITLE": tr("命令", "Commands"),
        "ERRORS_PANEL_TITLE": tr("用法有误", "Error"),
        "DEFAULT_STRING": tr("[默认 {}]", "[default: {}]"),
        "REQUIRED_LONG_STRING": tr("[必填]", "[required]"),
        "RICH_HELP": tr("查看用法：{command_path} {help_option}", "For help: {command_path} {help_option}"),
    }
    before = {name: getattr(rich_utils, name) for name in wanted}
    try:
        for name, text in wanted.items():
            setattr(rich_utils, name, text)
        yield
    finally:
        for name, text in before.items():
            setattr(rich_utils, name, text)


def _in_chinese(message: str) -> str:
    for pattern, chinese in _MESSAGES:
        if found := re.fullmatch(pattern, message):
            return found.expand(chinese)
    return message
