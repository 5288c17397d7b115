"""Access: which role may use which endpoint, for whose things; read from `access.toml`, refused where it has gaps."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from jinbao.rules.provinces import PROVINCES
from jinbao.web.accounts.users import ROLES, Role, User

FILE = Path(__file__).parent / "access.toml"

Relation = Literal["own", "counterpart", "foreign"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an endpoint is about: the province whose it is, and the other that takes part; the nation has neither."""

    province: str | None = None
    counterpart: str | None = None

    def relation_to(self, user: User) -> Relation:
        """Whose it is, for this user."""
        if user.province is not None and user.province == self.province:
            return "own"
        if user.province is not None and user.province == self.counterpart:
            return "counterpart"
        return "foreign"


NATION = Subject()


def asked_for(user: User, province: str) -> Subject | None:
    """Whose things a user asks for: a province's, the user's own where none is named, or the nation's.

    None where there is no such province, and to users of another: there it does not exist.
    """
    own = user.province
    if province and (province not in PROVINCES or own not in (None, province)):
        return None
    return Subject(province or own)


class AccessError(Exception):
    """The table of access and the endpoints do not agree: a defect, told at start."""


@dataclass(frozen=True, slots=True)
class Access:
    """The table."""

    open: frozenset[str]
    """Endpoints that need no signing in, as "GET /path"."""
    cells: Mapping[str, Mapping[Role, frozenset[Relation]]]

    def may_use(self, user: User, endpoint: str) -> bool:
        """Whether the user's role has a cell there at all."""
        return bool(self.cells[endpoint].get(user.role))

    def may_reach(self, user: User, endpoint: str) -> bool:
        """Whether there is anything that the user may see there: a page of their own province needs a province."""
        cell = self.cells[endpoint].get(user.role, frozenset())
        return bool(cell if user.province is not None else cell & {"foreign"})

    def may_see(self, user: User, endpoint: str, subject: Subject) -> bool:
        """Whether the user may use the endpoint for this."""
        return subject.relation_to(user) in self.cells[endpoint].get(user.role, ())

    def check(self, endpoints: Iterable[str]) -> None:
        """Raise AccessError where an endpoint is not in the table."""
        missing = sorted(set(endpoints) - self.open - set(self.cells))
        if missing:
            raise AccessError(f"web/access.toml does not say who may use: {', '.join(missing)}")


def endpoint_of(method: str, path: str) -> str:
    """The name of a route in the table: a page and its JSON are one endpoint."""
    return f"{method} {path.removeprefix('/api')}"


def load_access(file: Path = FILE) -> Access:
    """The table. Raises AccessError for a role or a relation that there is not."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    cells: dict[str, dict[Role, frozenset[Relation]]] = {}
    for endpoint, row in content["signed_in"].items():
        cells[endpoint] = {}
        for role, text in row.items():
            relations = frozenset(RELATIONS if text == "all" else text.split())
            if role not in ROLES or not relations <= set(RELATIONS):
                raise AccessError(f"{file}: {endpoint}: {role} = {text!r}")
            cells[endpoint][role] = relations
    return Access(frozenset(content["open"]), cells)
