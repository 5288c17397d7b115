"""`jinbao audit`: what an auditor asks of the history."""

from __future__ import annotations

import typer

from jinbao.cli.audit import (
    accesses,
    as_of,
    export,
    findings,
    keys,
    proofs,
    replay,
    sample,
    standing_tests,
    verify,
    what_if,
)
from jinbao.presentation.prose import prose

app = typer.Typer(help=prose("The auditor's log: verify, prove, check a proof"), no_args_is_help=True)
app.command("verify", help=verify.HELP)(verify.verify)
app.command("prove", help=proofs.PROVE_HELP)(proofs.prove)
app.command("check-proof", help=proofs.CHECK_HELP)(proofs.check_proof)
app.command("sample", help=sample.HELP)(sample.sample)
app.command("as-of", help=as_of.HELP)(as_of.as_of)
app.command("replay", help=replay.HELP)(replay.replay)
app.command("export", help=export.HELP)(export.export)
app.command("accesses", help=accesses.HELP)(accesses.accesses)
app.command("what-if", help=what_if.HELP)(what_if.what_if)
app.command("report", help=findings.REPORT_HELP)(findings.report)
app.add_typer(findings.app, name="finding")
app.add_typer(keys.app, name="keys")
app.command("tests", help=standing_tests.HELP)(standing_tests.run)
