"""The transparency log for who verifies it from outside: checkpoint, tiles and entries as tlog-tiles name them."""

from __future__ import annotations

import msgspec

from jinbao.platform.audit.log.served import served
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, Refused


class LogQuery(msgspec.Struct, frozen=True):
    """Where in the log."""

    place: str
    """`checkpoint`, `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`."""


def log_files(nation: Nation) -> Download:
    """`/log/…`."""

    def made(_asker: Asker, query: LogQuery) -> File:
        with nation.reading() as work:
            content = served(work.bulk, query.place)
        if content is None:
            raise Refused("日志中没有这个文件", "the log has no such file", 404)
        return File(query.place.rpartition("/")[2], content)

    return Download("/log/{place:path}", "application/octet-stream", made, LogQuery)
