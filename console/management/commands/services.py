import argparse
import signal
import subprocess
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.config.embedded import ServiceError, Services
from console.config.env import service_urls


class Command(BaseCommand):
    help = (
        "Run the embedded services in the foreground, or for the length of one "
        "command: manage.py services celery -A console.config.celery worker"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("command", nargs=argparse.REMAINDER)

    def handle(self, *, command: list[str], **_: Any) -> None:
        services = Services()
        if not services.needed and not command:
            raise CommandError("Every service has a URL of its own: nothing to start.")
        try:
            with services:
                code = self._run(command) if command else self._stay(services)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)

    def _run(self, command: list[str]) -> int:
        signal.signal(signal.SIGINT, lambda *_: None)
        return subprocess.run(command, check=False).returncode  # noqa: S603

    def _stay(self, services: Services) -> int:
        asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: asked.set())
        for name, url in service_urls().items():
            self.stdout.write(f"{name}={url}")
        self.stdout.write("Ctrl-C stops them and keeps the data.")
        while not asked.wait(0.5):
            if dead := services.dead():
                raise CommandError(
                    f"{dead[0]} ended by itself; see {services.data_dir}/logs."
                )
        return 0
