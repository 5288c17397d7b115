"""The program `jinbao`: mounts the groups of commands, each imported only when it is called."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from jinbao.cli.exit_codes import exit_code, user_errors
from jinbao.cli.language import language, set_language, tr
from jinbao.cli.output_stream import tell_failures
from jinbao.cli.usage import errors_spoken, speak
from jinbao.presentation.language import LANGUAGES, Language
from jinbao.rules.unprintable import printable
from jinbao.service.errors import UserError, error_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One word after `jinbao`: the module under `jinbao.cli` that holds its `app`, and what it is for."""

    module: str
    zh: str
    en: str
    is_group: bool = True
    """False for a single command, whose options follow the word at once."""


INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended before it was ready to stop by itself."""

ENTRIES: dict[str, Entry] = {
    "demo": Entry("demo", "看一个虚构的国家办理转移", "Watch a synthetic nation exchange transfers", is_group=False),
    "simulate": Entry("simulate", "按种子推演一个虚构的国家", "Run a synthetic nation from a seed", is_group=False),
    "rules": Entry(
        "rules", "期限、证件号码、转移金额、待遇领取地", "Due dates, identity numbers, amounts, benefit place"
    ),
    "case": Entry("case", "转移业务：清单与经过", "Cases: work lists and what happened"),
    "intake": Entry("intake", "收件登记：未被接受的报文", "Intake: messages that were not taken"),
    "ledger": Entry("ledger", "基金账：各省各科目的余额", "Fund ledger: what stands on which account"),
    "adapter": Entry("adapter", "省级适配器：运行、导入", "A province's adapter: run, import"),
    "platform": Entry("platform", "全国平台：建库、升级、运行", "The national platform: init, upgrade, run"),
    "bus": Entry("bus", "总线：查看报文、积压", "The bus: messages, who is behind"),
    "dead-letters": Entry("dead_letters", "死信：清单、查看、重发", "Dead letters: list, show, send again"),
    "projections": Entry("projections", "读模型：进度、重建", "Read models: status, rebuild"),
    "schemas": Entry("schemas", "报文模式：检查、导出", "Message schemas: check, export"),
    "keys": Entry(
        "keys", "钥匙串：检查、换主密钥、备份、恢复", "The key ring: check, change its master key, back up, restore"
    ),
    "dev": Entry("dev", "本机的 Kafka 和 PostgreSQL", "Kafka and PostgreSQL on this machine"),
    "codes": Entry(
        "codes", "不予受理、退回、拒收代码", "Codes: why something is refused, returned or rejected", is_group=False
    ),
    "states": Entry(
        "states", "状态与报文对照表", "The table of states and messages: what each leads to", is_group=False
    ),
    "config": Entry("config", "程序的设置", "The program's settings"),
}


class _OnDemand(TyperCommand):
    """Stands for a group in the list of commands; imports it when its own words are to be read."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=tr(entry.zh, entry.en))
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command."""
        if self._entry.is_group and not args:
            speak()  # its help is shown
        group = get_group(import_module(f"jinbao.cli.{self._entry.module}").app)
        command: Any = group if self._entry.is_group else next(iter(group.commands.values()), group)
        return command.make_context(info_name, args, parent=parent, **extra)


class Program(TyperGroup):
    """The root: speaks the chosen language, mounts the groups, and turns user errors into one line and exit code 2."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the program on the arguments (default: those of the process)."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            set_language(_chosen_language(words))
            if "--help" in words or ENTRIES.keys().isdisjoint(words):
                speak()
            self.help = tr(
                "金保：跨省基本养老保险关系转移接续平台", "Jinbao: moves pension relationships between provinces"
            )
            for name, entry in ENTRIES.items():
                self.add_command(_OnDemand(name, entry))
            try:
                return super().main(words, "jinbao", complete_var, standalone_mode, windows_expand_args, **extra)
            finally:
                sys.stdout.flush()
        except Exception as error:
            if not isinstance(error, user_errors()):
                raise
            with suppress(OSError):  # nobody reads it
                sys.stderr.write(_told(error, words))
            sys.exit(exit_code(error))

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """The root's context; wrong options before the first word are told in the language spoken."""
        with errors_spoken():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; wrong words after the first are told in the language spoken."""
        with errors_spoken():
            return super().invoke(ctx)


def _told(error: Exception, words: Sequence[str]) -> str:
    """The user's error in one line: as text, or as the last line of a log of JSON lines."""
    if "--log=json" in words or ("--log", "json") in itertools.pairwise(words):
        from jinbao.service.logs import error_line

        return error_line(error_text(error, language()))
    return printable(f"jinbao: {error_text(error, language())}", lines=True) + "\n"


app = typer.Typer(cls=Program, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"jinbao {version('jinbao')}\n")
        raise typer.Exit


@app.callback()
def root(
    lang: Annotated[str | None, typer.Option(help="语言 / language: zh, en [JINBAO_LANG]", show_default=False)] = None,
    config: Annotated[
        str | None, typer.Option(help="设置文件 / settings file [JINBAO_CONFIG]", metavar="FILE", show_default=False)
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="版本 / version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hand the options before the first word on through the environment, to the settings and to child processes."""
    if config is not None:
        os.environ["JINBAO_CONFIG"] = config
    if lang is not None:
        os.environ["JINBAO_LANG"] = lang


def _chosen_language(words: Sequence[str]) -> Language:
    """The language of `--lang`, else of the settings (JINBAO_LANG, then the settings file), before any help is made."""
    from jinbao.service.settings import FILE_VARIABLE, load_settings

    options = _leading_options(words)
    if options.get("--lang") in LANGUAGES:
        return cast(Language, options["--lang"])
    if "--lang" in options:
        raise UserError(f"--lang {options['--lang']}: expected one of {', '.join(LANGUAGES)}")
    file = {FILE_VARIABLE: options["--config"]} if "--config" in options else {}
    return load_settings(environ={**os.environ, **file}).lang


def _leading_options(words: Sequence[str]) -> dict[str, str]:
    """`--name value` and `--name=value` pairs before the first word that is neither."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            break
        name, equals, value = word.partition("=")
        if name in ("--lang", "--config"):
            found[name] = value if equals else next(rest, "")
    return found


def main() -> None:
    """Entry point of the installed program. What it writes, and what it starts writes, is its user's alone."""
    os.umask(0o077)
    tell_failures()
    try:
        app()
    except KeyboardInterrupt:  # before the command itself listens: it has done nothing yet
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
