"""Messages that were not taken, and what adapters have set aside: look, explain, send dead letters again."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Literal, TypeAlias

import msgspec

from jinbao.platform.ingest.dead_letters import (
    DeadLetter,
    NotReplayable,
    dead_letter,
    dead_letters,
    originals,
    replay,
)
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.projections.untaken import NO_DUPLICATES, NOT_TAKEN, SELECTIONS, untaken
from jinbao.platform.queries import ingest_counts, number_of_events
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import code_labels, formatting
from jinbao.presentation.prose import prose
from jinbao.service.logs import tell
from jinbao.views.dead_letters import dead_letter_as_json, original_as_json
from jinbao.views.untaken import as_json_of
from jinbao.web.access import NATION, Subject
from jinbao.web.national.nation import Nation
from jinbao.web.page import Action, Asker, Done, Page, Refused, not_found

ROWS_A_PAGE = 50
Shown: TypeAlias = Literal["parked", "rejected", "dead_letter", "duplicate", "set_aside", "no_duplicates"]


class Asked(msgspec.Struct, frozen=True):
    """Which: with one outcome, of one sender, and older than a place in the list."""

    outcome: Shown | None = None
    sender: str | None = None
    after: int | None = None


class Ingest(msgspec.Struct, frozen=True):
    """What was not taken."""

    as_of: str
    position: int
    outcome: str | None
    sender: str | None
    """As asked for."""
    counts: dict[str, int]
    """Messages by present outcome, and what the adapters of this machine have set aside."""
    messages: list[dict[str, Any]]
    """As `jinbao intake list` has them, newest first."""
    set_aside: list[dict[str, Any]]
    """As `jinbao adapter set-aside list` has them, each with its province."""
    after: int | None
    """Where the next page begins."""


def ingest_page(nation: Nation) -> Page:
    """`/ingest`."""

    def value(asker: Asker, query: Asked) -> Ingest:
        aside = [row for row in nation.set_aside() if query.sender in (None, row["province"])]
        with nation.reading() as work:
            position, counts = number_of_events(work), ingest_counts(work)
            found = [] if query.outcome == "set_aside" else _found(work, query)
        more, found = len(found) > ROWS_A_PAGE, found[:ROWS_A_PAGE]
        return Ingest(
            as_of=formatting.iso(nation.clock.now_us()),
            position=position,
            outcome=query.outcome,
            sender=query.sender,
            counts={**{name: counts[name] for name in NOT_TAKEN}, "set_aside": len(aside)},
            messages=[as_json_of(message) for message in found],
            set_aside=aside if query.outcome == "set_aside" else [],
            after=found[-1].position if more else None,
        )

    return Page(
        "/ingest", prose("Intake"), "ingest.html", value, Asked, menu=True, menu_query=f"?outcome={NO_DUPLICATES}"
    )


def _found(work: UnitOfWork, query: Asked) -> list[Any]:
    outcomes = tuple(NOT_TAKEN.values()) if query.outcome is None else SELECTIONS[query.outcome]
    return untaken(work, outcomes=outcomes, sender=query.sender, before=query.after, limit=ROWS_A_PAGE + 1)


class Number(msgspec.Struct, frozen=True):
    """The number of a dead letter."""

    number: int
    sent: bool = False
    """Whether it was sent again just now."""


def dead_letter_page(nation: Nation) -> Page:
    """`/ingest/4711`: one dead letter, as `jinbao dead-letters show` has it."""

    def value(asker: Asker, query: Number) -> dict[str, Any]:
        with nation.reading() as work:
            letter = _letter(work, query.number)
        with closing(nation.bus()) as bus:
            [original] = originals(bus, [letter])
        zh, en = code_labels.reason(letter.code)
        return {
            **dead_letter_as_json(letter),
            **original_as_json(original),
            "text": {"zh": zh, "en": en},
            "hex": letter.data.hex(),
            "sent": query.sent,
        }

    def about(asker: Asker, query: Number) -> Subject | None:
        return NATION if _exists(nation, query.number) else None

    return Page("/ingest/{number}", prose("Dead letter"), "dead_letter.html", value, Number, about)


class Again(msgspec.Struct, frozen=True):
    """Which dead letters: the one of a number, or all of a code that can be read now."""

    number: int | None = None
    code: str | None = None


def replay_action(nation: Nation) -> Action:
    """Send dead letters again, as `jinbao dead-letters replay` does."""

    def act(asker: Asker, form: Again) -> Done:
        with nation.reading() as work:
            if form.number is not None:
                letters = [_letter(work, form.number)]
            else:
                letters = [d for d in dead_letters(work, code=form.code, limit=LIST_LIMIT) if d.message is not None]
        try:
            with closing(nation.bus()) as bus:
                replay(bus, letters, asker.user.name)
        except NotReplayable as error:
            raise Refused(*error.words, status=409) from None
        numbers = [letter.number for letter in letters]
        tell("dead_letters_replayed", operator=asker.user.name, numbers=numbers)
        back = "/ingest?outcome=dead_letter" if form.number is None else f"/ingest/{form.number}?sent=1"
        return Done(back, {"sent": numbers})

    return Action("/ingest/replay", act, Again)


def _exists(nation: Nation, number: int) -> bool:
    with nation.reading() as work:
        return dead_letter(work, number) is not None


def _letter(work: UnitOfWork, number: int) -> DeadLetter:
    """Raises Refused where there is none."""
    found = dead_letter(work, number)
    if found is None:
        raise not_found()
    return found
