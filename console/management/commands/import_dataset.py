from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.management.importing import actor_named, refused, say_progress, say_report
from decisioning.engine.imports import DATASETS, import_dataset
from governance.installation.queries import now
from governance.types import GovernanceError


class Command(BaseCommand):
    help = "Load a public data set through the product's own ingest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DATASETS))
        parser.add_argument(
            "path",
            type=Path,
            nargs="?",
            help="the file (plain or gz), or its folder; completejourney without one "
            "reads the installed package",
        )
        parser.add_argument(
            "--consent-evidence",
            type=Path,
            help="JSON file that declares what these people consented to",
        )
        parser.add_argument("--by", default="", help="user name of who imports")

    def handle(
        self,
        *,
        name: str,
        path: Path | None,
        consent_evidence: Path | None,
        by: str,
        **_: Any,
    ) -> None:
        try:
            report = import_dataset(
                by=actor_named(by),
                now=now(),
                name=name,
                path=path,
                consent_evidence=consent_evidence,
                progress=say_progress(self.stdout),
            )
        except GovernanceError as error:
            raise refused(error) from error
        say_report(self.stdout, report)
