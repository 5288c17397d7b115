"""`jinbao audit`: the transparency log verified, and proofs of what stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.case import find_case
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, progress
from jinbao.cli.reading import opened
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator
from jinbao.platform.audit.folds import not_covered, verify_store
from jinbao.platform.audit.log import newest_head
from jinbao.platform.audit.proofs import NotProvable, prove_events
from jinbao.platform.audit.served import all_paths, served
from jinbao.platform.audit.verify import Verified, as_json
from jinbao.platform.outbox.log_key import FOLDER, POLICY
from jinbao.platform.store.store import Store
from jinbao.platform.whole_case import whole_timeline
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.transparency import check_proof as checker
from jinbao.transparency.check_proof import NotValid, Policy, parse_policy

app = typer.Typer(help=prose("The auditor's log: verify, prove, check a proof"), no_args_is_help=True)

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help=prose("Which log and witnesses are trusted"))
]


def _text_of(path: Path) -> str:
    """A small file's text. Raises UserError."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}：不是文本文件", f"{path}: not a text file") from None
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error


def _policy_of(path: Path) -> Policy:
    try:
        return parse_policy(_text_of(path))
    except NotValid as error:
        zh, en = error.words
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error


@app.command(help=prose("Make every entry of the log again from the stored rows, and check roots and signatures"))
def verify(
    ctx: typer.Context,
    policy: PolicyOption = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="CHECKPOINT", help=prose("A checkpoint that you have kept; several may be")),
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help=prose("Write checkpoint and tiles here"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Exit 0 where the log holds, 1 where it does not, 2 where it cannot be verified."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    trusted = _policy_of(policy or settings.data / FOLDER / POLICY)
    kept = [_text_of(path) for path in against or ()]
    with opened(settings, with_read_models=False) as store:
        found = _verified(tr, store, trusted, kept)
        left_out = [tr.of(words) for words in not_covered(store, found.adopted)]
        if export is not None:
            _export(store, export)
    if as_json_:
        print_json(as_json(found, left_out, tr))
    else:
        _print(tr, found, left_out)
    if found.bad:
        raise typer.Exit(FAILED)


def _verified(tr: Translator, store: Store, policy: Policy, kept: list[str]) -> Verified:
    with store.read() as work:
        size = newest_head(work.bulk).size
    with progress(tr("核验日志", "verifying the log"), size) as advance:
        done = 0

        def told(position: int) -> None:
            nonlocal done
            advance(position - done)
            done = position

        return verify_store(store, policy, kept, told)


def _export(store: Store, folder: Path) -> None:
    try:
        with store.read() as work:
            for path in all_paths(work.bulk):
                content = served(work.bulk, path)
                if content is not None:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(content)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{folder}：{zh}", f"{folder}: {en}") from error


def _print(tr: Translator, found: Verified, left_out: list[str]) -> None:
    first = found.first_bad
    print_line(f"{found.origin or '-'}  {found.size:,}  {found.root.hex()}")
    checked = tr(f"已核验签名 {found.signatures:,} 个", f"{found.signatures:,} signatures checked")
    tail = tr(
        f"未见证的尾部 {found.size - found.witnessed:,} 条", f"{found.size - found.witnessed:,} entries unwitnessed"
    )
    print_line(f"{checked}; {tail}")
    for words in left_out:
        print_note(tr("未覆盖：", "not covered: ") + words)
    if first is None:
        print_line(tr("日志成立", "the log holds"))
    else:
        print_line(tr(f"第 {first.at} 条：", f"entry {first.at}: ") + f"{first.code} {tr.of(first.text)}")


@app.command(help=prose("Write a proof for each event of a case, and the program that checks them"))
def prove(
    ctx: typer.Context,
    transfer: Annotated[str, typer.Argument(help=prose("Transfer id, its first digits, or application number"))],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=prose("Folder for the proofs"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """One file an event, named by its position in the log, and `check_proof.py` beside them; exit 1 without a case."""
    tr = translator(ctx)
    with opened(load_settings(data, database=database)) as store, store.read() as work:
        row = find_case(work, transfer)
        if row is None:
            print_note(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"))
            raise typer.Exit(FAILED)
        positions = [step.position for step in whole_timeline(work, row)]
        try:
            proofs = list(prove_events(work.bulk, positions))
        except NotProvable as error:
            print_note(tr.error(error))
            raise typer.Exit(FAILED) from None
    try:
        out.mkdir(parents=True, exist_ok=True)
        for position, text in proofs:
            (out / f"{position}.tlog-proof").write_text(text, "utf-8")
        (out / "check_proof.py").write_bytes(Path(checker.__file__).read_bytes())
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{out}：{zh}", f"{out}: {en}") from error
    if as_json_:
        print_json({"transfer": row.transfer_id, "proofs": [f"{position}.tlog-proof" for position in positions]})
    else:
        print_line(tr(f"{out}：{len(proofs)} 个证明", f"{out}: {len(proofs)} proofs"))


@app.command("check-proof", help=prose("Check a proof against a policy"))
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
    found = checker.check_proof(_text_of(file), _policy_of(policy))
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
