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
from jinbao.regional_adapter.statements.bank_mapping import load_bank_mapping
from jinbao.regional_adapter.statements.statement_file import Refused as RefusedLine, RefusedFileError, read_statements
from jinbao.regional_adapter.statements.statement_import import TakenIn, take_in
from jinbao.web.form_data import sent_file
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, Sent, SentFile, the_own_province
from jinbao.web.province.break_words import answer_of
from jinbao.web.province.offices import Offices
from jinbao.web.security import MIB

STATEMENTS_PATH = "/finance/statements"


class Statements(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    accounts: list[dict[str, Any]]
    """Number, kind, last day of the statements and balance there."""
    account: str
    """The account that was chosen."""
    most_mib: int
    entries: dict[str, int] | None
    """New and known, of the file that was just taken in."""
    refused: list[dict[str, Any]]
    """Code, line and text of what is wrong with the file that was just sent: nothing of it is taken in."""


class Upload(msgspec.Struct, frozen=True):
    """A bank's file, the account that it is of, and how it is read."""

    account: str = ""
    """Number or id."""
    file: Sent = ""
    file_name: str = ""
    """Of a file that a program sends."""
    mapping: Sent = ""
    """Mapping of a CSV; none for camt.053."""
    replaces: str = ""
    """Number at the bank of the statement whose place it takes."""


def statements_page(offices: Offices) -> Page:
    """`/finance/statements`."""

    def value(asker: Asker, query: NoQuery) -> Statements:
        return _view(asker, offices)

    return Page(STATEMENTS_PATH, prose("Statements"), "statements.html", value, about=the_own_province, menu=True)


def take_statement_in(offices: Offices, page: Page) -> Action:
    """`POST /finance/statements`: all of the file is taken in, or nothing."""

    def act(asker: Asker, form: Upload) -> Done:
        tr = asker.tr
        file, mapping = sent_file(form.file, form.file_name), sent_file(form.mapping)
        taken, refused = TakenIn(0, 0, []), list[RefusedLine]()
        with offices.bank_of(asker) as bank:
            own = bank.account(form.account)
            if file is None or own is None:
                words = ("请选择账户和文件", "choose an account and a file")
                refused = [RefusedLine("FILE" if own else "ACCOUNT", 1, words)]
            else:
                try:
                    taken = _taken(offices, asker, bank, own.number, file, mapping, form.replaces.strip() or None)
                except RefusedFileError as error:
                    refused = error.reasons
                except WrongMappingError as error:
                    refused = [
                        RefusedLine("MAPPING", 1, (f"{p.path}：{p.problem[0]}", f"{p.path}: {p.problem[1]}"))
                        for p in error.problems
                    ]
                for message in taken.messages:
                    code = answer_of(bank, message)
                    if code:
                        refused.append(RefusedLine(code, 1, code_labels.reason(code)))
        told = [{"code": one.code, "line": one.line, "text": tr.of(one.words)} for one in refused]
        entries = None if refused else {"new": taken.new, "known": taken.known}
        status = 422 if refused else 202
        view = _view(asker, offices, account=form.account, refused=told, entries=entries)
        return Done("", {"entries": entries, "refused": told}, status, (page, view))

    return Action(STATEMENTS_PATH, act, Upload, the_own_province, offices.upload_mib * MIB + MIB)


def _taken(
    offices: Offices,
    asker: Asker,
    bank: BankBook,
    number: str,
    file: SentFile,
    mapping: SentFile | None,
    replaces: str | None,
) -> TakenIn:
    """What is new of a file. Raises RefusedFileError, WrongMappingError."""
    with TemporaryDirectory(dir=offices.local_folder(asker)) as folder:
        content = _kept(file, Path(folder) / "statement")
        read_by = None if mapping is None else load_bank_mapping(_kept(mapping, Path(folder) / "mapping.toml"))
        statements = read_statements(content, read_by, number, [other.number for other in bank.accounts()])
        return take_in(bank, number, statements, asker.user.name, offices.clock.now_us(), replaces)


def _kept(sent: SentFile, path: Path) -> Path:
    with path.open("wb") as kept:
        shutil.copyfileobj(sent.content, kept)
    return path


def _view(
    asker: Asker,
    offices: Offices,
    *,
    account: str = "",
    refused: Sequence[dict[str, Any]] = (),
    entries: dict[str, int] | None = None,
) -> Statements:
    with offices.bank_of(asker) as bank:
        rows = [(own, bank.last(own.number)) for own in bank.accounts()]
    return Statements(
        as_of=formatting.iso(offices.clock.now_us()),
        accounts=[
            {
                "number": own.number,
                "account": own.account,
                "kind": own.kind,
                "statements_to": last and last.day,
                "closing_fen": last and last.closing_fen,
            }
            for own, last in rows
        ],
        account=account,
        most_mib=offices.upload_mib,
        entries=entries,
        refused=list(refused),
    )
