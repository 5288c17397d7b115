"""Who holds a case and until when, as the national application knows it: what it tells a province's application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal, Protocol, TypeAlias
from uuid import UUID

import msgspec

from jinbao.rules.provinces import PROVINCES

HOLDER_PATH = "/cases/{transfer}/holder"
"""Where it is asked for, below /api."""
_State = Annotated[str, msgspec.Meta(pattern=r"\A[a-z_]{1,40}\Z")]
_Province = Annotated[str, msgspec.Meta(pattern=rf"\A({'|'.join(PROVINCES)})\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Holder(msgspec.Struct, frozen=True):
    """Who holds a case, and until when."""

    as_of: datetime
    position: _Count
    """Of the log, up to which it is so."""
    transfer: UUID
    state: _State
    waiting_for: _Province | None
    """Whose turn it is; None: nobody's."""
    waiting_since: datetime
    due: date | None
    provisional: bool
    """Whether the due day counts on a calendar that is not published yet."""


Outcome: TypeAlias = Literal["told", "unknown", "refused", "away", "unreadable", "not_asked"]
"""unknown: there is no such case there, or it is not this province's; refused: it does not take our token; away: no
answer in time; unreadable: not what it should answer; not_asked: there is nobody to ask, or nothing to ask about."""


class NationalAnswer(msgspec.Struct, frozen=True):
    """What came of asking."""

    outcome: Outcome
    holder: Holder | None = None


NOT_ASKED = NationalAnswer("not_asked")


class NationalHolders(Protocol):
    """Whom a province's application asks: the nation in the same process, or another one by HTTP."""

    def ask(self, province: str, transfer: UUID) -> Callable[[], NationalAnswer]:
        """Begin to ask; what is returned waits for the answer, shortly, and never raises."""
