import subprocess
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.demo import history, shop
from console.demo import record as demo_file


class Command(BaseCommand):
    help = (
        "Play customers with planted tastes against the running decision API, then "
        "print what was planted, so that results can be compared with the truth."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=history.CUSTOMERS)
        parser.add_argument("--days", type=int, default=7)
        parser.add_argument("--seed", type=int, default=shop.SEED)
        parser.add_argument("--url", default="", help="default: the running demo")

    def handle(
        self, *, customers: int, days: int, seed: int, url: str, **_: Any
    ) -> None:
        known = demo_file.read()
        url = url or known.get("url", "")
        if not url or "writeKey" not in known:
            raise CommandError("Start the demo first (make demo), in another terminal.")
        same = ("--seed", str(seed), "--customers", str(customers))
        self._run(
            "play",
            *("--url", url, "--write-key", known["writeKey"]),
            *("--api-key", known["apiKey"], *same, "--days", str(days)),
        )
        self.stdout.write("What was planted:")
        self._run("truth", *same, "--days", str(days))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            history.simulator(*arguments), check=False, cwd=settings.BASE_DIR
        )
        if done.returncode:
            raise CommandError(f"The simulator ended with status {done.returncode}.")
