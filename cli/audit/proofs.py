"""`jinbao audit prove | check-proof`: proofs that an event stands in the transparency log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.audit.files import policy_of, text_of
from jinbao.cli.case import find_case
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note
from jinbao.cli.reading import opened
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator
from jinbao.platform import fact_labels
from jinbao.platform.audit.log.proofs import NotProvable, prove_events
from jinbao.platform.outbox.log_key import policy_in
from jinbao.platform.queries import Step
from jinbao.platform.whole_case import whole_timeline
from jinbao.presentation import formatting, labels
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.transparency import check_proof as checker

PROVE_HELP = prose("Write a proof for each event of a case, a PDF that holds them, and the program that checks them")
PDF = "proofs.pdf"
CHECK_HELP = prose("Check a proof against a policy")


def prove(
    ctx: typer.Context,
    transfer: Annotated[str, typer.Argument(help=prose("Transfer id, its first digits, or application number"))],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=prose("Folder for the proofs"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """One file an event, named by its position in the log, beside `check_proof.py` and `proofs.pdf`.

    Exit 1 without a case.
    """
    tr = translator(ctx)
    settings = load_settings(data, database=database)
    with opened(settings) as store, store.read() as work:
        row = find_case(work, transfer)
        if row is None:
            print_note(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"))
            raise typer.Exit(FAILED)
        steps = whole_timeline(work, row)
        positions = [step.position for step in steps]
        try:
            proofs = list(prove_events(work.bulk, positions, policy_in(settings.data)))
        except NotProvable as error:
            print_note(tr.error(error))
            raise typer.Exit(FAILED) from None
    paper = _pdf(tr, str(row.transfer_id), steps, dict(proofs))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for position, text in proofs:
            (out / f"{position}.tlog-proof").write_text(text, "utf-8")
        (out / "check_proof.py").write_bytes(Path(checker.__file__).read_bytes())
        (out / PDF).write_bytes(paper)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{out}：{zh}", f"{out}: {en}") from error
    if as_json_:
        names = [f"{position}.tlog-proof" for position in positions]
        print_json({"transfer": row.transfer_id, "proofs": names, "pdf": PDF})
    else:
        print_line(tr(f"{out}：{len(proofs)} 个证明", f"{out}: {len(proofs)} proofs"))


def _pdf(tr: Translator, transfer: str, steps: list[Step], proofs: dict[int, str]) -> bytes:
    from jinbao.web.forms_pdf.proofs import ProvedEvent, proofs_pdf  # the compiler takes half a second to begin

    told = []
    for step in steps:
        when, who = formatting.instant(step.received_at), tr.of(labels.province(step.sender))
        text = f"{when}  {who}  {tr.of(fact_labels.happened(step.fact))}"
        told.append(ProvedEvent(step.position, text, proofs[step.position]))
    return proofs_pdf(tr, transfer, told)


def check_proof(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=prose("A proof (.tlog-proof)"))],
    policy: Annotated[
        Path, typer.Option("--policy", metavar="FILE", help=prose("Which log and witnesses are trusted"))
    ],
    as_json_: JsonOption = False,
) -> None:
    """Exit 0 where the proof holds, 1 where it does not, 2 where a file cannot be read."""
    tr = translator(ctx)
    found = checker.check_proof(text_of(file), policy_of(policy))
    reason = found["reason"] and tr.of(found["reason"])
    if as_json_:
        print_json({**found, "reason": reason})
    elif found["valid"]:
        where = tr(f"日志 {found['origin']} 第 {found['index']} 条", f"entry {found['index']} of {found['origin']}")
        print_line(tr("成立：", "holds: ") + where)
    else:
        print_line(tr("不成立：", "does not hold: ") + reason)
    if not found["valid"]:
        raise typer.Exit(FAILED)
