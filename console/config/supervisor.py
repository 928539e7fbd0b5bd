"""Keeps a handful of child processes alive, and stops them all in good order."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console.config.embedded import Services, die_with_parent

GRACE_SECONDS = 4
MOST_RESTARTS = 5
CALM_SECONDS = 60

Say = Callable[[str], None]


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    hurry: int = signal.SIGTERM
    restarts: int = 0
    started_at: float = 0.0

    def start(self, logs: Path) -> None:
        with (logs / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.started_at = time.monotonic()

    def ended(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self, until: float) -> bool:
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.05, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def sweep(self) -> None:
        """Whatever is left in its process group goes with it."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Started in order, watched, restarted within bounds, stopped in reverse."""

    def __init__(self, services: Services, logs: Path, say: Say) -> None:
        self.services = services
        self.logs = logs
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        self.setting_up = True

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def start(self, child: Child) -> None:
        child.start(self.logs)
        self.children.append(child)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Returns when asked to stop, or once ``until`` says so."""
        self.setting_up = False
        while not self.stopping and not until():
            self.mend()
            time.sleep(0.2)

    def mend(self) -> None:
        for name in self.services.dead():
            self.say(f"{name} ended by itself; starting it again.")
            self.services.children.pop(name)
            self.services.start()
        for child in self.children:
            if not self.stopping and child.ended() is not None:
                self._restart(child)

    def stop(self) -> None:
        """Asks, then hurries (a Celery worker gives back what it holds), then ends."""
        self.stopping = True
        for child in reversed(self.children):
            child.signal(signal.SIGTERM)
        self._wait(GRACE_SECONDS)
        for child in reversed(self.children):
            child.signal(child.hurry)
        for child in self._wait(GRACE_SECONDS):
            self.say(f"{child.name} did not stop in time and was ended.")
        for child in self.children:
            child.sweep()
        self.services.stop()

    def _wait(self, seconds: float) -> list[Child]:
        until = time.monotonic() + seconds
        return [child for child in self.children if not child.wait(until)]

    def _restart(self, child: Child) -> None:
        if time.monotonic() - child.started_at > CALM_SECONDS:
            child.restarts = 0
        code = child.ended()
        log = self.logs / f"{child.name}.log"
        if child.restarts >= MOST_RESTARTS:
            raise GaveUp(
                f"{child.name} ended {MOST_RESTARTS + 1} times in a row (exit {code}). "
                f"{log} ends with:\n{last_lines(log)}"
            )
        child.restarts += 1
        self.say(
            f"{child.name} ended by itself (exit {code}); starting it again "
            f"({child.restarts} of {MOST_RESTARTS}). Its log: {log}"
        )
        child.start(self.logs)

    def _asked_to_stop(self, _: int, __: types.FrameType | None) -> None:
        if self.setting_up and not self.stopping:
            self.stopping = True
            raise KeyboardInterrupt
        self.stopping = True


class GaveUp(RuntimeError):
    """A child keeps ending; the message carries the end of its log."""


def last_lines(path: Path, count: int = 12) -> str:
    if not path.exists():
        return "(nothing)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
