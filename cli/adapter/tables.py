"""`jinbao adapter tables`: the statements that make the two tables in a province's database."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.output import print_line
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError

HELP = prose("Print the SQL that makes the tables jinbao_in and jinbao_out")
DIALECTS = ("postgresql", "sqlite")


def tables(
    dialect: Annotated[str, typer.Option("--dialect", help=prose("postgresql or sqlite"))] = "postgresql",
) -> None:
    """Statements to be given to psql or sqlite3 by whoever keeps the province's database."""
    from jinbao.regional_adapter.files.ways_in.sql_tables import ddl

    if dialect not in DIALECTS:
        raise UserError("--dialect：应为 postgresql 或 sqlite", "--dialect: must be postgresql or sqlite")
    print_line(ddl(dialect).strip())
