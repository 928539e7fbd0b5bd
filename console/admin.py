"""Django's admin, for the admin role alone: it reads what is governed and writes none.

People, keys and everything that is signed have pages of their own, whose actions check
and record. What can be changed here is the beat schedule, and that is recorded too.
Tables that hold customers are not shown: admins do not read people.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

from console.admin_site import SHOWN_APPS
from governance.access.models import ApiKey
from governance.audit import actions as audit
from governance.installation.queries import now
from governance.people.models import User
from governance.types import SubjectRef

ABOUT_CUSTOMERS = frozenset(
    {
        "governance.complaint",
        "governance.consentevent",
        "governance.consenthead",
        "decisioning.assignment",
        "decisioning.contact",
        "decisioning.customer",
        "decisioning.customerfeatures",
        "decisioning.customeridentity",
        "decisioning.customertally",
        "decisioning.deadletter",
        "decisioning.decision",
        "decisioning.event",
        "decisioning.idempotentanswer",
        "decisioning.identitymerge",
        "decisioning.messageledger",
        "decisioning.outcome",
        "decisioning.score",
        "decisioning.standingdecision",
    }
)


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists and shows; the pages of the console are where things change."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        return False


class UserAdmin(ReadOnly):
    exclude = ("password",)
    list_display = ("username", "display_name", "is_active", "last_login")


class ApiKeyAdmin(ReadOnly):
    exclude = ("secret_sha256",)
    list_display = ("name", "public_id", "expires_at", "revoked_at")


class RecordedTaskAdmin(PeriodicTaskAdmin):  # type: ignore[misc]
    """The one thing that is changed here; each change stands in the audit log."""

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        _record(request, "schedule.added", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        _record(request, "schedule.changed", obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        for obj in queryset:
            _record(request, "schedule.removed", obj)
        return super().log_deletions(request, queryset)


def _record(request: Any, event: str, task: Any) -> None:
    audit.record(
        by=request.actor,
        now=now(),
        type=event,
        subject=SubjectRef("schedule", str(task.pk)),
        details={"name": task.name, "task": task.task, "enabled": task.enabled},
    )


def _admin_of(model: type[Model]) -> type[ReadOnly]:
    return {User: UserAdmin, ApiKey: ApiKeyAdmin}.get(model, ReadOnly)


for _label in SHOWN_APPS:
    for _model in apps.get_app_config(_label).get_models():
        if _model._meta.label_lower not in ABOUT_CUSTOMERS:
            admin.site.register(_model, _admin_of(_model))
admin.site.unregister(PeriodicTask)
admin.site.register(PeriodicTask, RecordedTaskAdmin)
