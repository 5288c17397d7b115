"""`/finance/statements`: the province's bank accounts, and a bank's statement taken in as `jinbao bank import` does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from jinbao.presentation import code_labels, formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError
from jinbao.regional_adapter.local.bank_book import BankBook
from jinbao.regional_adapter.local.bank_mappings import KeptMapping
from jinbao.regional_adapter.statements.kept_mappings import read_for_account
from jinbao.regional_adapter.statements.statement_file import Refused as RefusedLine, RefusedFileError
from jinbao.regional_adapter.statements.statement_import import TakenIn, take_in
from jinbao.web.finance import Code, Told
from jinbao.web.form_data import sent_file
from jinbao.web.page import Action, Asker, Done, Page, Sent, SentFile, the_own_province
from jinbao.web.province.break_words import answer_of
from jinbao.web.province.offices import Offices
from jinbao.web.security import MIB

STATEMENTS_PATH = "/finance/statements"


class Statements(msgspec.Struct, frozen=True, kw_only=True):
    """The page's value."""

    as_of: str
    accounts: list[dict[str, Any]]
    """Number, kind, last day of the statements and balance there, and the mapping by which they were read last."""
    mappings: list[str]
    """Those by which statements were read before, as an upload chooses them."""
    most_mib: int
    told: Told = ""
    refused_account: str = ""
    """What became of the account that was just named."""
    account: str = ""
    """The account that was chosen."""
    entries: dict[str, int] | None = None
    """New and known, of the file that was just taken in."""
    refused: Sequence[dict[str, Any]] = ()
    """Code, line and text of what is wrong with the file that was just sent: nothing of it is taken in."""
    number: str = ""
    """What was typed as the number of an account that could not be named."""
    fault: str = ""
    """Why it could not."""


class StatementsQuery(msgspec.Struct, frozen=True):
    """What stands behind the question mark."""

    told: Told = ""
    refused: Code = ""
    """What became of the account that was just named."""


class Upload(msgspec.Struct, frozen=True):
    """A bank's file, the account that it is of, and how it is read."""

    account: str = ""
    """Number or id."""
    file: Sent = ""
    file_name: str = ""
    """Of a file that a program sends."""
    used_mapping: str = ""
    """A mapping of a CSV that was used before; empty: the one by which the account's statements were read last."""
    mapping: Sent = ""
    """Mapping of a CSV, which goes before the one that is chosen; none for camt.053."""
    replaces: str = ""
    """Number at the bank of the statement whose place it takes."""


def statements_page(offices: Offices) -> Page:
    """`/finance/statements`."""

    def value(asker: Asker, query: StatementsQuery) -> Statements:
        with offices.bank_of(asker) as bank:
            return statements_value(offices, bank, told=query.told, refused_account=query.refused)

    words = prose("Statements")
    return Page(STATEMENTS_PATH, words, "statements.html", value, StatementsQuery, the_own_province, menu=True)


def take_statement_in(offices: Offices, page: Page) -> Action:
    """`POST /finance/statements`: all of the file is taken in, or nothing."""

    def act(asker: Asker, form: Upload) -> Done:
        with offices.bank_of(asker) as bank:
            taken, refused = _take_in(offices, asker, bank, form)
            entries = None if refused else {"new": taken.new, "known": taken.known}
            told = [{"code": one.code, "line": one.line, "text": asker.tr.of(one.words)} for one in refused]
            view = statements_value(offices, bank, account=form.account, refused=told, entries=entries)
        return Done("", {"entries": entries, "refused": told}, 422 if refused else 202, (page, view))

    return Action(STATEMENTS_PATH, act, Upload, the_own_province, offices.upload_mib * MIB + MIB)


def statements_value(offices: Offices, bank: BankBook, **said: Any) -> Statements:
    """The page's value, with what is said of the form that was just sent."""
    rows = [(own, bank.last(own.number), bank.mappings.last_of(own.number)) for own in bank.accounts()]
    return Statements(
        as_of=formatting.iso(offices.clock.now_us()),
        accounts=[
            {
                "number": own.number,
                "account": own.account,
                "kind": own.kind,
                "statements_to": last and last.day,
                "closing_fen": last and last.closing_fen,
                "mapping": mapping and _choice(mapping),
            }
            for own, last, mapping in rows
        ],
        mappings=[_choice(one) for one in bank.mappings.every()],
        most_mib=offices.upload_mib,
        **said,
    )


def _take_in(offices: Offices, asker: Asker, bank: BankBook, form: Upload) -> tuple[TakenIn, list[RefusedLine]]:
    """What was taken in, and why nothing was."""
    nothing = TakenIn(0, 0, [])
    file, mapping = sent_file(form.file, form.file_name), sent_file(form.mapping)
    own = bank.account(form.account)
    used = next((one for one in bank.mappings.every() if _choice(one) == form.used_mapping), None)
    if file is None or own is None or (form.used_mapping and used is None):
        code = "ACCOUNT" if own is None else "FILE" if file is None else "MAPPING"
        return nothing, [
            RefusedLine(code, 1, ("请选择账户、文件和对照文件", "choose an account, a file and a mapping"))
        ]
    try:
        with TemporaryDirectory(dir=offices.local_folder(asker)) as folder:
            content = _kept(file, Path(folder) / "statement")
            given = None if mapping is None else _kept(mapping, Path(folder) / "mapping.toml")
            statements = read_for_account(bank, own.number, content, given, used)
            replaces, now = form.replaces.strip() or None, offices.clock.now_us()
            taken = take_in(bank, own.number, statements, asker.user.name, now, replaces)
    except RefusedFileError as error:
        return nothing, error.reasons
    except WrongMappingError as error:
        return nothing, [
            RefusedLine("MAPPING", 1, (f"{p.path}：{p.problem[0]}", f"{p.path}: {p.problem[1]}"))
            for p in error.problems
        ]
    codes = [answer_of(bank, message) for message in taken.messages]
    return taken, [RefusedLine(code, 1, code_labels.reason(code)) for code in codes if code]


def _choice(mapping: KeptMapping) -> str:
    return f"{mapping.name} {mapping.version}"


def _kept(sent: SentFile, path: Path) -> Path:
    with path.open("wb") as kept:
        shutil.copyfileobj(sent.content, kept)
    return path
