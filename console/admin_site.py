from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import requires

SHOWN_APPS = ("governance", "decisioning")
SCHEDULE = frozenset(
    {
        "django_celery_beat.periodictask",
        "django_celery_beat.intervalschedule",
        "django_celery_beat.crontabschedule",
    }
)
SHUT = frozenset({"login", "logout", "password_change", "password_change_done"})


class ConsoleAdminSite(AdminSite):
    """No door of its own: people come in through the console's sign-in."""

    site_header = "Attune: the machine room"
    site_title = "Attune"
    index_title = "What is stored"
    site_url = "/"
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        actor = getattr(request, "actor", None)
        return actor is not None and holds(actor, P.ADMIN_ENTER)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = requires(get=P.ADMIN_ENTER, post=P.ADMIN_ENTER)(view)
        return csrf_protect(guarded if cacheable else never_cache(guarded))

    def get_urls(self) -> list[Any]:
        return [
            url for url in super().get_urls() if getattr(url, "name", "") not in SHUT
        ]

    def register(
        self, model_or_iterable: Any, admin_class: Any = None, **options: Any
    ) -> None:
        """Tables of libraries stay out of sight, save the beat schedule."""
        is_one = isinstance(model_or_iterable, type)
        models = [model_or_iterable] if is_one else list(model_or_iterable)
        shown = [
            model
            for model in models
            if model._meta.app_label in SHOWN_APPS
            or model._meta.label_lower in SCHEDULE
        ]
        super().register(shown, admin_class, **options)
