"""Signing in by OpenID Connect: to the provider and back, by code with state, nonce and PKCE (S256).

The provider only says who somebody is: a user of that name must be there already (`jinbao users add`), with the role
and province given here. State, nonce and verifier are derived from one secret in a cookie of the browser that began, so
an answer that another browser was given opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from jinbao.language.words import BilingualError, Words
from jinbao.service.errors import UserError
from jinbao.web.outside_address import need_protected

TIMEOUT_S = 5.0
_LEEWAY_S = 60
"""Of the clocks of both sides."""
_SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384")
"""Public keys only: a token that is signed by nothing, or by the client's secret, is none."""
_SCOPES = "openid profile"


class OpenIdError(BilingualError):
    """The provider, or what came from it, does not let anybody in."""

    def __init__(self, words: Words, status: int) -> None:
        super().__init__(*words)
        self.status = status


_NOT_REACHED: Words = (
    "统一认证暂时无法使用，请稍后再试，或用密码登录",
    "the sign-in service cannot be reached: try later",
)
_NOT_SIGNED_IN: Words = ("统一认证没有完成，请重新登录", "signing in was not completed: try again")


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """The provider and what we are called there."""

    issuer: str
    client_id: str
    client_secret: str
    name_claim: str = "preferred_username"
    """The claim that holds the name of a user here."""
    _said: dict[str, Any] = field(default_factory=dict, compare=False)
    """What the provider says of itself, once asked."""

    def __post_init__(self) -> None:
        """Raise UserError for an issuer that cannot be trusted, or without the client's names."""
        need_protected("--oidc", self.issuer)
        if not self.client_id or not self.client_secret:
            raise UserError(
                "--oidc 需要设置 oidc_client_id 和环境变量 JINBAO_OIDC_CLIENT_SECRET",
                "--oidc needs the setting oidc_client_id and JINBAO_OIDC_CLIENT_SECRET in the environment",
            )

    def address(self, secret: str, redirect_uri: str) -> str:
        """Where the browser goes to sign in. Raises OpenIdError."""
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._place(client, "authorization_endpoint"),
                state=derived(secret, "state"),
                nonce=derived(secret, "nonce"),
                code_verifier=derived(secret, "verifier"),
            )
        return str(url)

    def name_of(self, secret: str, redirect_uri: str, answer: Mapping[str, str]) -> str:
        """The name of who has signed in there, by what the browser brought back. Raises OpenIdError."""
        state = answer.get("state", "")
        if not secret or not hmac.compare_digest(state.encode(), derived(secret, "state").encode()):
            raise OpenIdError(_NOT_SIGNED_IN, 403)
        if not answer.get("code"):
            raise OpenIdError(_NOT_SIGNED_IN, 401)
        with self._client(redirect_uri) as client:
            tokens, keys_at = self._place(client, "token_endpoint"), self._place(client, "jwks_uri")
            try:
                token = client.fetch_token(tokens, code=answer["code"], code_verifier=derived(secret, "verifier"))
                keys = KeySet.import_key_set(_json(client, keys_at))
                signed = jwt.decode(str(token["id_token"]), keys, algorithms=list(_SIGNED_BY))
                claims = CodeIDToken(signed.claims, signed.header, self._expected(), self._about(secret, token))
                claims.validate(leeway=_LEEWAY_S)
                return str(claims[self.name_claim])
            except httpx.HTTPError:
                raise OpenIdError(_NOT_REACHED, 503) from None
            except (AuthlibBaseError, JoseError, ValueError, KeyError):
                raise OpenIdError(_NOT_SIGNED_IN, 401) from None

    def _expected(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True},
        }

    def _about(self, secret: str, token: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "nonce": derived(secret, "nonce"),
            "client_id": self.client_id,
            "access_token": token.get("access_token"),
        }

    def _client(self, redirect_uri: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would rather have the successor of httpx
            from authlib.integrations.httpx_client import OAuth2Client
        return OAuth2Client(
            self.client_id,
            self.client_secret,
            scope=_SCOPES,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    def _place(self, client: Any, name: str) -> str:
        """An address that the provider names. Raises OpenIdError."""
        try:
            if not self._said:
                said = _json(client, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if said["issuer"] != self.issuer:
                    raise OpenIdError(_NOT_REACHED, 503)
                self._said.update(said)
            return str(self._said[name])
        except (httpx.HTTPError, ValueError, KeyError):
            raise OpenIdError(_NOT_REACHED, 503) from None


def _json(client: Any, url: str) -> Any:
    answer = client.request("GET", url, withhold_token=True)
    answer.raise_for_status()
    return answer.json()


def derived(secret: str, name: str) -> str:
    """A value for one purpose from the secret of one attempt: 64 hexadecimal digits."""
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def new_attempt(after: str) -> tuple[str, str]:
    """The secret of an attempt, and the cookie that keeps it with the page asked for."""
    secret = secrets.token_urlsafe(32)
    return secret, f"{secret}.{quote(after, safe='')}"


def attempt_of(cookie: str) -> tuple[str, str]:
    """The secret and the page asked for; empty where there is none."""
    secret, _, after = cookie.partition(".")
    return secret, unquote(after)
