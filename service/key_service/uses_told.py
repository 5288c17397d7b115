"""Uses of the key ring become entries of the national log: recorded first beside the ring, told soon after."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from threading import Event

from jinbao.platform.audit.statements.accesses import last_number, take
from jinbao.platform.store.store import Store, StoreError
from jinbao.schemas.accesses import LONGEST, MOST_TOGETHER, SHORT, Access, place_of
from jinbao.service.health import Watch
from jinbao.service.key_service.national_log import NationalLog
from jinbao.service.key_service.uses import NAME, Recorded, Uses
from jinbao.service.loop import side_loop

TOLD_AT_ONCE = 5_000
EVERY_S = 5.0
WHOSE = "keys"


def tell_uses(uses: Uses, store: Store, now_us: int) -> int:
    """Make entries of what the log has not yet; returns of how many rows. Raises StoreError, Unavailable.

    An old copy that was put back has fewer rows than were told: it tells them again under another name.
    """
    with store.read() as work:
        if uses.last() == last_number(work.bulk, place_of(WHOSE, uses.name())):
            return 0
    with store.write() as work:  # asked again: another process may have told them meanwhile
        last = last_number(work.bulk, place_of(WHOSE, uses.name()))
        if uses.last() < last:
            uses.rename()
            last = 0
        new = uses.behind(last, TOLD_AT_ONCE)
        take(work, place_of(WHOSE, uses.name()), _accesses(new), now_us)
    return len(new)


def tell_uses_of(folder: Path, store: Store, now_us: int) -> int:
    """As `tell_uses`, of the record in a folder; nothing where no key ring was used there."""
    if not (folder / NAME).is_file():
        return 0
    with closing(Uses(folder)) as uses:
        return tell_uses(uses, store, now_us)


@contextmanager
def telling(folder: Path, store: Store, now_us: Callable[[], int], stop: Event, watch: Watch) -> Iterator[None]:
    """Tell in a thread of its own while the block runs, beside the platform."""

    def step() -> int:
        done = tell_uses_of(folder, store, now_us())
        watch.succeeded()
        return done

    with side_loop("accesses", step, stop, watch, EVERY_S):
        yield


@contextmanager
def telling_elsewhere(
    uses: Uses, log: NationalLog, now_us: Callable[[], int], stop: Event, watch: Watch
) -> Iterator[None]:
    """As `telling`, from a key service: where the log is away or may not be written it goes on, and tells later.

    Why is said once, until it is something else.
    """

    said = ""

    def step() -> int:
        nonlocal said
        done, why = 0, ""
        try:
            done = tell_uses(uses, log.store(), now_us())
        except StoreError as error:
            zh, why = error.words
            if why != said:
                words = f"钥匙的使用稍后记入日志：{zh}", f"uses of keys are told to the log later: {why}"
                watch.say("uses_not_told", words, logging.WARNING, why=why)
        said = why
        watch.succeeded()
        return done

    with side_loop("accesses", step, stop, watch, EVERY_S):
        yield


def _accesses(rows: Sequence[tuple[int, Recorded]]) -> Iterator[Access]:
    """Rows of one instant, province, purpose and outcome are one access."""
    for _, same in groupby(rows, key=lambda row: row[1]._replace(relationship=None)):
        some = list(same)
        for first in range(0, len(some), MOST_TOGETHER):
            part = some[first : first + MOST_TOGETHER]
            number, use = part[-1]
            people = [str(one.relationship) for _, one in part if one.relationship is not None]
            user, why = (use.province, use.why) if use.province else use.why.split(": ", 1)
            yield Access(
                number,
                use.at_us,
                user[:SHORT],
                "service" if use.province else "operator",
                "ring",
                use.action,
                use.outcome,
                why[:SHORT] if use.province else "",
                "" if use.province else why[:LONGEST],
                province=use.province or None,
                relationships=people,
                rows=len(part),
                times=sum(one.times for _, one in part),
            )
