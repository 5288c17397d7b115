"""The program `jinbao`: mounts the groups of commands, each imported only when it is called."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from jinbao.cli.exit_codes import INTERRUPTED, exit_code, user_errors
from jinbao.cli.language import chosen_translator, translator, translator_of_errors
from jinbao.cli.output_stream import tell_failures
from jinbao.cli.usage import show_usage_error, translate_help, watch_words
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.rules.unprintable import printable


@dataclass(frozen=True, slots=True)
class Entry:
    """One word after `jinbao`: the module under `jinbao.cli` that holds its `app`, and what it is for."""

    module: str
    help: str
    is_group: bool = True
    """False for a single command, whose options follow the word at once."""


ENTRIES: dict[str, Entry] = {
    "demo": Entry("nation.demo", prose("Watch a synthetic nation exchange transfers"), is_group=False),
    "simulate": Entry("nation.simulate", prose("Run a synthetic nation from a seed"), is_group=False),
    "run": Entry("nation.run", prose("Run platform and adapters together until nothing is left to do"), is_group=False),
    "serve": Entry("serve", prose("Serve the pages of the nation and of provinces"), is_group=False),
    "users": Entry("users", prose("Users of the pages: names, roles, passwords, tokens")),
    "rules": Entry("rules", prose("Due dates, identity numbers, amounts, benefit place")),
    "case": Entry("case", prose("Cases: work lists and what happened")),
    "intake": Entry("intake", prose("Intake: messages that were not taken")),
    "ledger": Entry("ledger", prose("Fund ledger: what stands on which account")),
    "index": Entry("index", prose("How long each province takes for each clock"), is_group=False),
    "forecast": Entry("forecast", prose("What is expected to be missed in the next ten working days"), is_group=False),
    "alerts": Entry("alerts", prose("What an operator must know now"), is_group=False),
    "adapter": Entry("adapter.group", prose("A province's adapter: run, import")),
    "payments": Entry("bank.payments", prose("Payments that provinces report")),
    "bank": Entry("bank.group", prose("Banks' statements")),
    "breaks": Entry("bank.breaks", prose("Breaks: what is not explained between banks and ledger")),
    "reconcile": Entry("bank.reconcile", prose("Banks' statements against the ledger, account by account")),
    "audit": Entry("audit.group", prose("The auditor's log: verify, prove, check a proof")),
    "desk": Entry("desk", prose("A clerk's desk: what waits, a case, doing something")),
    "platform": Entry("platform", prose("The national platform: init, upgrade, run")),
    "bus": Entry("bus", prose("The bus: messages, who is behind")),
    "dead-letters": Entry("dead_letters", prose("Dead letters: list, show, send again")),
    "projections": Entry("projections", prose("Read models: status, rebuild")),
    "schemas": Entry("schemas", prose("Message schemas: check, export")),
    "keys": Entry("keys.group", prose("The key ring: check, change its master key, back up, restore")),
    "fuzz": Entry("fuzz", prose("Changed inputs and noise for readers, codec and intake"), is_group=False),
    "dev": Entry("dev", prose("Kafka and PostgreSQL on this machine")),
    "codes": Entry("codes", prose("Codes: why something is refused, returned or rejected"), is_group=False),
    "states": Entry("states", prose("The table of states and messages: what each leads to"), is_group=False),
    "config": Entry("config", prose("The program's settings")),
}


class _OnDemand(TyperCommand):
    """Stands for a group in the list of commands; imports it when its own words are to be read."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.help)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command."""
        group = get_group(_imported(self._entry.module).app)
        command: Any = group if self._entry.is_group else next(iter(group.commands.values()), group)
        translate_help(command, Translator("zh") if parent is None else translator(parent))
        watch_words(command)
        return command.make_context(info_name, args, parent=parent, **extra)


def _imported(name: str) -> ModuleType:
    """A module of this package. Nothing that an import makes is garbage: looking for some takes a tenth of a start."""
    gc.disable()
    try:
        return import_module(f"jinbao.cli.{name}")
    finally:
        gc.enable()


class Program(TyperGroup):
    """The root: mounts the groups, and turns user errors into one line and exit code 2, in the language chosen."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the program on the arguments (default: those of the process) and exit."""
        words = list(sys.argv[1:] if args is None else args)
        tr = translator_of_errors(words)
        try:
            tr = chosen_translator(words)
            translate_help(self, tr)
            for name, entry in ENTRIES.items():
                self.add_command(_OnDemand(name, entry))
            watch_words(self)
            try:
                code = super().main(words, "jinbao", complete_var, False, windows_expand_args, obj=tr, **extra)
            finally:
                sys.stdout.flush()
        except TyperException as error:
            show_usage_error(error, tr, words)
            sys.exit(error.exit_code)
        except Exception as error:
            if not isinstance(error, user_errors()):
                raise
            with suppress(OSError):  # nobody reads it
                sys.stderr.write(_one_line(tr.error(error), words))
            sys.exit(exit_code(error))
        sys.exit(code)


def _one_line(error: str, words: Sequence[str]) -> str:
    """The user's error in one line: as text, or as the last line of a log of JSON lines."""
    if "--log=json" in words or ("--log", "json") in itertools.pairwise(words):
        from jinbao.service.logs import error_line

        return error_line(error)
    return printable(f"jinbao: {error}", lines=True) + "\n"


app = typer.Typer(
    cls=Program,
    help=prose("Jinbao: moves pension relationships between provinces"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"jinbao {version('jinbao')}\n")
        raise typer.Exit


@app.callback()
def root(
    lang: Annotated[str | None, typer.Option(help=prose("Language: zh, en [JINBAO_LANG]"), show_default=False)] = None,
    config: Annotated[
        str | None, typer.Option(help=prose("Settings file [JINBAO_CONFIG]"), metavar="FILE", show_default=False)
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help=prose("Version"), callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hand the options before the first word on through the environment, to the settings and to child processes."""
    if config is not None:
        os.environ["JINBAO_CONFIG"] = config
    if lang is not None:
        os.environ["JINBAO_LANG"] = lang


def main() -> None:
    """Run the program on the words of its process. What it writes, and what it starts writes, is its user's alone."""
    os.umask(0o077)
    tell_failures()
    try:
        app()
    except KeyboardInterrupt:  # before the command itself listens: it has done nothing yet
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
