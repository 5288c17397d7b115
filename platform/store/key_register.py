"""The register of keys that sign submissions: statements of the transparency log, each counting from its own place on.

A key is asked for by one person and approved by another; so is its revocation. The platform's key, which is the log's
own, begins the register: from there on every submission must be signed. Before it, what is said is taken unsigned.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from jinbao.language.words import Words
from jinbao.platform.store.bulk import Bulk
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM
from jinbao.transparency.check_proof import NotValid, VerifierKey
from jinbao.transparency.sm2 import is_sm2, is_there, parse_agency_key

KIND = "agency_key"
"""Of the statements."""
Act: TypeAlias = Literal["request", "approve", "request_revocation", "revoke"]


class KeyStatement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a key's life."""

    act: Act
    agency: str
    """Code of the province; `00` the platform."""
    key: str
    """The public key as C2SP's vkey text."""
    user: str
    """Who says so."""
    expires_at: int | None = None
    """Of a request: from when on it signs no more, microseconds since 1970 UTC."""
    reason: str = ""


class RegisteredKey(NamedTuple):
    """A key as the register has it."""

    agency: str
    key: VerifierKey
    expires_at: int | None
    requested_by: str
    approved_by: str = ""
    """Nobody yet where empty."""
    revocation_by: str = ""
    """Who asked for its revocation."""
    revoked_by: str = ""
    reason: str = ""

    @property
    def state(self) -> Literal["requested", "approved", "revoked"]:
        """How far it has come."""
        return "revoked" if self.revoked_by else "approved" if self.approved_by else "requested"


class KeyRegister:
    """The register as statements, taken in order, make it."""

    def __init__(self) -> None:
        self.number = 0
        """Of the last statement of keys that it has read, taken or not."""
        self.origin = ""
        """Of the log that signatures must name; empty until the register begins."""
        self.keys: dict[tuple[str, bytes], RegisteredKey] = {}
        """(agency, key id) → key."""

    @property
    def begun(self) -> bool:
        """Whether submissions must be signed."""
        return bool(self.origin)

    def take(self, said: KeyStatement) -> None:
        """Let a statement count. Raises NotValid where it may not be made; it then changes nothing."""
        key = parse_agency_key(said.key)
        is_agency = said.agency in PROVINCES or (said.agency == PLATFORM and not is_sm2(key.public))
        if not is_agency or not said.user:
            raise NotValid("机构、公钥或经办人不对", "agency, key or user is not a valid one")
        place = (said.agency, key.key_id)
        known = self.keys.get(place)
        if said.act == "request":
            if known is not None:
                raise NotValid("此公钥已登记", "this key is in the register already")
            self.keys[place] = RegisteredKey(said.agency, key, said.expires_at, said.user)
            return
        if known is None or known.key != key or known.revoked_by:
            raise NotValid("登记簿中没有此公钥，或已撤销", "no such key is in the register, or it is revoked")
        if said.act == "approve":
            _need_second(known.requested_by, said.user, done=known.approved_by)
            self.keys[place] = known._replace(approved_by=said.user)
            if said.agency == PLATFORM:
                self.origin = self.origin or key.name
        elif said.act == "request_revocation":
            self.keys[place] = known._replace(revocation_by=said.user, reason=said.reason)
        else:
            _need_second(known.revocation_by, said.user)
            self.keys[place] = known._replace(revoked_by=said.user)

    def needs_sm2(self) -> bool:
        """Whether signatures of SM2 count, and its library is not installed here."""
        return not is_there() and any(is_sm2(key.key.public) for key in self.keys.values() if key.approved_by)

    def take_text(self, body: str) -> None:
        """The same by a statement's stored body. Raises NotValid."""
        try:
            said = msgspec.json.decode(body, type=KeyStatement)
        except msgspec.DecodeError as error:
            raise NotValid("登记簿的记录写错", "a statement of the register is malformed") from error
        self.take(said)


def _need_second(first: str, user: str, done: str = "") -> None:
    if not first:
        raise NotValid("尚无人申请", "nobody has asked for it")
    if done:
        raise NotValid("已批准", "it is approved already")
    if first == user:
        raise NotValid("申请与批准须由两人办理", "who asked may not approve: a second person must")


def follow(bulk: Bulk, register: KeyRegister) -> None:
    """Let the register take what the log has more; what may not be said counts for nothing, and `verify` tells it."""
    sql = "SELECT number, body FROM tree_statements WHERE kind = ? AND number > ? ORDER BY number"
    for number, body in bulk.execute(sql, KIND, register.number):  # few, mostly none: no cursor kept by the server
        register.number = number
        with suppress(NotValid):
            register.take_text(body)


def has_more(bulk: Bulk, number: int) -> bool:
    """Whether anything was said of keys after that statement."""
    sql = "SELECT EXISTS (SELECT 1 FROM tree_statements WHERE kind = ? AND number > ?)"
    return bool(bulk.execute(sql, KIND, number).scalar_one())


NO_SM2: Words = (
    "登记簿中有 SM2 公钥，而本机没有 gmssl-pyx：请安装 jinbao[sm]",
    "the register has keys of SM2, and gmssl-pyx is not installed here: install jinbao[sm]",
)
