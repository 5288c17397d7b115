"""`jinbao bank`: bank accounts of the funds and the banks' statements."""

from __future__ import annotations

import typer

from jinbao.cli import bank_accounts, bank_check, bank_import
from jinbao.presentation.prose import prose

app = typer.Typer(help=prose("Banks' statements"), no_args_is_help=True)
app.command("check", help=bank_check.HELP)(bank_check.check)
app.command("import", help=bank_import.HELP)(bank_import.import_)
app.add_typer(bank_accounts.app, name="accounts")
