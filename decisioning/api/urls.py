"""Every API of this package: events in, decisions out, configuration, measurement."""

from django.urls import include, path

PARTS = {
    "ingest": "v1/",
    "decisions": "api/v1/",
    "ofrep": "ofrep/v1/",
    "customers": "api/v1/",
    "configuration": "api/v1/",
    "audiences": "api/v1/",
    "measurement": "api/v1/",
}

urlpatterns = [
    path(prefix, include(f"decisioning.api.{part}_urls"))
    for part, prefix in PARTS.items()
]
