import os
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from console.demo import base, living
from console.demo import record as demo_file


class Command(BaseCommand):
    help = (
        "The demo world: people, a shop with a planted truth, use cases in all stages. "
        "Seeded, and idempotent; its past is played by a job that `make demo` starts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base", action="store_true", help="what `make demo` asks for"
        )

    def handle(self, **_options: Any) -> None:
        living.schedule(on=os.environ.get("ATTUNE_SIMULATE", "1") != "0")
        if base.is_seeded():
            self.stdout.write("The demo is there already; nothing was changed.")
            return
        hillstrom = os.environ.get("HILLSTROM", "")
        known = base.seed(with_hillstrom=bool(hillstrom))
        opened = base.first_day(datetime.now(UTC)).isoformat()
        demo_file.replace(demo_file.SECRETS, {**known, "openedAt": opened})
        if hillstrom:
            call_command("import_dataset", "hillstrom", hillstrom)
