from typing import Any

from django.urls import path

from decisioning.api import configuration as views

app_name = "configuration"


def among(view: type[views.Configuration]) -> Any:
    """The list of a kind: read it, or add to it."""
    return view.as_view(**_only(view, "GET", "POST"))


def one(view: type[views.Configuration]) -> Any:
    """One object by its key: read it, or change it."""
    return view.as_view(**_only(view, "GET", "PUT"))


def _only(view: type[views.Configuration], *methods: str) -> dict[str, Any]:
    names = [method.lower() for method in methods]
    return {
        "http_method_names": [*names, "head", "options"],
        "permissions": {method: view.permissions[method] for method in methods},
    }


urlpatterns = [
    path("offers", among(views.Offers), name="offers"),
    path("offers/<slug:key>", one(views.Offers), name="offer"),
    path("creatives", among(views.Creatives), name="creatives"),
    path("placements", among(views.Placements), name="placements"),
    path("placements/<str:key>", one(views.Placements), name="placement"),
    path("segments", among(views.Segments), name="segments"),
    path("segments/<slug:key>", one(views.Segments), name="segment"),
    path("caps", among(views.Caps), name="caps"),
    path("caps/<slug:key>", one(views.Caps), name="cap"),
    path("budgets", among(views.Budgets), name="budgets"),
    path("budgets/<slug:key>", one(views.Budgets), name="budget"),
]
