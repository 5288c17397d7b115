"""The same cases through Quix Streams, exactly once: decide on the case's state, publish its board row.

Run as a program: BROKER EVENTS FOLDER. Prints events per second between the first fifth and the end. It keeps no
history that can be queried, no ledger, no clocks and no answers, reads JSON instead of Avro, and checks no digest.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from quixstreams import Application, State

TOPIC, BOARD = "peer-submissions", "peer-board"
STATES = {
    "ApplicationAccepted": (None, "application_review"),
    "ContactLetterIssued": ("application_review", "letter_issued"),
    "ContactLetterReceived": ("letter_issued", "origin_review"),
    "OriginReviewPassed": ("origin_review", "transfer"),
    "InformationSheetSent": ("transfer", "transfer"),
    "FundsRemitted": ("transfer", "transfer"),
    "InformationSheetReceived": ("transfer", "transfer"),
    "FundsReceived": ("transfer", "confirmation"),
    "TransferCompleted": ("confirmation", "completed"),
}
"""Message → the state that it needs and the one that it brings."""


def decide(message: dict[str, Any], state: State) -> dict[str, Any]:
    """The case's new board row."""
    case = state.get("case") or {"state": None, "seen": [], "amount": 0}
    needed, brought = STATES[message["type"]]
    accepted = case["state"] == needed and message["event_id"] not in case["seen"]
    if accepted:
        case["state"] = brought
        case["seen"].append(message["event_id"])
        case["amount"] = message.get("amount", case["amount"])
        state.set("case", case)
    return {"transfer": message["transfer_id"], "state": case["state"], "amount": case["amount"], "accepted": accepted}


def main(broker: str, events: int, folder: str) -> None:
    """Read all messages and print the rate."""
    app = Application(
        broker_address=broker,
        consumer_group=f"peer-{time.time_ns()}",
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        state_dir=folder,
        loglevel="ERROR",
        commit_interval=0.5,
    )
    marks: list[float] = []
    first = events // 5

    def count(_row: object) -> None:
        marks.append(time.perf_counter())

    frame = app.dataframe(app.topic(TOPIC, value_deserializer="json"))
    frame = frame.apply(decide, stateful=True)
    frame = frame.to_topic(app.topic(BOARD, value_serializer="json"))
    frame.update(count)
    app.run(count=events, timeout=60.0)
    sys.stdout.write(f"{(events - first) / (time.perf_counter() - marks[first])}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
