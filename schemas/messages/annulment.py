"""The sender takes back a mistaken fact."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Id, Text


class FactAnnulled(Submission, frozen=True, gc=False, kw_only=True):
    """The sender takes a mistaken fact back, while nobody has acted on it."""

    NAME: ClassVar[str] = "FactAnnulled"
    annulled_event_id: Id
    reason_text: Text
