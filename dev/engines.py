"""The local engines of one data folder: brings them up, says what answers, and takes down exactly what it started.

`DIR/dev/engines.json` remembers ports, password, process ids and the moments they started (mode 0600).
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from jinbao.dev import local_kafka, local_postgres
from jinbao.dev.engine_error import EngineError
from jinbao.dev.local_kafka import Node
from jinbao.dev.local_process import LocalProcess, free_ports
from jinbao.language.system_errors import system_reason

_KAFKA_STOPS_IN_S = 20.0
_POSTGRES_STOPS_IN_S = 20.0


class Engines(msgspec.Struct, frozen=True):
    """What was set up under a data folder; processes by engine, `kafka-1` … and `postgres`."""

    cluster_id: str
    nodes: tuple[Node, ...]
    postgres_port: int
    password: str
    processes: dict[str, LocalProcess]

    @property
    def bus_url(self) -> str:
        """URL of the bus."""
        return local_kafka.bus_url(self.nodes)

    @property
    def database_url(self) -> str:
        """URL of the database, with its password."""
        return local_postgres.database_url(self.postgres_port, self.password)


class EngineStatus(msgspec.Struct, frozen=True):
    """One engine: whether its process runs, and whether it answers."""

    name: str
    pid: int | None
    running: bool
    answers: bool
    log: Path


def up(data: Path, brokers: int | None = None) -> Engines:
    """Start what does not run yet and return when all of it answers; calling again restarts what has died.

    `brokers`: number of Kafka nodes, fixed by the first call (default 1). Raises EngineError, having ended what it
    started, when a program is missing or does not start.
    """
    folder = data.resolve() / "dev"
    if brokers is not None and not 1 <= brokers <= 9:
        raise EngineError(f"--brokers {brokers}：应为 1 到 9", f"--brokers {brokers}: a number from 1 to 9")
    with _only_one(folder):
        engines = _remembered(folder) or _planned(brokers or 1)
        if brokers not in (None, len(engines.nodes)):
            raise EngineError(
                f"{folder} 中的 Kafka 有 {len(engines.nodes)} 个节点，不是 {brokers}：请另选 --data，"
                f"或在 `jinbao dev down` 之后删除 {folder}",
                f"{folder} holds a Kafka of {len(engines.nodes)} nodes, not {brokers}: use another --data, "
                f"or remove {folder} after `jinbao dev down`",
            )
        running = {name: process for name, process in engines.processes.items() if process.running()}
        engines = msgspec.structs.replace(engines, processes=running)
        if not running:
            engines = _with_free_ports(engines)
        _remember(folder, engines)
        local_kafka.prepare(engines.nodes, engines.cluster_id, folder)
        local_postgres.prepare(folder, engines.password)
        try:
            engines = _start_missing(engines, folder)
            local_postgres.wait_until_ready(
                folder, engines.postgres_port, engines.password, engines.processes["postgres"]
            )
            nodes = [engines.processes[_name(node)] for node in engines.nodes]
            local_kafka.wait_until_ready(engines.nodes, nodes, folder)
        except BaseException:
            started = {n: p for n, p in _current(folder).processes.items() if n not in running}
            _stop(started)
            raise
        return engines


def down(data: Path) -> list[str]:
    """End the engines of the folder, wait until they are gone, and return the names of those that ran."""
    folder = data.resolve() / "dev"
    if not folder.exists():
        return []
    with _only_one(folder):
        engines = _remembered(folder)
        if engines is None:
            return []
        ended = _stop(engines.processes)
        _remember(folder, msgspec.structs.replace(engines, processes={}))
        return ended


def status(data: Path) -> tuple[Engines | None, list[EngineStatus]]:
    """What was set up under the folder, if anything, and how each engine is."""
    folder = data.resolve() / "dev"
    engines = _remembered(folder)
    if engines is None:
        return None, []
    found = []
    for node in engines.nodes:
        found.append(
            _status(_name(node), engines, local_kafka.answers([node], whole=False), local_kafka.log_of(folder, node))
        )
    answering = local_postgres.answers(engines.postgres_port, engines.password)
    return engines, [*found, _status("postgres", engines, answering, local_postgres.log_of(folder))]


def _status(name: str, engines: Engines, answering: bool, log: Path) -> EngineStatus:
    process = engines.processes.get(name)
    running = process is not None and process.running()
    return EngineStatus(name, process.pid if running and process else None, running, running and answering, log)


def _start_missing(engines: Engines, folder: Path) -> Engines:
    for node in engines.nodes:
        if _name(node) not in engines.processes:
            engines = _with_process(engines, _name(node), local_kafka.start_node(node, folder))
            _remember(folder, engines)
    if "postgres" not in engines.processes:
        engines = _with_process(engines, "postgres", local_postgres.start_server(folder, engines.postgres_port))
        _remember(folder, engines)
    return engines


def _with_process(engines: Engines, name: str, process: LocalProcess) -> Engines:
    return msgspec.structs.replace(engines, processes={**engines.processes, name: process})


def _stop(processes: dict[str, LocalProcess]) -> list[str]:
    """Ask all at once, then wait for each: brokers that stop one after the other wait for each other's leadership."""
    running = {name: process for name, process in processes.items() if process.running()}
    how = {name: signal.SIGINT if name == "postgres" else signal.SIGTERM for name in running}  # SIGINT: fast shutdown
    for name, process in running.items():
        process.send(how[name])
    for name, process in running.items():
        process.stop(how[name], _POSTGRES_STOPS_IN_S if name == "postgres" else _KAFKA_STOPS_IN_S)
    return sorted(running)


def _name(node: Node) -> str:
    return f"kafka-{node.number}"


def _planned(brokers: int) -> Engines:
    *ports, postgres_port = free_ports(2 * brokers + 1)
    nodes = tuple(Node(n + 1, ports[2 * n], ports[2 * n + 1]) for n in range(brokers))
    return Engines(local_kafka.new_cluster_id(), nodes, postgres_port, local_postgres.new_password(), {})


def _with_free_ports(engines: Engines) -> Engines:
    """The same engines, on other ports if somebody else has taken one meanwhile."""
    wanted = [port for node in engines.nodes for port in (node.port, node.controller_port)]
    if all(map(_is_free, (*wanted, engines.postgres_port))):
        return engines
    other = _planned(len(engines.nodes))
    return msgspec.structs.replace(engines, nodes=other.nodes, postgres_port=other.postgres_port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _remembered(folder: Path) -> Engines | None:
    file = folder / "engines.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Engines)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise EngineError(f"{file} 读不了：{error}", f"{file} cannot be read: {error}") from error


def _current(folder: Path) -> Engines:
    engines = _remembered(folder)
    assert engines is not None, "written before anything is started"
    return engines


def _remember(folder: Path, engines: Engines) -> None:
    scratch = folder / "engines.json.new"
    file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as output:
        output.write(msgspec.json.format(msgspec.json.encode(engines)))
    scratch.rename(folder / "engines.json")


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time start or end the engines of the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EngineError(
            f"{folder} 不能用：{system_reason(error)[0]}；请另选 --data",
            f"{folder} cannot be used: {error.strerror}; choose another --data",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
