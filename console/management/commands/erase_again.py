from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from decisioning.customers.people import erase_again
from governance.installation.queries import now


class Command(BaseCommand):
    help = (
        "After a restore, before anything is served: erase again whoever was erased "
        "since the backup was made. Needs the tombstones: restore "
        "governance_erasurerecord from the newest backup that you have."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        n = erase_again(now=now())
        who = "person" if n == 1 else "people"
        self.stdout.write(f"{n} {who} erased again.")
