import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.config import demo
from console.config.embedded import ServiceError, Services
from console.config.supervisor import GaveUp, Supervisor, last_lines, port_is_free
from console.demo import record as demo_file

READY_SECONDS = 90
HISTORY_SECONDS = 150


class Command(BaseCommand):
    help = (
        "Start everything on this machine: services, web, worker, beat, a seeded world."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT") or 8000)
        )
        parser.add_argument(
            "--web-workers", type=int, default=int(os.environ.get("WEB_WORKERS") or 1)
        )

    def handle(self, *, port: int, web_workers: int, **_: Any) -> None:
        if not port_is_free(port):
            raise CommandError(
                f"Port {port} is taken on 127.0.0.1. Stop what uses it, or choose "
                f"another: make demo PORT={port + 1}"
            )
        self.begun = time.monotonic()
        self.logs: Path = settings.DATA_DIR / "logs"
        self.url = f"http://127.0.0.1:{port}"
        supervisor = Supervisor(Services(), self.logs, self.say)
        supervisor.listen()
        try:
            self._set_up(supervisor)
            self._serve(supervisor, port, web_workers)
        except KeyboardInterrupt:
            pass
        except (ServiceError, GaveUp) as error:
            self.say(str(error))
            raise CommandError("The demo could not go on; see above.") from error
        finally:
            self.say("Stopping …")
            demo.close_connections()
            supervisor.stop()
            self.say(f"Stopped. The data stays in {settings.DATA_DIR}.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
        with (self.logs / "demo.log").open("a") as log:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            log.write(f"{stamp} {text}\n")

    def _set_up(self, supervisor: Supervisor) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        demo.trim_logs(self.logs)
        demo.set_aside()
        self.environment = self._environment()
        supervisor.services.start()
        self.say(f"Services are up ({', '.join(self._services(supervisor))}).")
        call_command("migrate", interactive=False, verbosity=0)
        self.say("Tables are up to date.")
        if demo.collect_static():
            self.say("Static files are collected.")
        call_command("seed_demo", base=True)
        demo.close_connections()

    def _services(self, supervisor: Supervisor) -> list[str]:
        return sorted(supervisor.services.needed) or ["all by URL"]

    def _environment(self) -> dict[str, str]:
        """Loopback only, so no second factor is asked for; the strip on top says so."""
        asked = {
            "REQUIRE_MFA": os.environ.get("REQUIRE_MFA") or "0",
            "PUBLIC_URL": os.environ.get("PUBLIC_URL") or self.url,
            "ATTUNE_URL": self.url,
            "ATTUNE_SIMULATE": os.environ.get("SIMULATE") or "1",
        }
        os.environ.update(asked)
        settings.REQUIRE_MFA = asked["REQUIRE_MFA"] != "0"
        settings.PUBLIC_URL = asked["PUBLIC_URL"]
        return asked

    def _serve(self, supervisor: Supervisor, port: int, web_workers: int) -> None:
        for child in demo.children(port, self.environment, workers=web_workers):
            supervisor.start(child)
        until = time.monotonic() + READY_SECONDS
        supervisor.watch(lambda: self._ready(port, until))
        if not (supervisor.stopping or demo_file.is_complete()):
            self._play_past(supervisor)
        if supervisor.stopping:
            return
        demo.close_connections()
        self._announce(demo_file.publish(self.url))
        supervisor.watch()

    def _play_past(self, supervisor: Supervisor) -> None:
        """The past may go on loading after this: it is a job that people can see."""
        self.say("The shop's past weeks are being played; see Jobs in the console.")
        job = demo.start_history()
        until = self.begun + HISTORY_SECONDS
        supervisor.watch(
            lambda: (
                demo_file.is_complete()
                or time.monotonic() > until
                or demo.has_ended(job)
            )
        )

    def _ready(self, port: int, until: float) -> bool:
        if time.monotonic() > until:
            web = self.logs / "web.log"
            raise GaveUp(
                f"{self.url}/readyz did not say yes within {READY_SECONDS} s. "
                f"{web} ends with:\n{last_lines(web)}"
            )
        return demo.answers(port, "/readyz")

    def _announce(self, content: dict[str, Any]) -> None:
        seconds = time.monotonic() - self.begun
        lines = ["", f"Attune is ready at {self.url} (after {seconds:.0f} s)", ""]
        lines += demo.sign_ins(content)
        lines += ["", f"Keys and sign-ins: {demo_file.DEMO}", f"Logs: {self.logs}"]
        if not content.get("complete"):
            lines.append("The shop's past weeks are loading; see Jobs in the console.")
        if self.environment["ATTUNE_SIMULATE"] == "0":
            lines.append("The world stands still (SIMULATE=0).")
        self.say("\n".join([*lines, "Ctrl-C stops everything and keeps the data."]))
