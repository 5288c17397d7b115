"""What pages of breaks and months ask for, and what the nation tells a province before an officer's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from jinbao.presentation import ledger_labels
from jinbao.web.access import Subject, asked_for
from jinbao.web.page import Asker

BREAKS_PATH = "/finance/breaks"
"""The list; one break lies below it."""
AT_HAND_PATH, CURE_PATH = f"{BREAKS_PATH}/{{break_id}}/at-hand", f"{BREAKS_PATH}/{{break_id}}/cure"
SEALS_PATH = "/finance/seals"
"""What a province's application elsewhere asks for, below /api."""
MONTH_PATH = "/finance/month"
MonthText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""YYYY-MM."""
Code = Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z_]{2,39})?$")]
"""Why a word was not taken; empty: it was."""
Told = Literal["", "accepted", "sent"]
"""What became of the word that was just said: taken by the platform, or on its way."""
Kind = Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(ledger_labels.BREAKS)})?$")]
"""A kind of break; empty: any."""
Place = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\d\.\d\d\.[a-z_]{1,20}\.[0-9a-f-]{36})?$")]
"""Where a break stands in the list."""
Word = Literal["investigate", "confirm", "annul", "resolve"]
"""What an officer says of a break."""


class BreaksQuery(msgspec.Struct, frozen=True):
    """Which breaks are listed, where the page begins, and which of them is chosen."""

    province: str = ""
    """Code; empty: a user's own, or all."""
    kind: Kind = ""
    state: Literal["", "open", "investigating", "resolved"] = ""
    """Empty: those that are not resolved."""
    account: str = ""
    """Id of an account; empty: any."""
    age: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """Working days that it is old at least."""
    after: Place = ""
    """The page begins behind this place."""
    at: Place = ""
    """The break at this place or, where it is gone, the next one is chosen."""
    told: Told = ""
    refused: Code = ""


class BreakQuery(msgspec.Struct, frozen=True):
    """Which break is shown."""

    break_id: UUID
    told: Told = ""
    refused: Code = ""


class MonthQuery(msgspec.Struct, frozen=True):
    """Which month of which province."""

    province: str = ""
    """Code; empty: a user's own."""
    month: MonthText | None = None
    """YYYY-MM; the one before the present where none is named."""
    after: UUID | None = None
    """The page's cases begin behind this transfer."""
    told: Told = ""
    refused: Code = ""
    """What became of the seal that was just given."""


def about_the_finances(asker: Asker, query: Any) -> Subject | None:
    """Whose finances are shown: those of a province, of the user's own where none is asked for, or the nation's."""
    return asked_for(asker.user, query.province)


class BreakAtHand(NamedTuple):
    """A break, as far as an officer's word about it is held against it."""

    province: str
    account: UUID
    stands: tuple[str, int]
    """State and number of the finding: it changes once a word has had its effect."""
    entry: bytes | None
    entries: tuple[bytes, ...]
    """Ids of the booked entries that it is about."""
    candidates: tuple[str, ...]
    is_confirmed: bool
    """Whether an officer has said which payment its entry is."""


class Cure(NamedTuple):
    """Breaks that come to nothing together, and the id of the event that brought the last of it."""

    breaks: list[bytes]
    event: bytes


class SealToSign(NamedTuple):
    """What a person would sign of an account's month."""

    account: UUID
    fields: Mapping[str, Any]
    """Of the message, without its envelope."""
    code: str | None
    """Why the account would not take it."""


class NationalBreaks(Protocol):
    """Whom a province's application asks: the nation in the same process, or another one by HTTP.

    Elsewhere it may not answer: then Refused is raised.
    """

    def find(self, province: str, break_id: UUID) -> BreakAtHand | None:
        """The break as it stands now; None where there never was one."""

    def cure(self, province: str, break_id: UUID, event: str) -> Cure | None:
        """What an event (position or id) leaves nothing of the break by; None where a difference remains."""

    def seals(self, province: str, month: str, operator: str) -> list[SealToSign]:
        """The accounts of a province whose month (YYYY-MM) is not sealed, each as this person would sign it."""
