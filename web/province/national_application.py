"""The national application, asked by HTTP who holds a case: one try, briefly, and never trusted further than needed.

A page begins to ask, does its own work, and then waits no longer than `WAIT_S` altogether. Where no answer came in time
nobody is asked again for `REST_S`, so that a nation that is away slows one page and not each.
"""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from jinbao.schemas.accesses import Access
from jinbao.service.errors import UserError
from jinbao.service.logs import tell
from jinbao.web.accesses import ACCESSES_PATH, AccessesTaken, AccessesTold
from jinbao.web.holder import HOLDER_PATH, Holder, NationalAnswer
from jinbao.web.page import Refused, not_found

WAIT_S, REST_S = 0.25, 5.0
TELLING_S = 5.0
"""How long it waits until accesses were taken: nobody waits for that."""
READING_S, MOST_READ_BYTES = 5.0, 16 << 20
"""How long a page waits for what it shows of the nation alone, and how much of it is taken."""
MOST_BYTES = 4_096
"""Of an answer: it has 300 or so."""
_AT_ONCE = 4
_MOST_OF_A_TOKEN = 200

T = TypeVar("T")


class NationalApplication:
    """The application at an address, with the token of each province in a file of its own."""

    def __init__(self, url: str, token_files: Mapping[str, Path]) -> None:
        """Raises UserError where a province's token cannot be read, or may be read by others."""
        for file in token_files.values():
            token_in(file)
        self._token_files = token_files
        self._http = httpx.Client(
            base_url=url,
            verify=ssl.create_default_context(),
            follow_redirects=False,
            trust_env=False,  # no proxy and no .netrc of the environment sees the token
            timeout=WAIT_S,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
        self._askers = ThreadPoolExecutor(_AT_ONCE, "national")
        self._rests_until = 0.0

    def ask(self, province: str, transfer: UUID) -> Callable[[], NationalAnswer]:
        """As `NationalHolders`."""
        began = time.monotonic()
        if began < self._rests_until:
            return lambda: NationalAnswer("away")
        asked = self._askers.submit(self._answer, province, transfer)

        def answer() -> NationalAnswer:
            try:
                return asked.result(max(0.0, began + WAIT_S - time.monotonic()))
            except TimeoutError:
                asked.cancel()
                return self._away("timeout")

        return answer

    def tell(self, province: str, log: str, accesses: Sequence[Access]) -> int | None:
        """Tell who was shown whose data; returns up to which number the nation has it. None where it did not answer."""
        try:
            token = token_in(self._token_files[province])
            told = self._http.post(
                f"/api{ACCESSES_PATH}",
                content=msgspec.json.encode(AccessesTold(log, list(accesses))),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                timeout=TELLING_S,
            )
            if told.status_code == 200 and len(told.content) <= MOST_BYTES:
                return msgspec.json.decode(told.content, type=AccessesTaken).last
            tell("accesses_not_taken", logging.WARNING, province=province, status=told.status_code)
        except (UserError, httpx.HTTPError, msgspec.DecodeError, UnicodeDecodeError) as error:
            tell("accesses_not_told", logging.WARNING, province=province, why=type(error).__name__)
        return None

    def read(self, province: str, path: str, asked: Mapping[str, str]) -> bytes:
        """What the nation tells the province below /api, as it is sent. Raises Refused."""
        if time.monotonic() < self._rests_until:
            raise _not_there()
        try:
            token = token_in(self._token_files[province])
            headers = {"Authorization": f"Bearer {token}"}
            with self._http.stream("GET", f"/api{path}", params=asked, headers=headers, timeout=READING_S) as response:
                status, body = response.status_code, _body(response, MOST_READ_BYTES, READING_S)
        except UserError:
            raise _no_token() from None
        except httpx.HTTPError as error:
            self._away(type(error).__name__)
            raise _not_there() from None
        if status == 404:
            raise not_found()
        if status != 200 or body is None:
            tell("national_not_read", logging.WARNING, province=province, status=status)
            raise _no_token() if status in (401, 403) else _not_there()
        return body

    def read_as(self, province: str, path: str, asked: Mapping[str, str], kind: type[T]) -> T:
        """The same as a value of a type. Raises Refused, also where it is none."""
        try:
            return msgspec.json.decode(self.read(province, path, asked), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            tell("national_not_read", logging.WARNING, province=province, why=type(error).__name__)
            raise _not_there() from None

    def close(self) -> None:
        """Ask no more."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    def _away(self, why: str) -> NationalAnswer:
        self._rests_until = time.monotonic() + REST_S
        tell("national_away", logging.WARNING, why=why, asked_again_after_s=REST_S)
        return NationalAnswer("away")

    def _answer(self, province: str, transfer: UUID) -> NationalAnswer:
        try:
            token = token_in(self._token_files[province])
            path = f"/api{HOLDER_PATH.format(transfer=transfer)}"
            with self._http.stream("GET", path, headers={"Authorization": f"Bearer {token}"}) as response:
                told = _read(response, transfer)
        except UserError:
            told = NationalAnswer("refused")
        except httpx.HTTPError as error:
            return self._away(type(error).__name__)
        if told.outcome in ("refused", "unreadable"):
            tell("national_answer", logging.WARNING, outcome=told.outcome, province=province)
        return told


def _body(response: httpx.Response, most: int, within_s: float) -> bytes | None:
    """A body as it was sent; None for one that is longer or coded. Raises httpx.ReadTimeout where it drips."""
    last, body = time.monotonic() + within_s, bytearray()
    if "content-encoding" in response.headers:
        return None
    for part in response.iter_raw():
        body += part
        if len(body) > most:
            return None
        if time.monotonic() > last:
            raise httpx.ReadTimeout("it drips")
    return bytes(body)


def _read(response: httpx.Response, transfer: UUID) -> NationalAnswer:
    """What an answer says. Raises httpx.HTTPError where it breaks off or drips."""
    if response.status_code in (401, 403):
        return NationalAnswer("refused")
    if response.status_code >= 500:
        return NationalAnswer("away")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code not in (200, 404) or kind != "application/json":
        return NationalAnswer("unreadable")
    if response.status_code == 404:
        return NationalAnswer("unknown")
    body = _body(response, MOST_BYTES, WAIT_S)
    if body is None:
        return NationalAnswer("unreadable")
    try:
        holder = msgspec.json.decode(body, type=Holder)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NationalAnswer("unreadable")
    return NationalAnswer("told", holder) if holder.transfer == transfer else NationalAnswer("unreadable")


def _not_there() -> Refused:
    zh = "全国应用暂时无法使用，请稍后再试；本省的对账单照常导入"
    en = "the national application cannot be reached: try later; statements are taken in all the same"
    return Refused(zh, en, 503)


def _no_token() -> Refused:
    zh = "全国应用不接受本省的令牌，请告知运行维护员"
    en = "the national application does not take this province's token: tell the operator"
    return Refused(zh, en, 503)


def token_in(file: Path) -> str:
    """The token of a file that only its owner reads. Raises UserError with what to do."""
    try:
        with file.open(encoding="ascii") as opened:
            is_private = not os.fstat(opened.fileno()).st_mode & 0o077
            token = opened.read(_MOST_OF_A_TOKEN + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file}：读不到全国应用的令牌：{error}；请由全国平台用 jinbao users token 生成后写入此文件",
            f"{file}: no token of the national application: {error}; it is made there by jinbao users token",
        ) from None
    if not is_private:
        raise UserError(f"{file}：他人可读；请 chmod 600", f"{file}: others can read it; chmod 600")
    if not token.isprintable() or not 0 < len(token) <= _MOST_OF_A_TOKEN or " " in token:
        raise UserError(f"{file}：不是令牌", f"{file}: not a token")
    return token
