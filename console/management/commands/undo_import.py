import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.management.importing import actor_named, refused, say_progress
from decisioning.engine import undoing
from decisioning.engine.imports import DATASETS
from governance.installation.queries import now
from governance.types import GovernanceError


class Command(BaseCommand):
    help = "Take back what a file or a public data set brought."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(undoing.KINDS))
        parser.add_argument(
            "path", type=Path, nargs="?", help="the very file that was imported"
        )
        parser.add_argument("--mapping", type=Path, help="JSON file of the import")
        parser.add_argument("--why", default="", help="why a read-out is withdrawn")
        parser.add_argument("--by", default="", help="user name of who takes it back")

    def handle(
        self,
        *,
        kind: str,
        path: Path | None,
        mapping: Path | None,
        why: str,
        by: str,
        **_: Any,
    ) -> None:
        at = now()
        try:
            undone = undoing.undo(
                by=actor_named(by),
                now=at,
                path=_found(kind, path),
                kind=kind,
                given=json.loads(mapping.read_text()) if mapping else {},
                since=at,
                why=why,
                progress=say_progress(self.stdout),
            )
        except GovernanceError as error:
            raise refused(error) from error
        except (OSError, ValueError) as error:
            raise CommandError(f"The mapping cannot be read: {error}.") from error
        self.stdout.write(undone.sentence)


def _found(kind: str, path: Path | None) -> Path:
    if kind in DATASETS:
        return DATASETS[kind].find(path)[0]
    if path is None:
        raise CommandError("Name the file that was imported.")
    return path
