"""A story: a case told step by step in a TOML or JSON file, and the messages that its steps say.

Short names stand for persons, transfers, payments and earlier steps; ids are derived from the story's name and theirs,
so the same story always says the same messages. Amounts are yuan, days are Beijing days. What a step leaves out is
taken from what was said before (versions, totals, payments) or filled in plainly synthetically.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from jinbao.language.words import BilingualError, words_of
from jinbao.rules.days import read_day, read_moment
from jinbao.rules.procedures import DEFAULT_PROCEDURE
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.derived_ids import transfer_id
from jinbao.schemas.messages import ApplicationAccepted, TransferOffered, UnassignedFundsReceived

NAMES = ("story.toml", "story.json")
"""Where a folder keeps its story."""
NAMESPACE = UUID("5a0d5be2-4f3a-5c6e-9b0e-2f6f0d6c9a41")
FIRST_HOUR = time(10)
_EPOCH = datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)
BEGINNINGS = (ApplicationAccepted.NAME, TransferOffered.NAME, UnassignedFundsReceived.NAME)
"""Messages with which a transfer begins: the number of their document makes its id."""
_HEAD = {"name", "title_zh", "title_en", "about_zh", "about_en", "procedure", "transfer", "step"}


class StoryError(BilingualError):
    """The story cannot be played; the message names file, step and field."""


@dataclass(frozen=True, slots=True)
class Course:
    """A transfer of the story: who is moved from where to where."""

    name: str
    transfer_id: bytes
    person: str
    origin: str
    destination: str
    document: str
    """Number of the document that begins it: of the application, the offer or the voucher."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as written; `number` counts from 1."""

    number: int
    at: int
    """Microseconds since 1970 UTC."""
    fields: Mapping[str, Any]

    @property
    def says(self) -> str | None:
        """Name of the message, or None for a step that only lets time pass."""
        return self.fields.get("say")


@dataclass(slots=True)
class Story:
    """A story as read: its steps are turned into messages one after the other (`StoryWriter`)."""

    file: Path
    name: str
    title_zh: str
    title_en: str
    about_zh: str
    about_en: str
    procedure: str
    courses: dict[str, Course]
    steps: list[Step] = field(default_factory=list)

    def id_of(self, kind: str, name: str) -> bytes:
        """The 16 bytes of a person, step or key of this story."""
        return uuid5(NAMESPACE, f"{self.name} {kind} {name}").bytes

    def error(self, step: int, where: str, text: str) -> StoryError:
        """What is wrong with a field of a step."""
        zh, en = words_of(text)
        return StoryError(f"{self.file}: step {step}: {where}: {zh}", f"{self.file}: step {step}: {where}: {en}")


def find_story(path: Path) -> Path:
    """The file itself, or the one that the folder keeps. Raises StoryError."""
    if path.is_dir():
        for name in NAMES:
            if (path / name).is_file():
                return path / name
        raise StoryError(f"{path}：文件夹中没有 {NAMES[0]}", f"{path}: the folder holds no {' or '.join(NAMES)}")
    if not path.is_file():
        raise StoryError(f"{path}：没有这个文件", f"{path}: no such file or folder")
    return path


def read_story(path: Path) -> Story:
    """Read a story from its file or folder. Raises StoryError."""
    file = find_story(path)
    try:
        text = file.read_text(encoding="utf-8")
        table = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise StoryError(f"{file}: {error}") from error
    story = story_of(table, file)
    if not story.steps:
        raise StoryError(f"{file}: step：至少一步", f"{file}: step: at least one step is needed")
    return story


def story_of(table: Any, file: Path) -> Story:
    """The story that a table tells; `file` is named in errors. Raises StoryError."""
    if not isinstance(table, dict) or not isinstance(table.get("step"), list):
        raise StoryError(f"{file}: step：须为步骤的列表", f"{file}: step: a list of steps is needed")
    for key in table:
        if key not in _HEAD:
            raise StoryError(
                f"{file}: {key}：没有这一项；有 {', '.join(sorted(_HEAD))}",
                f"{file}: {key}: unknown key; known are {', '.join(sorted(_HEAD))}",
            )
    texts = {key: table.get(key, "") for key in ("name", "title_zh", "title_en", "about_zh", "about_en")}
    texts["procedure"] = table.get("procedure", DEFAULT_PROCEDURE)
    for key, value in texts.items():
        if not isinstance(value, str):
            raise StoryError(f"{file}: {key}：须为文字", f"{file}: {key}: a text is needed")
    texts["name"] = texts["name"] or (file.parent.name if file.name in NAMES else file.stem)
    story = Story(file=file, courses={}, **texts)
    courses = table.get("transfer", {})
    if not isinstance(courses, dict):
        raise StoryError(
            f"{file}: transfer：须为表 [transfer.名称]", f"{file}: transfer: tables [transfer.NAME] are needed"
        )
    for name, row in courses.items():
        story.courses[name] = _course(story, name, row, _beginning(table["step"], name, alone=len(courses) == 1))
    at = 0
    for number, row in enumerate(table["step"], start=1):
        if not isinstance(row, dict):
            raise StoryError(f"{file}: step {number}：须为一个表", f"{file}: step {number}: a table is needed")
        at = _instant(story, number, row, at)
        story.steps.append(Step(number, at, row))
    return story


def _beginning(steps: list[Any], name: str, *, alone: bool) -> Mapping[str, Any]:
    """The step with which a transfer begins; empty where the story has none."""
    rows: list[Mapping[str, Any]] = [row for row in steps if isinstance(row, dict) and row.get("say") in BEGINNINGS]
    own = [row for row in rows if row.get("transfer", name if alone else None) == name]
    return own[0] if own else {}


def _course(story: Story, name: str, row: Any, beginning: Mapping[str, Any]) -> Course:
    where = f"{story.file}: transfer.{name}"
    if not isinstance(row, dict) or not set(row) <= {"person", "origin", "destination", "begun_by"}:
        raise StoryError(
            f"{where}：须有 origin、destination，有几个人时还须有 person",
            f"{where}: origin, destination and, where there are several, person are needed",
        )
    for side in ("origin", "destination"):
        if str(row.get(side)) not in PROVINCES:
            raise StoryError(
                f"{where}.{side}：应为省级代码，{', '.join(PROVINCES)} 之一",
                f"{where}.{side}: a province code is needed, one of {', '.join(PROVINCES)}",
            )
    person = row.get("person", "person")
    if not isinstance(person, str):
        raise StoryError(f"{where}.person：须为一个短名", f"{where}.person: a short name is needed")
    side = row.get("begun_by", "origin" if beginning.get("say") == TransferOffered.NAME else "destination")
    if side not in ("origin", "destination"):
        raise StoryError(
            f"{where}.begun_by：应为 origin 或 destination", f"{where}.begun_by: origin or destination is needed"
        )
    document = str(beginning.get("document", name))
    whose = UUID(bytes=story.id_of("person", str(beginning.get("person", person))))
    derived = transfer_id(whose, row[side], document)
    return Course(name, derived.bytes, person, row["origin"], row["destination"], document)


def instant_of(moment: datetime) -> int:
    """Microseconds since 1970 UTC of a moment, which is Beijing's where it names no zone."""
    aware = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment_of(instant: int) -> datetime:
    """The instant as Beijing's time."""
    return _EPOCH + timedelta(microseconds=instant)


def _instant(story: Story, number: int, row: Mapping[str, Any], before: int) -> int:
    """When a step happens: a day begins at ten, the same day goes on a minute after the step before."""
    given = row.get("at")
    minute_later = before + 60_000_000
    if given is None:
        if before == 0:
            raise story.error(number, "at", "第一步须写明日期 / the first step needs its day")
        return minute_later
    try:
        moment = read_moment(given) if isinstance(given, str) and len(given) > 10 else given
        if isinstance(moment, datetime):
            at = instant_of(moment)
        else:
            day = read_day(moment) if isinstance(moment, str) else moment
            if not isinstance(day, date):
                raise ValueError("not a day")
            same = before and moment_of(before).date() == day
            at = minute_later if same else instant_of(datetime.combine(day, FIRST_HOUR))
    except ValueError as error:
        raise story.error(number, "at", "应为日期或日期加时间 / a day or a day with its time is needed") from error
    if at < before:
        raise story.error(number, "at", "早于上一步 / lies before the step above")
    return at
