"""A page: a function from who asks and what is asked for to a value, which is the JSON of /api, and its template.

No page computes figures: its function calls what the commands call. How to add one: docs/pages.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeAlias

import msgspec

from jinbao.language.words import BilingualError, Translator
from jinbao.web.access import NATION, Subject
from jinbao.web.accounts.users import User
from jinbao.web.security import MOST_BYTES

LEAST, MOST = -(2**63), 2**63 - 1
"""Whole numbers that may be asked for: those that a database can hold."""


class NoQuery(msgspec.Struct, frozen=True):
    """A page that asks for nothing."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in which language."""

    user: User
    tr: Translator


class Refused(BilingualError):
    """What was asked for cannot be done or does not exist; told to the user with this status."""

    def __init__(self, zh: str, en: str, status: int = 422) -> None:
        super().__init__(zh, en)
        self.status = status


def not_found() -> Refused:
    """The one answer for what does not exist and for what is not the user's to see."""
    return Refused("没有此页，或您无权查看", "no such page, or it is not yours to see", 404)


About: TypeAlias = Callable[[Asker, Any], Subject | None]
"""Whose things a page shows or an action changes; None where they do not exist. Asked before anything else is done."""


def the_nation(asker: Asker, query: object) -> Subject | None:
    """For pages about all provinces."""
    return NATION


def the_own_province(asker: Asker, query: object) -> Subject | None:
    """For pages about the user's own province."""
    return None if asker.user.province is None else Subject(asker.user.province)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: GET `path` shows it, GET `/api` + path answers its value."""

    path: str
    """As a route; the parts in braces are fields of the query."""
    title: str
    """English, marked by `prose`."""
    template: str | None
    """None: for programs, under /api only."""
    value: Callable[[Asker, Any], object]
    """Who asks and an instance of `query` → the page's value: Structs, dataclasses, dicts, lists, numbers, texts."""
    query: type[msgspec.Struct] = NoQuery
    """Fields that may stand in the path and behind the question mark, each with its type and default."""
    about: About = the_nation
    menu: bool = False
    """Whether the heads of pages link to it."""
    menu_query: str = ""
    """What stands behind its path there: the filter that is of use at first."""
    live: str | None = None
    """Path of a `Live` whose value keeps the page's figures up to date."""


@dataclass(frozen=True, slots=True)
class File:
    """A file for a browser to show or to keep."""

    name: str
    """In ASCII and without anything personal: it stands in a header and in the user's folder."""
    content: bytes
    shown: Literal["inline", "attachment"] = "inline"


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made when it is asked for: GET `path`, and `/api` + path, answer it."""

    path: str
    kind: str
    """Media type of what it makes."""
    make: Callable[[Asker, Any], File]
    """Who asks and an instance of `query` → the file. Raises Refused."""
    query: type[msgspec.Struct] = NoQuery
    about: About = the_nation


@dataclass(frozen=True, slots=True)
class Done:
    """What an action has done."""

    location: str
    """The page that a browser is shown next."""
    value: object = None
    """The JSON of /api."""
    status: int = 200
    shown: tuple[Page, object] | None = None
    """A page with its value that a browser is shown at once with this status, instead of being led to another: what was
    found by a search, or a form with its faults. It stands under no address, so nothing of it is in one."""
    download: tuple[str, bytes] | None = None
    """A file that a browser is given instead: its name, and its content."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent with a form; it can be read while the action runs."""

    name: str
    content: BinaryIO


Sent: TypeAlias = Annotated[
    Any, msgspec.Meta(extra_json_schema={"type": "string", "contentEncoding": "base64", "default": ""})
]
"""A field that takes a file: a `SentFile` of a form, base64 of a program (`form_data.sent_file`)."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a user does: POST `path` with a form, POST `/api` + path with JSON."""

    path: str
    act: Callable[[Asker, Any], Done]
    """Who asks and an instance of `form` → what was done. Raises Refused."""
    form: type[msgspec.Struct] = NoQuery
    """Fields of path and form."""
    about: About = the_nation
    most_bytes: int = MOST_BYTES
    """Of what is sent. Where it is more than usual, nothing is read of anybody who may not use the action."""


@dataclass(frozen=True, slots=True)
class Live:
    """A value about the whole nation that is sent again whenever it has changed, the same to every viewer."""

    path: str
    """Of the WebSocket."""
    value: Callable[[], object]
    version: Callable[[], object]
    """Something cheap, as the position of the read models: once it is another, the value may be, too."""


@dataclass(frozen=True, slots=True)
class Site:
    """One application's pages: the nation's, or the provinces'."""

    name: str
    pages: Sequence[Page]
    actions: Sequence[Action]
    templates: Path
    live: Sequence[Live] = ()
    downloads: Sequence[Download] = ()


def built_ins(value: object) -> Any:
    """A value as JSON knows it: what /api answers, and exactly what a template is given."""
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)
