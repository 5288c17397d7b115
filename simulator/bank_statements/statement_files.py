"""Files of statements as a nation's banks hand them over, under the province's own folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinbao.regional_adapter.statements.bank_mapping import BankMapping, load_bank_mapping
from jinbao.regional_adapter.statements.statement_file import ReadStatement, read_statements
from jinbao.rules.provinces import PROVINCES
from jinbao.simulator.bank_statements.bank_days import KINDS, Movement, Place
from jinbao.simulator.bank_statements.bank_forms import FORMS, BookedRow, StatementRows
from jinbao.simulator.bank_statements.evening_statements import Statement

EXAMPLES = Path(__file__).parents[2] / "examples" / "banks"
_ISO_CODES = {"手续费": "CHRG", "利息": "INTR"}
"""What a bank that writes camt.053 says for its own words."""


def hand_over(folder: Path, told: Statement) -> Sequence[ReadStatement]:
    """Write a file in the bank's form, and read it as its province does."""
    name = _form(told)
    words = _ISO_CODES if name == "camt053" else {}
    rows = [_row(movement, index, words) for index, movement in enumerate(told.moved, 1)]
    number = f"{told.place.number}-{told.day:%Y%m%d}{'-R' if told.is_anew else ''}"
    opening = _yuan(told.opening_fen)
    statement = StatementRows(number, told.place.number, opening, str(told.first_day), str(told.day), rows)
    file = _file(folder, told)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(FORMS[name](statement))
    return read(folder, told)


def read(folder: Path, told: Statement) -> Sequence[ReadStatement]:
    """What was handed over."""
    name, place = _form(told), told.place
    own = [Place(place.province, kind).number for kind in KINDS]
    return read_statements(_file(folder, told), None if name == "camt053" else _mapping(name), place.number, own)


def _file(folder: Path, told: Statement) -> Path:
    place = told.place
    name = f"{told.day}{'-R' if told.is_anew else ''}.{'xml' if _form(told) == 'camt053' else 'csv'}"
    return folder / "local" / place.province / "banks" / place.number / name


def _form(told: Statement) -> str:
    """The form in which a province's bank writes, provinces take turns through all; a CSV tells of its rows' days."""
    names = tuple(FORMS)
    tells_of_its_day = any(movement.day == told.day for movement in told.moved)
    return names[sorted(PROVINCES).index(told.place.province) % len(names)] if tells_of_its_day else "camt053"


def _row(movement: Movement, number: int, codes: Mapping[str, str]) -> BookedRow:
    other = movement.other
    return BookedRow(
        str(movement.day),
        _yuan(movement.amount_fen),
        f"合成基金{other.province}" if other else "",
        other.number if other else "",
        movement.remark,
        movement.reference,
        codes.get(movement.kind, movement.kind),
        f"{number:04d}",
    )


def _yuan(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(Decimal("0.01"))


@cache
def _mapping(name: str) -> BankMapping:
    return load_bank_mapping(EXAMPLES / name / "mapping.toml")
