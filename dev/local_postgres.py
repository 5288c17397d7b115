"""A local PostgreSQL server: its data folder, its process and its database."""

from __future__ import annotations

import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection

from jinbao.dev.engine_error import EngineError
from jinbao.dev.local_process import LocalProcess, last_lines, start
from jinbao.dev.postgres_binaries import find_binaries, need_way, open_way, server_user

USER = "jinbao"
DATABASE = "jinbao"


def database_url(port: int, password: str) -> str:
    """The URL of the database as SQLAlchemy writes it."""
    return f"postgresql+psycopg2://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def new_password() -> str:
    """A random password that needs no escaping in a URL."""
    return secrets.token_urlsafe(18)


def prepare(folder: Path, password: str) -> None:
    """Make the server's data folder unless it exists; EngineError when PostgreSQL is missing or cannot read it."""
    data = _data(folder)
    servant = server_user()
    if servant is not None:
        open_way(folder)
        need_way(folder, servant)
    binaries = find_binaries(folder, servant)
    if (data / "PG_VERSION").exists():
        _need_same_version(data, binaries)
        return
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="password-") as file:
        file.write(password)
        file.flush()
        if servant is not None:
            for path in (data, Path(file.name)):
                shutil.chown(path, servant)
        words = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--username={USER}"]
        command = [str(binaries / "initdb"), "-D", str(data), f"--pwfile={file.name}", "--no-sync", *words]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            start_new_session=True,  # or Ctrl-C would reach it, and it would be told as a failure
            user=servant,
            group=None if servant is None else pwd.getpwnam(servant).pw_gid,
            extra_groups=None if servant is None else (),
        )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise EngineError(
            f"PostgreSQL 不能建立数据目录 {data}：{(done.stderr or done.stdout)[-800:]}",
            f"PostgreSQL could not make its data folder {data}: {(done.stderr or done.stdout)[-800:]}",
        )


def start_server(folder: Path, port: int) -> LocalProcess:
    """Start the prepared server on the loopback address; returns at once."""
    servant = server_user()
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    command: list[str | Path] = [find_binaries(folder, servant) / "postgres", "-D", _data(folder)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return start(command, log_of(folder), user=servant)


def wait_until_ready(folder: Path, port: int, password: str, process: LocalProcess, patience_s: float = 60.0) -> None:
    """Return when the server answers and the database exists; EngineError when it ends or time is up."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _make_database(port, password)
            return
        except psycopg2.OperationalError as error:
            log = log_of(folder)
            if not process.running():
                raise EngineError(
                    f"PostgreSQL 启动时退出；日志 {log}：\n{last_lines(log)}",
                    f"PostgreSQL ended while starting; its log {log}:\n{last_lines(log)}",
                ) from error
            if time.monotonic() > deadline:
                raise EngineError(
                    f"PostgreSQL 在 {patience_s:.0f} 秒内没有应答：{error}；见 {log}",
                    f"PostgreSQL did not answer within {patience_s:.0f} s: {error}; see {log}",
                ) from error
            time.sleep(0.1)


def answers(port: int, password: str) -> bool:
    """Whether the database answers now."""
    try:
        _connect(port, password, DATABASE).close()
    except psycopg2.OperationalError:
        return False
    return True


def log_of(folder: Path) -> Path:
    """Where the server writes what it has to say."""
    return folder / "postgres.log"


def _data(folder: Path) -> Path:
    return folder / "postgres"


def _connect(port: int, password: str, database: str) -> connection:
    return psycopg2.connect(
        host="127.0.0.1", port=port, user=USER, password=password, dbname=database, connect_timeout=5
    )


def _make_database(port: int, password: str) -> None:
    server = _connect(port, password, "postgres")
    try:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        server.close()


def _need_same_version(data: Path, binaries: Path) -> None:
    kept = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    if f" {kept}." not in shown:
        raise EngineError(
            f"{data} 属于 PostgreSQL {kept}，而找到的是 {shown.strip()}；请另选 --data",
            f"{data} belongs to PostgreSQL {kept}, but found is {shown.strip()}; use another --data",
        )
