"""A local Kafka cluster in KRaft mode: its jars from Maven, each node broker and controller in one process."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from jinbao.dev.engine_error import EngineError, EngineMissing
from jinbao.dev.local_process import LocalProcess, free_ports, last_lines, start

POM = Path(__file__).resolve().parents[1] / "deploy" / "kafka" / "pom.xml"
_OLDEST_JAVA = 17
_LOGGING = ("defaultLogLevel=warn", "showDateTime=true", "dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
_JVM = ("-Xms128m", "-Xmx400m", "-XX:+UseSerialGC", *(f"-Dorg.slf4j.simpleLogger.{word}" for word in _LOGGING))
_CLASSES = "classes.jsa"
"""Beside the jars: Kafka's classes as the JVM keeps them, with which a node starts in two thirds of the time."""
_ARCHIVED_WITHIN_S = 120.0
_MORE_OPTIONS = "KAFKA_OPTS"
"""Environment variable with further options of the JVM: the one that Kafka's own scripts read."""


class Node(msgspec.Struct, frozen=True):
    """One Kafka process: its number from 1, and its ports on the loopback address."""

    number: int
    port: int
    controller_port: int


def new_cluster_id() -> str:
    """A random cluster id as Kafka writes it: 16 bytes in base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def bus_url(nodes: Sequence[Node]) -> str:
    """The URL by which `open_bus` reaches the cluster."""
    return "kafka://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes)


def jars() -> Path:
    """The folder with Kafka's jars, fetched by Maven the first time; EngineError without Java, Maven or network.

    The folder's name holds a hash of the pom, so that a changed pom is fetched anew; it gets its name last, so that it
    is complete whenever it exists.
    """
    _need_java()
    if not POM.exists():
        raise EngineError(
            f"没有 {POM}：本机引擎要从源码目录启动",
            f"{POM} is missing: local engines are started from a checkout of the source",
        )
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jinbao"
    folder = caches / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if (folder / _CLASSES).exists():
        return folder
    caches.mkdir(parents=True, exist_ok=True)
    with (caches / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # closing the file gives it back
        if not folder.exists():
            _fetch(folder)
        if not (folder / _CLASSES).exists():
            _archive_classes(folder)
    return folder


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineMissing(
            "没有 Maven，取不到 Kafka：请安装 Debian 软件包 maven",
            "Maven is not installed, which fetches Kafka: install the Debian package maven",
        )
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        target = Path(scratch) / "jars"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={target}"]
        done = subprocess.run([maven, "-q", "-B", "-f", str(POM), *goal], capture_output=True, text=True, check=False)
        if done.returncode or not list(target.glob("kafka_*.jar")):
            raise EngineError(
                f"Maven 取不到 Kafka（连得上它的仓库吗？）：{done.stdout[-800:]}",
                f"Maven could not fetch Kafka (is its repository reachable?): {done.stdout[-800:]}",
            )
        target.rename(folder)


def _archive_classes(library: Path) -> None:
    """Let a node of its own start and end, and write down the classes that it loaded."""
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        folder, archive = Path(scratch), Path(scratch) / _CLASSES
        node = Node(1, *free_ports(2))
        _prepare([node], new_cluster_id(), folder, library)
        options = [f"-XX:ArchiveClassesAtExit={archive}"]
        process = start(
            [*_java(library, options), "kafka.Kafka", _home(folder, node) / "server.properties"], log_of(folder, node)
        )
        try:
            wait_until_ready([node], [process], folder)
        finally:
            process.stop(signal.SIGTERM, _ARCHIVED_WITHIN_S)
        archive.touch()  # a JVM that keeps none finds an empty one, and starts as it would without
        archive.rename(library / _CLASSES)


def prepare(nodes: Sequence[Node], cluster_id: str, folder: Path) -> None:
    """Write each node's configuration, and format the storage of those that have none yet."""
    _prepare(nodes, cluster_id, folder, jars())


def _prepare(nodes: Sequence[Node], cluster_id: str, folder: Path, library: Path) -> None:
    formatting = []
    for node in nodes:
        home = _home(folder, node)
        home.mkdir(parents=True, exist_ok=True)
        (home / "server.properties").write_text(_properties(node, nodes, home / "log"), encoding="utf-8")
        if not (home / "log" / "meta.properties").exists():
            words = ["format", f"--cluster-id={cluster_id}", "--config", str(home / "server.properties")]
            command = [*_java(library), "kafka.tools.StorageTool", *words]
            formatting.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    start_new_session=True,  # or Ctrl-C would reach it, and it would be told as a failure
                )
            )
    for process in formatting:
        output, _ = process.communicate()
        if process.returncode:
            raise EngineError(
                f"Kafka 不能在 {folder} 下建立存储：{output[-800:]}",
                f"Kafka could not format its storage under {folder}: {output[-800:]}",
            )


def start_node(node: Node, folder: Path) -> LocalProcess:
    """Start one prepared node; returns at once."""
    properties = _home(folder, node) / "server.properties"
    return start([*_java(jars()), "kafka.Kafka", properties], log_of(folder, node))


def _java(library: Path, options: Sequence[str] = ()) -> list[str]:
    archive = library / _CLASSES
    if archive.exists():
        options = [*options, f"-XX:SharedArchiveFile={archive}"]
    return ["java", *_JVM, *options, *os.environ.get(_MORE_OPTIONS, "").split(), "-cp", f"{library}/*"]


def wait_until_ready(
    nodes: Sequence[Node], processes: Sequence[LocalProcess], folder: Path, patience_s: float = 120.0
) -> None:
    """Return when every node is a member of the cluster; EngineError when one ends or time is up."""
    deadline = time.monotonic() + patience_s
    while not answers(nodes):
        for node, process in zip(nodes, processes, strict=True):
            if not process.running():
                log = log_of(folder, node)
                raise EngineError(
                    f"Kafka 节点 {node.number} 启动时退出；日志 {log}：\n{last_lines(log)}",
                    f"Kafka node {node.number} ended while starting; its log {log}:\n{last_lines(log)}",
                )
        if time.monotonic() > deadline:
            raise EngineError(
                f"Kafka 在 {patience_s:.0f} 秒内没有应答；见 {folder}",
                f"Kafka did not answer within {patience_s:.0f} s; see {folder}",
            )
        time.sleep(0.2)


def answers(nodes: Sequence[Node], *, whole: bool = True) -> bool:
    """Whether the nodes answer now; `whole`: and make up the whole cluster."""
    if not all(_listens(node.port) for node in nodes):  # asked first: a client that cannot connect leaves its thread
        return False
    try:
        client = KafkaAdminClient(
            bootstrap_servers=[f"127.0.0.1:{node.port}" for node in nodes], bootstrap_timeout_ms=2_000
        )
    except KafkaError:
        return False
    try:
        members = {broker["broker_id"] for broker in client.describe_cluster()["brokers"]}
        return members == {n.number for n in nodes} if whole else members >= {n.number for n in nodes}
    except KafkaError:
        return False
    finally:
        client.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def log_of(folder: Path, node: Node) -> Path:
    """Where the node's process writes what it has to say."""
    return folder / f"kafka-{node.number}.log"


def _home(folder: Path, node: Node) -> Path:
    return folder / f"kafka-{node.number}"


def _properties(node: Node, nodes: Sequence[Node], log: Path) -> str:
    copies = min(3, len(nodes))
    values = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "listeners": f"PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node.port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": ",".join(f"{n.number}@127.0.0.1:{n.controller_port}" for n in nodes),
        "log.dirs": log,
        "auto.create.topics.enable": "false",  # a misspelt topic is an error, not a new topic
        "offsets.topic.num.partitions": 8,  # the default of 50 only makes a small cluster start slowly
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": 8,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": max(1, copies - 1),
        "group.initial.rebalance.delay.ms": 0,
        "log.cleaner.dedupe.buffer.size": 16 << 20,  # the default of 128 MiB is a third of this heap
        "log.index.size.max.bytes": 1 << 20,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _need_java() -> None:
    java = shutil.which("java")
    if java is None:
        raise EngineMissing(
            f"没有 Java，Kafka 不能运行：请安装 Debian 软件包 openjdk-{_OLDEST_JAVA}-jre-headless",
            f"Java is not installed, which runs Kafka: install the Debian package openjdk-{_OLDEST_JAVA}-jre-headless",
        )
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', shown)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        raise EngineMissing(
            f"Kafka 需要 Java {_OLDEST_JAVA} 或更新，不是 {shown.partition(chr(10))[0]!r}："
            f"请安装 Debian 软件包 openjdk-{_OLDEST_JAVA}-jre-headless",
            f"Kafka needs Java {_OLDEST_JAVA} or later, not {shown.partition(chr(10))[0]!r}: "
            f"install the Debian package openjdk-{_OLDEST_JAVA}-jre-headless",
        )
