from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Tables are made by the migration role; everything else uses the application's."""

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool:
        return db == "owner"
