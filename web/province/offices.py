"""The offices that an application of the provinces serves: each province's local system, beside its adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinbao.regional_adapter.office.office import Office
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.web.clock import Clock
from jinbao.web.page import Asker, not_found
from jinbao.web.province.views_log import ViewsLog, views_log


@dataclass(frozen=True, slots=True)
class Offices:
    """What every page of a province is made of."""

    folder: Path
    """The data folder."""
    provinces: Sequence[str]
    """Codes of those that are served here."""
    clock: Clock

    @contextmanager
    def views_of(self, asker: Asker) -> Iterator[ViewsLog]:
        """The views log of the user's own province. Raises as `of` does."""
        with views_log(self.folder, self._code(asker)) as log:
            yield log

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

    def _code(self, asker: Asker) -> str:
        """The user's own province, where it is served here. Raises Refused."""
        code = asker.user.province
        if code is None or code not in self.provinces or not Province(self.folder, code).local_file.is_file():
            raise not_found()
        return code
