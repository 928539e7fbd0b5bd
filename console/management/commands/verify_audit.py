from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.audit.queries import verified


class Command(BaseCommand):
    help = "Walks the audit chain; names the first broken place and exits 1."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = verified()
        if found.broken is not None:
            raise CommandError(
                f"The audit log is broken at entry {found.broken.seq} "
                f"({found.broken.code}). {found.broken.text} "
                f"{found.n_checked:,} entries before it hold.",
                returncode=1,
            )
        self.stdout.write(
            f"The audit log holds: {found.n_checked:,} entries, head {found.head}."
        )
