"""The forms in which a nation's provinces hand in what they know: one for all, or in turns; `--forms` names them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, load_mapping
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.provinces import PROVINCES
from jinbao.simulator.own_files import OwnFiles
from jinbao.simulator.own_tables import OwnTables

EXAMPLES = Path(__file__).parents[1] / "examples" / "provinces"
MIXED = "mixed"
"""Provinces take turns through all forms."""
SQL = "sql"
"""Rows of a table in the province's database; its columns are those of _COLUMNS_OF_TABLES."""
_COLUMNS_OF_TABLES = "json-lines"


class UnknownFormsError(BilingualError):
    """Forms that no example set has; the message names those that there are."""


def names_of_forms() -> tuple[str, ...]:
    """What `--forms` may name besides MIXED. Raises UnknownFormsError where the examples are not beside the program."""
    try:
        index = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    except OSError:
        zh, en = f"没有表单样例 {EXAMPLES}", f"there are no examples of forms at {EXAMPLES}"
        raise UnknownFormsError(zh, en) from None
    return (*(one["name"] for one in index), SQL)


def check_forms(forms: str | None) -> None:
    """Raises UnknownFormsError where there are no such forms."""
    if forms is not None and forms not in (names := (*names_of_forms(), MIXED)):
        known = ", ".join(names)
        raise UnknownFormsError(f"--forms {forms}：应为 {known} 之一", f"--forms {forms}: must be one of {known}")


def open_forms(forms: str | None, local: EmbeddedLocalSystem, folder: Path) -> OwnFiles | None:
    """A province's own files, or tables, in a nation of those forms; None where it has none.

    `folder`: the province's.
    """
    if forms is None:
        return None
    names = names_of_forms()
    name = names[sorted(PROVINCES).index(local.province) % len(names)] if forms == MIXED else forms
    if name == SQL:
        return OwnTables(local, _mapping(_COLUMNS_OF_TABLES), folder)
    return OwnFiles(local, _mapping(name), folder)


@cache
def _mapping(name: str) -> Mapping:
    return load_mapping(EXAMPLES / name / "mapping.toml")
