"""The frames around help and usage errors, in the language spoken.

typer's own are English only; the strings of its help and the messages of its errors are replaced here, and only once
one of them is to be shown. What is not in the table stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from typer._click import Command, Context, HelpFormatter
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer.core import TyperOption

from jinbao.cli.language import language, tr
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


_plain_help_option = Command.get_help_option


def _help_option(command: Command, ctx: Context) -> TyperOption | None:
    option = _plain_help_option(command, ctx)
    if option is not None:
        option.help = tr("显示本说明", "Show this message and exit.")
    return option


class _Formatter(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that says how a command is called."""
        super().write_usage(prog, args, tr("用法：", "Usage: ") if prefix is None else prefix)


def speak() -> None:
    """Let help and errors have their headings in the language spoken now."""
    from typer import rich_utils  # a tenth of a second: only when something of it is shown

    rich_utils.ARGUMENTS_PANEL_TITLE = tr("参数", "Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = tr("选项", "Options")
    rich_utils.COMMANDS_PANEL_TITLE = tr("命令", "Commands")
    rich_utils.ERRORS_PANEL_TITLE = tr("用法有误", "Error")
    rich_utils.DEFAULT_STRING = tr("[默认 {}]", "[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = tr("[必填]", "[required]")
    rich_utils.RICH_HELP = tr("查看用法：{command_path} {help_option}", "For help: {command_path} {help_option}")
    Context.formatter_class = _Formatter
    Command.get_help_option = _help_option  # type: ignore[method-assign, assignment]


@contextmanager
def errors_spoken() -> Iterator[None]:
    """Usage errors leave in the language spoken."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except UsageError as error:
        speak()
        message = printable(error.format_message(), lines=True)
        raise UsageError(message if language() == "en" else _in_chinese(message), error.ctx) from None


def _in_chinese(message: str) -> str:
    for pattern, chinese in _MESSAGES:
        if found := re.fullmatch(pattern, message):
            return found.expand(chinese)
    return message
