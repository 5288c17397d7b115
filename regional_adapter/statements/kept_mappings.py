"""Which mapping a bank's CSV is read by: one that is given or chosen, else the one its account was last read by."""

from __future__ import annotations

import tomllib
from pathlib import Path

from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError
from jinbao.regional_adapter.files.mapping.shapes import Problem
from jinbao.regional_adapter.local.bank_book import BankBook
from jinbao.regional_adapter.local.bank_mappings import KeptMapping
from jinbao.regional_adapter.statements.bank_mapping import BankMapping, bank_mapping_of, load_bank_mapping
from jinbao.regional_adapter.statements.statement import UnreadableStatementError, is_xml
from jinbao.regional_adapter.statements.statement_file import ReadStatement, Refused, RefusedFileError, read_statements


def read_for_account(
    bank: BankBook, number: str, file: Path, given: Path | None, chosen: KeptMapping | None = None
) -> list[ReadStatement]:
    """The statements of an account; the mapping of a CSV is remembered as the account's, a version never changes.

    `given`: a mapping file; `chosen`: a version that was used before. Raises WrongMappingError, RefusedFileError.
    """
    try:
        is_csv, kept = not is_xml(file), None
    except UnreadableStatementError as error:
        raise RefusedFileError([Refused(error.code, error.line, error.reason)]) from None
    if given is not None:
        mapping = load_bank_mapping(given)
        _need_unchanged(bank, mapping)
        kept = KeptMapping(mapping.name, mapping.version, given.read_bytes())
    elif is_csv:
        kept = chosen or bank.mappings.last_of(number)
    read_by = None if kept is None else _mapping_of(kept)
    statements = read_statements(file, read_by, number, [own.number for own in bank.accounts()])
    if kept is not None and is_csv:
        with bank.batch():
            bank.mappings.keep(number, kept)
    return statements


def _mapping_of(kept: KeptMapping) -> BankMapping:
    return bank_mapping_of(tomllib.loads(kept.content.decode()))


def _need_unchanged(bank: BankBook, mapping: BankMapping) -> None:
    """Raise WrongMappingError where the version was used and says something else now; comments do not matter."""
    kept = bank.mappings.version(mapping.name, mapping.version)
    if kept is not None and _mapping_of(kept) != mapping:
        zh = f"版本 {mapping.version} 用过后又改了，请用更大的版本号"
        en = f"version {mapping.version} was used and changed since: give a greater one"
        raise WrongMappingError([Problem("version", (zh, en), str(mapping.version + 1))])
