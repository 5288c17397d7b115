"""`jinbao audit`: what an auditor asks of the history."""

from __future__ import annotations

import typer

from jinbao.cli import (
    audit_accesses,
    audit_as_of,
    audit_export,
    audit_findings,
    audit_keys,
    audit_proofs,
    audit_replay,
    audit_sample,
    audit_tests,
    audit_verify,
    audit_what_if,
)
from jinbao.presentation.prose import prose

app = typer.Typer(help=prose("The auditor's log: verify, prove, check a proof"), no_args_is_help=True)
app.command("verify", help=audit_verify.HELP)(audit_verify.verify)
app.command("prove", help=audit_proofs.PROVE_HELP)(audit_proofs.prove)
app.command("check-proof", help=audit_proofs.CHECK_HELP)(audit_proofs.check_proof)
app.command("sample", help=audit_sample.HELP)(audit_sample.sample)
app.command("as-of", help=audit_as_of.HELP)(audit_as_of.as_of)
app.command("replay", help=audit_replay.HELP)(audit_replay.replay)
app.command("export", help=audit_export.HELP)(audit_export.export)
app.command("accesses", help=audit_accesses.HELP)(audit_accesses.accesses)
app.command("what-if", help=audit_what_if.HELP)(audit_what_if.what_if)
app.command("report", help=audit_findings.REPORT_HELP)(audit_findings.report)
app.add_typer(audit_findings.app, name="finding")
app.add_typer(audit_keys.app, name="keys")
app.command("tests", help=audit_tests.HELP)(audit_tests.run)
