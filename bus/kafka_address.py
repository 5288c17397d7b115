"""Reads `kafka://` URLs: brokers, security, and the few client settings that may be tuned; secrets stay hidden."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from kafka import errors

from jinbao.bus.actions import in_chinese
from jinbao.bus.interface import BusError, BusRefused, BusUnavailable
from jinbao.language.words import Words

SCHEME = "kafka://"
_HIDDEN = "***"
_FILES = ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile")


def _true_or_false(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_SETTINGS: Mapping[str, Mapping[str, Callable[[str], object]]] = {
    "client": {
        "security_protocol": str,
        "sasl_mechanism": str,
        "ssl_cafile": str,
        "ssl_certfile": str,
        "ssl_keyfile": str,
        "ssl_password": str,
        "ssl_crlfile": str,
        "ssl_check_hostname": _true_or_false,
        "bootstrap_timeout_ms": int,
        "request_timeout_ms": int,
    },
    "producer": {"delivery_timeout_ms": int},
    "consumer": {"session_timeout_ms": int, "heartbeat_interval_ms": int, "max_poll_interval_ms": int},
}


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where the cluster is and how to speak to it; settings by the client's own names."""

    brokers: tuple[str, ...]
    client: Mapping[str, object] = field(repr=False)
    """For every client: brokers, security, timeouts."""
    producer: Mapping[str, object]
    consumer: Mapping[str, object]

    def __str__(self) -> str:
        return f"kafka://{','.join(self.brokers)}"


def parse(url: str) -> KafkaAddress:
    """Read `kafka://[user:password@]host:port[,host:port…][?setting=value&…]`; BusError naming what is wrong.

    User and password are percent-encoded and default to SCRAM-SHA-512 over TLS. A mistake never shows the password.
    """
    rest = url.removeprefix(SCHEME)
    place, _, query = rest.partition("?")
    credentials, at, hosts = place.rpartition("@")
    brokers = tuple(host.strip() for host in hosts.rstrip("/").split(",") if host.strip())
    shown = f"{SCHEME}{','.join(brokers)}"
    if not brokers or any(not host.rpartition(":")[2].isdigit() for host in brokers):
        raise BusError(
            f"总线 {shown}：节点应写作 kafka://host:port[,host:port…]",
            f"bus {shown}: name the brokers as kafka://host:port[,host:port…]",
        )
    settings: dict[str, dict[str, object]] = {name: {} for name in _SETTINGS}
    settings["client"]["bootstrap_servers"] = list(brokers)
    if at:
        user, _, password = credentials.partition(":")
        settings["client"] |= {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": unquote(user),
            "sasl_plain_password": unquote(password),
        }
    for name, text in parse_qsl(query, keep_blank_values=True):
        group = next((group for group, known in _SETTINGS.items() if name in known), None)
        if group is None:
            known = ", ".join(sorted(name for names in _SETTINGS.values() for name in names))
            raise BusError(
                f"总线 {shown}：没有设置 {name}；有：{known}", f"bus {shown}: unknown setting {name!r}; known: {known}"
            )
        try:
            settings[group][name] = _SETTINGS[group][name](text)
        except (ValueError, KeyError):
            is_switch = name == "ssl_check_hostname"
            zh, en = ("true 或 false", "true or false") if is_switch else ("整数", "a whole number")
            raise BusError(
                f"总线 {shown}：设置 {name}={text!r}：应为{zh}",
                f"bus {shown}: setting {name}={text!r}: {en} is expected",
            ) from None
    return KafkaAddress(brokers, settings["client"], settings["producer"], settings["consumer"])


def need_files(address: KafkaAddress) -> None:
    """BusError naming the first file of the settings that cannot be read: the client would not name it."""
    for name in _FILES:
        file = address.client.get(name)
        if file is not None and not os.access(str(file), os.R_OK):
            raise BusError(
                f"总线 {address}：{name}={file}：没有此文件或读不了",
                f"bus {address}: {name}={file}: no such file, or not readable",
            )


@contextmanager
def explained(address: KafkaAddress, action: str) -> Iterator[None]:
    """Turn what the client raises into a BusError that says which bus, what was tried and what to do."""
    try:
        yield
    except errors.KafkaError as error:
        raise _cannot(kind(error), address, action, error) from error


def _cannot(kind: type[BusError], address: KafkaAddress, action: str, error: BaseException) -> BusError:
    zh, en = explanation(address, error)
    return kind(f"总线 {address}：{in_chinese(action)}未成：{zh}", f"bus {address}: cannot {action}: {en}")


@contextmanager
def connecting(address: KafkaAddress, action: str) -> Iterator[None]:
    """As `explained`, for the making of a client: when it times out, it has only logged why."""
    overheard = _Overheard()
    logger = logging.getLogger("kafka.net.manager")
    logger.addHandler(overheard)
    try:
        yield
    except errors.KafkaError as error:
        cause = overheard.cause if isinstance(error, errors.KafkaTimeoutError) and overheard.cause else error
        found = BusError if _closed_at_login(address, cause) else kind(cause)
        raise _cannot(found, address, action, cause) from error
    finally:
        logger.removeHandler(overheard)


class _Overheard(logging.Handler):
    """Keeps the error that the client logs while it connects; a refused password rather than what follows from it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.cause: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Look for an error among the message's parts."""
        if isinstance(self.cause, errors.SaslAuthenticationFailedError):
            return
        for part in record.args or ():
            if isinstance(part, BaseException) and not isinstance(part, errors.KafkaTimeoutError):
                self.cause = part


def kind(error: BaseException) -> type[BusError]:
    """Whether trying again, or other settings, may help against an error of the client."""
    if isinstance(error, errors.SaslAuthenticationFailedError | errors.UnsupportedSaslMechanismError):
        return BusRefused
    return BusUnavailable if isinstance(error, errors.RetriableError) else BusError


def _closed_at_login(address: KafkaAddress, error: BaseException) -> bool:
    """Most likely refused: the client often sees the end of the connection before the answer just ahead of it."""
    closed = isinstance(error, errors.KafkaConnectionError) and "disconnected" in str(error)
    return closed and "sasl_mechanism" in address.client


def explanation(address: KafkaAddress, error: BaseException) -> Words:
    """What an error of the client means and what to do, without secrets."""
    match error:
        case errors.SaslAuthenticationFailedError() | errors.UnsupportedSaslMechanismError():
            return (
                "节点拒绝了用户、密码或认证方式；请检查总线地址",
                "the brokers refused user, password or mechanism; check them in the bus URL",
            )
        case _ if _closed_at_login(address, error):
            return (
                "节点在登录时断开了连接；请检查总线地址中的用户、密码和认证方式",
                "the brokers closed the connection at login; check user, password and mechanism in the bus URL",
            )
        case errors.AuthorizationError():
            name = type(error).__name__
            return (
                f"该用户无权这样做（{name}）；请在节点上授权",
                f"the user may not do that ({name}); grant it on the brokers",
            )
        case errors.MessageSizeTooLargeError() | errors.RecordListTooLargeError():
            return (
                "有记录超过节点所收的大小（主题的 max.message.bytes）",
                "a record is larger than the brokers take (max.message.bytes of the topic)",
            )
        case errors.UnknownTopicOrPartitionError():
            return (
                "没有这个主题；请先建立（jinbao platform init）",
                "no such topic; create the topics first (jinbao platform init)",
            )
        case errors.UnsupportedCodecError():
            return (
                "记录的压缩方式本机没有安装；请把主题设为 compression.type=lz4",
                "records are compressed in a way that is not installed here; set the topic's compression.type=lz4",
            )
        case errors.OffsetOutOfRangeError() | errors.LogTruncationError():
            return (
                f"节点上没有要读的位移（{error}）：已存的位移属于另一个集群，或节点丢失、删除了记录",
                f"the offset to be read does not exist on the brokers ({error}): the stored offsets belong to another "
                "cluster, or the brokers lost or deleted records",
            )
        case errors.NotEnoughReplicasError() | errors.NotEnoughReplicasAfterAppendError():
            return (
                "在运行的节点太少，保不住主题所要的副本（min.insync.replicas）",
                "too few brokers run to keep the copies that the topic asks for (min.insync.replicas)",
            )
        case errors.KafkaTimeoutError() | errors.KafkaConnectionError() | errors.NodeNotReadyError():
            text = _text(address, error)
            return (
                f"没有节点按时应答（{text}）；它们在运行吗，地址对吗？",
                f"no broker answered in time ({text}); are they running and the address right?",
            )
        case _:
            return _text(address, error), _text(address, error)


def _text(address: KafkaAddress, error: BaseException) -> str:
    text = str(error)
    return _without_secrets(address, text if type(error).__name__ in text else f"{type(error).__name__}: {text}")


def _without_secrets(address: KafkaAddress, text: str) -> str:
    for name in ("sasl_plain_password", "ssl_password"):
        secret = address.client.get(name)
        if secret:
            text = text.replace(str(secret), _HIDDEN)
    return text
