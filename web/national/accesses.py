"""Who was shown whose data in a province, as entries: told by POST `/api/accesses`, or recorded beside the nation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from jinbao.platform.audit.statements.accesses import TooLong, last_number, take
from jinbao.platform.store.store import Store
from jinbao.schemas.accesses import place_of
from jinbao.web.accesses import ACCESSES_PATH, MOST_BYTES, AccessesTaken, AccessesTold, AccessLog
from jinbao.web.national.nation import Nation
from jinbao.web.page import Action, Asker, Done, Refused, the_own_province


def take_accesses(nation: Nation) -> Action:
    """Make entries of those that the log has not yet; a province speaks for itself alone."""

    def act(asker: Asker, told: AccessesTold) -> Done:
        province = asker.user.province
        assert province is not None, "only a province's application may"
        place = place_of(province, told.log)
        own = [replace(one, province=province) for one in told.accesses]
        try:
            with nation.store.write() as work:
                last = take(work, place, own, nation.clock.now_us())
        except TooLong as error:
            raise Refused(*error.words, status=422) from None
        return Done("/", AccessesTaken(last))

    return Action(ACCESSES_PATH, act, AccessesTold, the_own_province, most_bytes=MOST_BYTES)


@dataclass(frozen=True, slots=True)
class AccessesHere:
    """As `NationalAccesses`: the platform's database."""

    store: Store

    def record(self, province: str, log: AccessLog, keep: Callable[[], None], now_us: int) -> None:
        """As `NationalAccesses`."""
        place = place_of(province, log.name)
        self._tell_backlog(place, province, log, now_us)
        with self.store.write() as work:
            last = last_number(work.bulk, place)
            log.go_on_behind(last)
            keep()
            while some := log.accesses(province, last):
                last = take(work, place, some, now_us)

    def _tell_backlog(self, place: str, province: str, log: AccessLog, now_us: int) -> None:
        """What waits from before, some at a time: the log's lock is not held for all of it."""
        with self.store.read() as work:
            last = last_number(work.bulk, place)
        while some := log.accesses(province, last):
            with self.store.write() as work:
                last = take(work, place, some, now_us)
