"""`jinbao bank`: bank accounts of the funds and the banks' statements."""

from __future__ import annotations

import typer

from jinbao.cli.bank import accounts, check, import_statement
from jinbao.presentation.prose import prose

app = typer.Typer(help=prose("Banks' statements"), no_args_is_help=True)
app.command("check", help=check.HELP)(check.check)
app.command("import", help=import_statement.HELP)(import_statement.import_)
app.add_typer(accounts.app, name="accounts")
