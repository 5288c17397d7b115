"""Proofs of a case's events as one PDF: each event with a QR code of index, leaf and root, the proofs attached.

A proof with a quorum's cosignatures is longer than a QR code can hold, so the code names what the attached file proves.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import segno

from jinbao.language.words import Translator
from jinbao.transparency import check_proof as checker
from jinbao.transparency.check_proof import leaf_hash, parse_checkpoint, parse_note, parse_proof
from jinbao.web.forms_pdf.compiled import compiled

_TEMPLATE = Path(__file__).parent / "proofs.typ"


class ProvedEvent(msgspec.Struct, frozen=True):
    """An event of the case."""

    position: int
    text: str
    """What happened, and when."""
    proof: str
    """Its `.tlog-proof`."""


class _Event(msgspec.Struct, frozen=True):
    position: str
    text: str
    lines: list[str]
    qr: str
    alt: str


class _Document(msgspec.Struct, frozen=True):
    title: str
    language: str
    lead: list[str]
    checkpoint: str
    heads: list[str]
    events: list[_Event]
    files: list[tuple[str, str]]


def proofs_pdf(tr: Translator, transfer: str, proved: Sequence[ProvedEvent]) -> bytes:
    """The PDF. The proofs are attached as `POSITION.tlog-proof`, with `check_proof.py`. Raises MissingGlyph."""
    notes = [parse_note(parse_proof(one.proof).note).text for one in proved]
    document = _Document(
        tr(f"业务 {transfer} 的日志证明", f"Proofs of the log for case {transfer}"),
        tr.language,
        [
            tr(
                "每个事件的证明是本文件的附件（位置.tlog-proof）；附件 check_proof.py 只需 Python，可按策略核验：",
                "The proof of each event is attached to this file (POSITION.tlog-proof); check_proof.py, attached too, "
                "needs Python alone and checks it against a policy file:",
            ),
            "python3 check_proof.py FILE --policy policy",
        ],
        max(notes, key=lambda text: parse_checkpoint(text).size),
        [tr("位置", "Position"), tr("事件", "Event"), tr("二维码", "QR code")],
        [_event(tr, one) for one in proved],
        [
            *((f"{one.position}.tlog-proof", one.proof) for one in proved),
            ("check_proof.py", Path(checker.__file__).read_text("utf-8")),
        ],
    )
    return compiled(_TEMPLATE, msgspec.json.encode(document).decode())


def _event(tr: Translator, one: ProvedEvent) -> _Event:
    proof = parse_proof(one.proof)
    checkpoint = parse_checkpoint(parse_note(proof.note).text)
    assert proof.extra is not None, "a proof of ours holds its entry"
    lines = [f"index {proof.index}", f"leaf {leaf_hash(proof.extra).hex()}", f"root {checkpoint.root.hex()}"]
    drawn = io.BytesIO()
    segno.make("\n".join(lines), error="m", micro=False).save(drawn, kind="svg", xmldecl=False)
    alt = tr(f"二维码：第 {proof.index} 条的序号、叶、根", f"QR code: index, leaf and root of entry {proof.index}")
    return _Event(str(one.position), one.text, lines, drawn.getvalue().decode(), alt)
