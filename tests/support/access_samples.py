"""Addresses of every page and action for the test of access: for each user, of what is theirs, foreign and unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from jinbao.platform.projections.case_board import BoardRow, case_list
from jinbao.platform.store.store import Store
from jinbao.web.access import Access, Subject, endpoint_of
from jinbao.web.accounts.users import User
from jinbao.web.page import Action, Download, Page

Whose = Literal["own", "counterpart", "foreign", "unknown"]
UNKNOWN = UUID("00000000-dead-4bad-8bad-000000000000")
_COUNTED = ("document", "file")
"""Numbers that each desk counts by itself: another's is unknown here, or is one of its own."""
PARAMETERS = ("transfer", "break_id", "province", "number", "origin", "destination", *_COUNTED)
"""What may stand in a path here and says whose it is. Whoever adds another says in `Samples.of` what stands for it."""
_SAME_FOR_ALL = {"form": "application", "alert": "adapter_silent", "place:path": "checkpoint"}
"""What may stand in a path beside that."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One address of an endpoint, and whose it is for a user."""

    path: str
    whose: Whose


@dataclass(frozen=True, slots=True)
class Samples:
    """Cases of the nation, by who takes part in them."""

    cases: list[BoardRow]

    @classmethod
    def read(cls, store: Store) -> Samples:
        """All cases, from the read model that lists them."""
        with store.read() as work:
            return cls(case_list(work, limit=10_000))

    def of(self, part: Page | Action | Download, user: User, *, at_the_desk: bool) -> Iterator[Sample]:
        """An address for each relation that the user can have to the endpoint. `at_the_desk`: of a province."""
        path, query = part.path, () if isinstance(part, Action) else part.query.__struct_fields__
        path = filled_in(path)
        names = re.findall(r"\{(\w+)\}", path)
        others = sorted(set(names) - set(PARAMETERS))
        assert not others, f"{path}: say in tests/support/access_samples.py what stands for {others}"
        if "transfer" in names:
            yield Sample(path.replace("{transfer}", str(UNKNOWN)), "unknown")
            yield Sample(path.replace("{transfer}", "no-transfer"), "unknown")
            for whose, transfer in self._cases_for(user, at_the_desk=at_the_desk).items():
                yield Sample(path.replace("{transfer}", str(transfer)), whose)
        elif "origin" in names:
            ends: dict[Whose, tuple[str, str]] = {"unknown": ("99", "65"), "foreign": ("65", "54")}
            if user.province:
                ends |= {"own": ("65", user.province), "counterpart": (user.province, "65")}
            for whose, (origin, destination) in ends.items():
                yield Sample(path.replace("{origin}", origin).replace("{destination}", destination), whose)
        elif "province" in names:
            yield Sample(path.replace("{province}", "99"), "unknown")
            yield Sample(path.replace("{province}", "65"), "foreign")
            if user.province:
                yield Sample(path.replace("{province}", user.province), "own")
        elif "province" in query:  # a list by filter: of the user's own unless another is asked for
            yield Sample(path, "own" if user.province else "foreign")
            yield Sample(f"{path}?province=65", "foreign")
            yield Sample(f"{path}?province=99", "unknown")
        elif "break_id" in names:
            yield Sample(path.replace("{break_id}", str(UNKNOWN)), "unknown")
        elif "number" in names:
            yield Sample(path.replace("{number}", "999999"), "unknown")
        elif counted := [name for name in names if name in _COUNTED]:
            yield Sample(path.replace(f"{{{counted[0]}}}", "999999"), "unknown")
        elif at_the_desk:
            yield Sample(path, "own" if user.province else "foreign")
        else:
            yield Sample(path, "foreign")

    def _cases_for(self, user: User, *, at_the_desk: bool) -> Mapping[Whose, UUID]:
        """A case for each relation; at a desk those that begin there are its own."""
        found: dict[Whose, UUID] = {}
        for row in self.cases:
            relation: Whose = Subject(row.destination, row.origin).relation_to(user)
            if at_the_desk and relation == "counterpart":
                continue  # it is there only once its letter has come
            found.setdefault(relation, row.transfer_id)
        return found


def filled_in(path: str) -> str:
    """A path with what is the same for all in place of its names."""
    for name, text in _SAME_FOR_ALL.items():
        path = path.replace(f"{{{name}}}", text)
    return path


def expected_status(
    access: Access, user: User, page: Page | Download, sample: Sample, *, at_the_desk: bool, served: bool
) -> int:
    """What the table of access says a user gets."""
    cell = access.cells[endpoint_of("GET", page.path)].get(user.role)
    if not cell:
        return 403
    if sample.whose == "unknown" or (at_the_desk and not served):
        return 404
    if sample.whose == "foreign" and user.province and sample.path != filled_in(page.path):
        return 404  # of what a province takes no part in its users see nothing, whatever the cell says
    return 200 if sample.whose in cell else 404


def filled(action: Action) -> dict[str, Any]:
    """Fields of an action's form that it needs, so that nothing but access refuses it."""
    return {
        field.encode_name: _some(field.type)
        for field in msgspec.structs.fields(action.form)
        if field.required and f"{{{field.encode_name}}}" not in action.path
    }


def _some(kind: Any) -> Any:
    schema = msgspec.json.schema(kind)
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": 0, "boolean": False, "object": {}, "array": [], "null": None}.get(schema.get("type"), "x" * 10)
