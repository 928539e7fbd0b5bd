from django.contrib import admin
from django.urls import include, path

from console.config import health

PAGES = {
    "home": "",
    "usecases": "use-cases/",
    "reviews": "reviews/",
    "assessments": "assessments/",
    "hearings": "hearings/",
    "incidents": "incidents/",
    "segments": "segments/",
    "offers": "offers/",
    "caps": "caps/",
    "experiments": "experiments/",
    "decisions": "decisions/",
    "scorecards": "scorecard/",
    "scores": "scores/",
    "datamap": "data-map/",
    "quality": "data-quality/",
    "fairness": "fairness/",
    "imports": "imports/",
    "jobs": "jobs/",
    "complaints": "complaints/",
    "rights": "rights-requests/",
    "operating": "operating/",
    "customers": "customers/",
    "audit": "audit/",
    "people": "people/",
    "keys": "keys/",
    "search": "search/",
    "why": "why/",
    "preferences": "preferences/",
    "styleguide": "styleguide/",
    "world": "world/",
}

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("console.pages.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("decisioning.api.urls")),
    path("", include("console.pages.preferences.root_urls")),
    path("api/v1/", include("governance.api.urls")),
    path("api/", include("governance.api.schema_urls")),
    *[
        path(prefix, include(f"console.pages.{area}.urls"))
        for area, prefix in PAGES.items()
    ],
]

handler400 = "console.pages.errors.bad_request"
handler403 = "console.pages.errors.forbidden"
handler404 = "console.pages.errors.not_found"
handler500 = "console.pages.errors.server_error"
