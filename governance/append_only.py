"""Tables that only ever grow.

A model that inherits ``AppendOnly`` refuses update and delete by trigger, for
everyone, and ``installation.actions.grant_application_role`` withholds the rights
to try from the application's database role.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models


class AppendOnly(models.Model):
    class Meta:
        abstract = True
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(
                name="append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{type(self).__name__} rows are never deleted")


def append_only_tables() -> list[str]:
    """Names of all append-only tables, sorted."""
    from django.apps import apps

    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, AppendOnly)
    )
