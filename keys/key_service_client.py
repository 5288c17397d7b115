"""The key service at an address, asked by HTTPS with a province's token or certificate.

After a failure it is not asked for `REST_S`, so that a service that is away slows one case and not each.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from jinbao.keys import service_messages as said
from jinbao.keys.key_ring import KeyRingRefused, KeyServiceWaits
from jinbao.keys.master_key import read_private
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Words

REST_S = 2.0
_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
_PAUSE_S = 0.1
_MOST_OF_A_TOKEN = 200
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_Answer = TypeVar("_Answer", said.LookedUp, said.SealsDone, said.Opened, said.RingNamed)


class KeyServiceClient:
    """The service, as the province whose certificate, or else whose token, lies in the file."""

    def __init__(
        self,
        url: str,
        token_file: Path,
        certificate_file: Path | None,
        identity: str | None,
        patience_s: float,
        clock: Callable[[], float],
    ) -> None:
        """`identity`: of the ring that is expected.

        Raises KeyRingRefused for an address that others could hear, and for a certificate that cannot be used.
        """
        _need_protected(url)
        certificate = certificate_file if certificate_file is not None and certificate_file.exists() else None
        self._has_certificate = certificate is not None
        self._url = url
        self._token_file = token_file
        self.identity = identity
        """Of the ring that it keeps; None until it is known."""
        self._patience_s = patience_s
        self._clock = clock
        self._rests_until = float("-inf")
        self.no_answer: KeyServiceWaits | None = None
        """Why it did not answer when it was last asked."""
        self._http = httpx.Client(
            base_url=url,
            verify=_context(certificate) if url.startswith("https:") else False,  # which takes 0.2 s
            follow_redirects=False,
            trust_env=False,  # no proxy and no .netrc of the environment sees token and numbers
            timeout=_TIMEOUT,
        )

    def answers(self) -> bool:
        """Whether it answers; where it did not when it was last asked, it is asked again."""
        if self.no_answer is not None:
            try:
                self.ask(said.RING_PATH, None, said.RingNamed)
            except KeyServiceWaits:
                return False
        return True

    def ask(self, path: str, request: msgspec.Struct | None, kind: type[_Answer]) -> _Answer:
        """The service's answer. Raises KeyServiceWaits, and KeyRingRefused where it is another ring's service."""
        deadline = self._clock() + self._patience_s
        while True:
            try:
                answer = self._answer(path, request, kind)
                break
            except KeyServiceWaits as error:
                self.no_answer = error
                if self._clock() >= deadline:
                    raise
            time.sleep(_PAUSE_S)
        self.no_answer = None
        if self.identity is None:
            self.identity = answer.ring
        if self.identity != answer.ring:
            raise KeyRingRefused(
                f"密钥服务 {self._url} 不是这条总线及其适配器一直使用的钥匙串，用它会让人换成另一个关系；请另选地址",
                f"the key service {self._url} is not the key ring that this bus and its adapters have worked with: its "
                "persons would have other relationships; name another address",
            )
        return answer

    def _answer(self, path: str, request: msgspec.Struct | None, kind: type[_Answer]) -> _Answer:
        if self._clock() < self._rests_until and not self._patience_s:
            raise self.no_answer or self._away(("没有应答", "no answer"))
        try:
            headers = {"Content-Type": "application/json"}
            if not self._has_certificate:
                headers["Authorization"] = f"Bearer {self._token()}"
            body = b"" if request is None else msgspec.json.encode(request)
            response = self._http.request("GET" if request is None else "POST", path, content=body, headers=headers)
            if response.status_code == 200:
                return msgspec.json.decode(response.content, type=kind)
            not_done = msgspec.json.decode(response.content, type=said.NotDone)
        except httpx.HTTPError as error:
            zh, en = f"没有应答：{error}", f"no answer: {error}"
            if "CERTIFICATE_VERIFY_FAILED" in en:
                zh, en = f"{zh}；请把其签发机构写入 SSL_CERT_FILE", f"{en}; name its authority in SSL_CERT_FILE"
            raise self._away((zh, en)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._away(("应答读不懂，请检查地址", "its answer is unreadable: check the address")) from None
        raise self._away((not_done.zh, not_done.en))

    def _token(self) -> str:
        try:
            token = read_private(self._token_file).strip()
        except OSError as error:
            raise self._away(
                (
                    f"令牌 {self._token_file} 读不到：{system_reason(error)[0]}；请把密钥服务的令牌写入此文件",
                    f"no token in {self._token_file}: {error.strerror}; put the key service's token there",
                )
            ) from None
        except KeyRingRefused as error:
            raise self._away(error.words) from None
        if not token.isascii() or not token.isprintable() or not 0 < len(token) <= _MOST_OF_A_TOKEN:
            raise self._away((f"{self._token_file} 不是令牌", f"{self._token_file} holds no token"))
        return token

    def _away(self, why: Words) -> KeyServiceWaits:
        self._rests_until = self._clock() + REST_S
        return KeyServiceWaits(f"密钥服务 {self._url}：{why[0]}", f"key service {self._url}: {why[1]}")

    def close(self) -> None:
        """Ask no more."""
        self._http.close()


def _context(certificate: Path | None) -> ssl.SSLContext:
    """Of the system's authorities, with a certificate of our own where there is one. Raises KeyRingRefused."""
    context = ssl.create_default_context()
    if certificate is not None:
        try:
            read_private(certificate)
            context.load_cert_chain(certificate)
        except OSError as error:  # ssl.SSLError is one
            raise KeyRingRefused(
                f"{certificate}：证书或其密钥无法使用：{error}；应为 PEM，先证书后密钥",
                f"{certificate}: certificate or key cannot be used: {error}; expected PEM, certificate, then key",
            ) from None
    return context


def _need_protected(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_protected = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    except ValueError:
        is_protected = False
    if not is_protected or not parts.hostname:
        raise KeyRingRefused(
            f"key_service_url = {url}：应为 https 地址，别人才听不到",
            f"key_service_url = {url}: expected an https address, so that nobody listens in",
        )
