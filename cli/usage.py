"""Help and usage errors in the language of the command.

Texts of help are found in the catalogue; typer's own headings, which are English only, are replaced here while one of
them is shown. What is wrong with a command line is told in Chinese by the error's class and attributes: no message of
typer is read. What typer says in a message alone (a command or an argument that does not exist) is found here first.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, get_type_hints

from typer.exceptions import TyperException

from jinbao.language.words import Translator, Words
from jinbao.presentation.prose import prose, translated
from jinbao.rules.type_fault import allowed
from jinbao.rules.unprintable import printable

_HELP_OPTION = prose("Show this message and exit.")
"""typer's own text of the option `--help`, here for the catalogue."""


class UnknownWords(TyperException):
    """Words of a command line that name no command or stand where none may."""

    exit_code = 2

    def __init__(self, ctx: Any, words: Words) -> None:
        super().__init__(words[1])
        self.ctx = ctx
        self.words = words


def watch_words(command: Any) -> None:
    """Let a command, and those below it, refuse words that it does not know in both languages."""
    parse, resolve = command.parse_args, getattr(command, "resolve_command", None)

    def parse_known(ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        parse(ctx, args)
        if ctx.args and resolve is None:
            more = " ".join(ctx.args)
            raise UnknownWords(ctx, (f"多余的参数：{more}", f"Got unexpected extra argument(s) ({more})"))
        left: list[str] = ctx.args
        return left

    def resolve_known(ctx: Any, args: list[str]) -> Any:
        if command.get_command(ctx, args[0]) is None:
            raise UnknownWords(ctx, _no_command(args[0], list(command.commands)))
        return resolve(ctx, args) if resolve is not None else None

    command.parse_args = parse_known
    if resolve is not None:
        command.resolve_command = resolve_known
    for inner in _commands(command):
        watch_words(inner)


def _no_command(name: str, known: list[str]) -> Words:
    near = ", ".join(map(repr, difflib.get_close_matches(name, known)))
    hint = (f"，是否指 {near}？", f" Did you mean {near}?") if near else ("", "")
    return f"没有命令 {name!r}{hint[0]}", f"No such command {name!r}.{hint[1]}"


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


def show_usage_error(error: TyperException, tr: Translator, words: Sequence[str]) -> None:
    """Tell a wrong command line on stderr; of a missing sub-command the help has been shown already."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return
    message = error.format_message() if tr.language == "en" else _in_chinese(error, words)
    told: Any = TyperException(printable(message, lines=True))
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


def _in_chinese(error: Any, words: Sequence[str]) -> str:
    """What is wrong, by the class of typer's error; the classes are no part of its public names."""
    match type(error).__name__:
        case "UnknownWords":
            return str(error.words[0])
        case "MissingParameter":
            kind = "参数" if error.param.param_type_name == "argument" else "选项"
            return f"缺少{kind} {error.param.get_error_hint()}"
        case "NoSuchOption":
            near = ", ".join(sorted(error.possibilities or ()))
            return f"没有选项 {error.option_name}" + (f"，是否指 {near}？" if near else "")
        case "BadOptionUsage":
            given = any(word.startswith(f"{error.option_name}=") for word in words)
            return f"选项 {error.option_name!r} {'不带值' if given else '须带一个值'}"
        case "BadParameter" if error.param is not None:
            return f"{error.param.get_error_hint()} 的值{_should_be(error)}"
        case _:
            return "缺少命令" if _commands(error.ctx and error.ctx.command) else "命令用法有误"


def _should_be(error: Any) -> str:
    """What a value should be, by what pydantic, which reads values for typer, says of it in data."""
    found: list[dict[str, Any]] = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    wrong: dict[str, Any] = found[0] if found else {"type": "", "input": None}
    match wrong["type"]:
        case "int_parsing":
            return "应为整数"
        case "float_parsing":
            return "应为数字"
        case "greater_than_equal":
            return f"应不小于 {wrong['ctx']['ge']}"
        case "less_than_equal":
            return f"应不大于 {wrong['ctx']['le']}"
    hints = get_type_hints(error.ctx.command.callback, include_extras=True)
    return f" {wrong['input']!r} 应为 {allowed(hints[error.param.name])[0]}"
