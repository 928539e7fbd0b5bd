from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from governance.audit import triggers
from governance.installation.actions import grant_application_role


class Command(Migrate):
    """Migrate with the migration role, seal, give the application's role its rights."""

    def handle(self, *args: Any, **options: Any) -> None:
        options["database"] = "owner"
        super().handle(*args, **options)
        triggers.install(connections["owner"])
        role = connections["default"].settings_dict["USER"]
        if role and role != connections["owner"].settings_dict["USER"]:
            grant_application_role(connections["owner"], role)
