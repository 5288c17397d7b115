"""The offices that an application of the provinces serves: each province's local system, beside its adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from jinbao.regional_adapter.exchange.set_aside import SetAside, set_aside_of
from jinbao.regional_adapter.local.bank_book import BankBook
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.office import Office
from jinbao.service.province import Province
from jinbao.service.province_files import opening, working
from jinbao.web.accesses import NationalAccesses
from jinbao.web.accounts.users import all_users
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.clock import Clock
from jinbao.web.finance import NationalBreaks
from jinbao.web.holder import NOT_ASKED, NationalAnswer, NationalHolders
from jinbao.web.page import Asker, not_found
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.files_in import FilesIn
from jinbao.web.province.views_log import Ground, Seen, ViewsLog, views_log

_DESK_ROLES = ("clerk", "supervisor")


@dataclass(frozen=True, slots=True)
class Offices:
    """What every page of a province is made of."""

    folder: Path
    """The data folder."""
    provinces: Sequence[str]
    """Codes of those that are served here."""
    clock: Clock
    national: NationalHolders | None = None
    """Who says who holds a case; None where nobody is asked."""
    severe_working_days: int = 10
    """A case is severely overdue this many working days after its due day [assumed]."""
    upload_mib: int = 64
    """Largest file that a clerk may hand in, MiB."""
    breaks: NationalBreaks | None = None
    """Who knows what is not explained between banks and ledger; None where nobody is asked."""
    told: NationalAccesses | None = None
    """The log of the nation beside which this runs; None where it lies elsewhere, and follows (`access_courier`)."""

    @contextmanager
    def store_of(self, asker: Asker) -> Iterator[DeskStore]:
        """What the desk of the user's own province remembers. Raises as `of` does."""
        code = self._code(asker)
        file = Province(self.folder, code).desk_file
        with opening(file):
            store = DeskStore(file)
        try:
            with working(self.folder, [file]):
                yield store
        finally:
            store.close()

    @contextmanager
    def views_of(self, asker: Asker) -> Iterator[ViewsLog]:
        """The views log of the user's own province. Raises as `of` does."""
        with views_log(self.folder, self._code(asker)) as log:
            yield log

    def record_view(self, asker: Asker, case: Case, action: str, reason: str = "") -> None:
        """Record that the asker is about to see the personal fields of a case; then they may be shown.

        On disk here, and where the nation is beside an entry of its log. Raises UserError, Unavailable, StoreError
        where it cannot be recorded.
        """
        ground: Ground = "reason" if reason else "desk"
        self.record_seen(asker, case.number, ground, action, reason, str(case.transfer or ""))

    def record_seen(
        self, asker: Asker, about: str, ground: Ground, action: str, reason: str = "", transfer: str = ""
    ) -> None:
        """The same of what is no case: `about` names it."""
        user, now = asker.user, self.clock.now_us()
        seen = Seen(user.name, user.role, about, ground, reason, action, transfer)
        with self.views_of(asker) as log:
            if self.told is None:
                log.record(seen, now)
            else:
                self.told.record(self._code(asker), log, lambda: log.record(seen, now), now)

    @contextmanager
    def of(self, asker: Asker) -> Iterator[Office]:
        """The office of the user's own province, for one page or action: there is no way to another's.

        Raises Refused where it is not served here, UserError and Unavailable for its file.
        """
        place = Province(self.folder, self._code(asker))
        local = place.local_system()
        try:
            with working(self.folder, [place.local_file]):
                yield Office(local)
        finally:
            local.close()

    def local_folder(self, asker: Asker) -> Path:
        """Where what the user's own province keeps in clear lies. Raises Refused."""
        return Province(self.folder, self._code(asker)).local_file.parent

    @contextmanager
    def bank_of(self, asker: Asker) -> Iterator[BankBook]:
        """The bank accounts of the user's own province. Raises as `of` does."""
        place = Province(self.folder, self._code(asker))
        with closing(place.local_system()) as local, working(self.folder, [place.local_file]):
            yield local.bank

    def files_of(self, asker: Asker) -> FilesIn:
        """The files of the user's own province. Raises Refused."""
        return FilesIn(Province(self.folder, self._code(asker)))

    def not_written(self, asker: Asker, case: Case) -> list[SetAside]:
        """Documents of a case that do not fit into the files of the user's own province. Raises as `of` does."""
        place = Province(self.folder, self._code(asker))
        names = [case.number, *([str(case.transfer), case.transfer.hex] if case.transfer else [])]
        with working(self.folder, [place.store_file]):
            return [one for one in set_aside_of(place.store_file, names) if one.code == "DOES_NOT_FIT"]

    def ask_the_nation(self, asker: Asker, transfer: UUID | None) -> Callable[[], NationalAnswer]:
        """Begin to ask who holds a case; what is returned waits for the answer, shortly."""
        if self.national is None or transfer is None:
            return lambda: NOT_ASKED
        return self.national.ask(self._code(asker), transfer)

    def clerks_of(self, asker: Asker) -> list[str]:
        """Names of those who work at the desk of the user's own province, in order."""
        with closing(UsersFile(self.folder)) as file:
            return sorted(
                user.name
                for user in all_users(file)
                if user.province == asker.user.province and user.role in _DESK_ROLES and not user.disabled
            )

    def _code(self, asker: Asker) -> str:
        """The user's own province, where it is served here. Raises Refused."""
        code = asker.user.province
        if code is None or code not in self.provinces or not Province(self.folder, code).local_file.is_file():
            raise not_found()
        return code
