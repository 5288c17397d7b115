"""Cases of the kit: TOML files that say who does what and what the candidate must be seen to send then."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import BilingualError

FOLDER = Path(__file__).parent / "cases"
Role = Literal["destination", "origin"]
Side = Literal["destination", "origin", "kit"]


class CaseFileError(BilingualError):
    """A case that cannot be read: which file, and what was expected there."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: a side does something, and then the candidate must have sent what is expected."""

    side: Side | None = None
    """Who does it: one of the provinces, or the kit between them."""
    do: str | None = None
    person: str = "first"
    """Which of the case's persons it is about."""
    name: str | None = None
    """The person's name, where it is not an ordinary one."""
    history: Literal["whole", "short"] = "whole"
    """Which contributions are registered."""
    decision: str | None = None
    fields: Mapping[str, Any] = {}
    amount: str | None = None
    """A sum in fen: `sheet`, `sheet - 100`, `sheet of second`."""
    message: str = ""
    """Which message the kit delivers."""
    days: int = 0
    """How many days pass."""
    expect: Sequence[Mapping[str, Any]] = ()
    """Messages that the candidate must have sent by now, each with `kind` and the fields that it must have."""
    quiet: bool = False
    """The candidate must send nothing about the person in this step."""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case, for a candidate in one role."""

    id: str
    role: Role
    required: bool
    title_zh: str
    title_en: str
    after: str | None = None
    """Case whose steps come first."""
    needs: Sequence[str] = ()
    """Cases besides; where one of all those is not passed, this one is not run: its own fault would not be seen."""
    disruptive: bool = False
    """It comes after all others: it may stop a weak adapter for good."""
    checks: Sequence[str] = ()
    """What every message of the candidate is held against besides."""
    step: Sequence[Step] = ()

    @property
    def before(self) -> tuple[str, ...]:
        """Cases that must have passed."""
        return (*(() if self.after is None else (self.after,)), *self.needs)


def load_cases(folder: Path = FOLDER) -> list[Case]:
    """Every case, each after those that it builds on, the disruptive ones last. Raises CaseFileError."""
    cases = {case.id: case for case in map(_read, sorted(folder.glob("*.toml")))}
    for case in cases.values():
        if any(one not in cases or cases[one].role != case.role for one in case.before):
            raise CaseFileError(
                f"{case.id}：after 和 needs 应为同一角色的用例",
                f"{case.id}: after and needs name cases of the same role",
            )
    ordered: dict[str, Case] = {}

    def place(case: Case) -> None:
        for one in case.before:
            place(cases[one])
        ordered.setdefault(case.id, case)

    for case in cases.values():
        place(case)
    return sorted(ordered.values(), key=lambda case: case.id.partition("-")[2] if case.disruptive else "")


def steps_of(case: Case, cases: Mapping[str, Case]) -> list[Step]:
    """The steps of what the case builds on, then its own."""
    before = [] if case.after is None else steps_of(cases[case.after], cases)
    return [*before, *case.step]


def kit_hash() -> str:
    """SHA-256 over the cases and the kit's own code, by which a report names the kit that it holds for; hexadecimal."""
    return hash_of([*sorted(FOLDER.glob("*.toml")), *sorted(FOLDER.parent.glob("*.py"))])


def hash_of(files: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files, in that order; hexadecimal."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read(file: Path) -> Case:
    try:
        case = msgspec.convert(tomllib.loads(file.read_text("utf-8")), type=Case)
    except tomllib.TOMLDecodeError as error:
        zh, en = toml_reason(error)
        raise CaseFileError(f"{file}：不是有效的用例：{zh}", f"{file}: not a valid case: {en}") from None
    except msgspec.ValidationError as error:
        raise CaseFileError(f"{file}：不是有效的用例：{error}", f"{file}: not a valid case: {error}") from None
    if case.id != file.stem:
        raise CaseFileError(f"{file}：id 应与文件同名", f"{file}: its id must be the file's name")
    return case
